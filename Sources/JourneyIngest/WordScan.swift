// Eight bytes at a time: most of a line is plain text, and a word says in a few instructions whether something in it needs
// a look. The bytes are put together from checked reads, which the optimizer makes one load.

enum WordScan {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The eight bytes at an index, the first one lowest.
    @inline(__always)
    static func word(_ bytes: Span<UInt8>, _ at: Int) -> UInt64 {
        let part = bytes.extracting(droppingFirst: at).extracting(first: 8)
        guard part.count == 8 else { return 0 }
        let low =
            UInt64(part[0]) | UInt64(part[1]) << 8 | UInt64(part[2]) << 16 | UInt64(part[3]) << 24
        let high =
            UInt64(part[4]) << 32 | UInt64(part[5]) << 40 | UInt64(part[6]) << 48 | UInt64(part[7]) << 56
        return low | high
    }

    /// The high bits of the bytes that are zero. Only the lowest one is exact.
    @inline(__always)
    private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highs }

    /// The index of the first byte from `start` on that ends or interrupts plain ASCII inside of a JSON string: a quote, a
    /// backslash, a control code or a byte of 128 or more. Stops up to seven bytes short of `end`.
    @inline(__always)
    static func skipPlain(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        var at = start
        while at &+ 8 <= end {
            let word = word(bytes, at)
            let control = (word &- ones &* 32) & ~word
            let found = (control | word) & highs | zeros(word ^ ones &* 34) | zeros(word ^ ones &* 92)
            if found != 0 { return at &+ found.trailingZeroBitCount >> 3 }
            at &+= 8
        }
        return at
    }

    /// The index of the first `byte` in a range, its end when there is none.
    @inline(__always)
    static func find(_ byte: UInt8, _ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        let pattern = ones &* UInt64(byte)
        var at = start
        while at &+ 8 <= end {
            let found = zeros(word(bytes, at) ^ pattern)
            if found != 0 { return at &+ found.trailingZeroBitCount >> 3 }
            at &+= 8
        }
        while at < end, bytes[at] != byte { at &+= 1 }
        return at
    }

    /// Passes the lines from `start` on that have nothing but white space: where the first other one starts, and how many they
    /// were. A file of line feeds alone is passed at the speed of memory.
    static func skipBlankLines(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> (end: Int, count: Int) {
        var (at, lineStart, count) = (start, start, 0)
        while at < end {
            while at &+ 8 <= end, word(bytes, at) == ones &* 10 {
                at &+= 8
                count &+= 8
                lineStart = at
            }
            guard at < end else { break }
            switch bytes[at] {
            case 10:
                count &+= 1
                lineStart = at &+ 1
            case 9, 13, 32: break
            default: return (lineStart, count)
            }
            at &+= 1
        }
        return (lineStart, count)
    }

    /// The index of the first byte from `start` on that is not ASCII, or of one of the seven before `end`.
    @inline(__always)
    static func skipASCII(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        var at = start
        while at &+ 8 <= end, word(bytes, at) & highs == 0 { at &+= 8 }
        return at
    }
}
