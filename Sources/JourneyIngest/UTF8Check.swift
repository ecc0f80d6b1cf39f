// Well-formed UTF-8 by table 3-7 of the Unicode Standard: no overlong forms, no surrogates, nothing above U+10FFFF.

enum UTF8Check {
    /// The length of the well-formed sequence at `at`, 0 when it is ill-formed.
    static func length(_ bytes: Span<UInt8>, _ at: Int, _ end: Int) -> Int {
        let first = bytes[at]
        if first < 0x80 { return 1 }
        func continues(_ offset: Int, _ low: UInt8 = 0x80, _ high: UInt8 = 0xBF) -> Bool {
            at + offset < end && bytes[at + offset] >= low && bytes[at + offset] <= high
        }
        switch first {
        case 0xC2...0xDF: return continues(1) ? 2 : 0
        case 0xE0: return continues(1, 0xA0) && continues(2) ? 3 : 0
        case 0xED: return continues(1, 0x80, 0x9F) && continues(2) ? 3 : 0
        case 0xE1...0xEF: return continues(1) && continues(2) ? 3 : 0
        case 0xF0: return continues(1, 0x90) && continues(2) && continues(3) ? 4 : 0
        case 0xF1...0xF3: return continues(1) && continues(2) && continues(3) ? 4 : 0
        case 0xF4: return continues(1, 0x80, 0x8F) && continues(2) && continues(3) ? 4 : 0
        default: return 0
        }
    }

    /// The index of the first ill-formed sequence of a range; nil when it is well-formed.
    static func firstFault(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var at = range.lowerBound
        while at < range.upperBound {
            at = WordScan.skipASCII(bytes, from: at, to: range.upperBound)
            guard at < range.upperBound else { return nil }
            if bytes[at] < 0x80 {
                at += 1
                continue
            }
            let length = length(bytes, at, range.upperBound)
            guard length > 0 else { return at }
            at += length
        }
        return nil
    }
}
