// Turns blocks of encoded text into UTF-8 and parts of it back. What is ill-formed stays visible as ill-formed UTF-8 (half
// of a surrogate pair becomes the three bytes that UTF-8 forbids), so that only its own record is refused.

/// Decodes the blocks of one input, front to back.
struct Transcoder: Sendable {
    let encoding: TextEncoding
    private var isBigEndian = false
    private var isStart = true
    /// The first byte of a UTF-16 unit whose second comes with the next block.
    private var half: UInt8?
    /// A high surrogate whose partner comes with the next block.
    private var high: UInt32?
    private let upperHalf: [UInt16]

    init(_ encoding: TextEncoding) {
        self.encoding = encoding
        upperHalf = encoding.upperHalf
    }

    /// The block as UTF-8; with `isLast`, also what an earlier block left open.
    mutating func decode(_ block: [UInt8], isLast: Bool) -> [UInt8] {
        switch encoding {
        case .utf8: return block
        case .utf16: return decodeUTF16(block, isLast: isLast)
        case .latin1, .windows1256:
            var out: [UInt8] = []
            out.reserveCapacity(block.count + block.count / 4)
            for byte in block {
                if byte < 128 { out.append(byte) } else { out.appendUTF8(UInt32(upperHalf[Int(byte) - 128])) }
            }
            return out
        }
    }

    private mutating func decodeUTF16(_ block: [UInt8], isLast: Bool) -> [UInt8] {
        var bytes = block
        if let half { bytes.insert(half, at: 0) }
        half = nil
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var at = 0
        if isStart, bytes.count >= 2 {
            isStart = false
            isBigEndian = bytes[0] == 0xFE && bytes[1] == 0xFF
            if isBigEndian || (bytes[0] == 0xFF && bytes[1] == 0xFE) { at = 2 }
        }
        while at + 1 < bytes.count {
            let (first, second) = (UInt32(bytes[at]), UInt32(bytes[at + 1]))
            let unit = isBigEndian ? first << 8 | second : second << 8 | first
            at += 2
            if let pending = high {
                high = nil
                if unit >= 0xDC00, unit <= 0xDFFF {
                    out.appendUTF8(0x10000 + (pending - 0xD800) << 10 + (unit - 0xDC00))
                    continue
                }
                out.appendUTF8(pending)
            }
            if unit >= 0xD800, unit < 0xDC00 { high = unit } else { out.appendUTF8(unit) }
        }
        if at < bytes.count { half = bytes[at] }
        if isLast {
            if let pending = high { out.appendUTF8(pending) }
            // A byte that no UTF-8 text has, for the odd one at the end.
            if half != nil { out.append(0xFF) }
        }
        return out
    }

    /// A part of the decoded text as the bytes that it came from.
    func encode(_ text: ArraySlice<UInt8>) -> [UInt8] {
        guard encoding != .utf8 else { return Array(text) }
        var out: [UInt8] = []
        var at = text.startIndex
        while at < text.endIndex {
            let first = text[at]
            if first == 0xFF {
                if let half { out.append(half) }
                at += 1
                continue
            }
            let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
            guard at + length <= text.endIndex else { return out }
            var scalar = UInt32(length == 1 ? first : first & (0x7F >> UInt8(length)))
            for offset in 1..<max(length, 1) where length > 1 {
                scalar = scalar << 6 | UInt32(text[at + offset] & 0x3F)
            }
            append(scalar, to: &out)
            at += length
        }
        return out
    }

    private func append(_ scalar: UInt32, to out: inout [UInt8]) {
        guard encoding == .utf16 else {
            guard scalar >= 128 else { return out.append(UInt8(scalar)) }
            if let index = upperHalf.firstIndex(of: UInt16(truncatingIfNeeded: scalar)) {
                out.append(UInt8(128 + index))
            }
            return
        }
        func unit(_ value: UInt32) {
            let (high, low) = (UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value))
            out += isBigEndian ? [high, low] : [low, high]
        }
        guard scalar >= 0x10000 else { return unit(scalar) }
        unit(0xD800 + (scalar - 0x10000) >> 10)
        unit(0xDC00 + (scalar - 0x10000) & 0x3FF)
    }
}

extension [UInt8] {
    /// Appends the UTF-8 form of a code point; a surrogate gets the three bytes that well-formed UTF-8 does not have.
    @inline(__always)
    mutating func appendUTF8(_ scalar: UInt32) {
        func continuation(_ shift: UInt32) -> UInt8 { UInt8(0x80 | scalar >> shift & 0x3F) }
        switch scalar {
        case 0..<0x80: append(UInt8(scalar))
        case 0x80..<0x800:
            append(UInt8(0xC0 | scalar >> 6))
            append(continuation(0))
        case 0x800..<0x10000:
            append(UInt8(0xE0 | scalar >> 12))
            append(continuation(6))
            append(continuation(0))
        default:
            append(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18))
            append(continuation(12))
            append(continuation(6))
            append(continuation(0))
        }
    }
}
