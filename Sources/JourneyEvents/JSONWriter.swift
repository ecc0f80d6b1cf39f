// Writes JSON in a fixed order: the same values give the same bytes on every run.

/// Builds JSON text; keys come out in the order in which they are written.
public struct JSONWriter: Sendable {
    private var bytes: [UInt8] = []
    private var needsComma = false

    /// An empty writer.
    public init() {}

    /// The text so far.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
    /// The bytes so far.
    public var utf8: [UInt8] { bytes }

    private mutating func separate() {
        if needsComma { bytes.append(44) }
        needsComma = true
    }

    /// An object whose members `body` writes.
    public mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        separate()
        bytes.append(123)
        needsComma = false
        try body(&self)
        bytes.append(125)
        needsComma = true
    }

    /// An array whose elements `body` writes.
    public mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
        separate()
        bytes.append(91)
        needsComma = false
        try body(&self)
        bytes.append(93)
        needsComma = true
    }

    /// A member whose value `body` writes.
    public mutating func member(_ key: String, _ body: (inout JSONWriter) throws -> Void) rethrows {
        separate()
        appendString(key)
        bytes.append(58)
        needsComma = false
        try body(&self)
        needsComma = true
    }

    /// A member whose value is JSON text already.
    public mutating func member(_ key: String, raw: String) {
        separate()
        appendString(key)
        bytes.append(58)
        bytes.append(contentsOf: raw.utf8)
    }

    /// A text member; null when nil.
    public mutating func member(_ key: String, _ value: String?) { member(key) { $0.value(value) } }
    /// A whole-number member; null when nil.
    public mutating func member(_ key: String, _ value: (some BinaryInteger)?) { member(key) { $0.value(value) } }
    /// A true/false member.
    public mutating func member(_ key: String, _ value: Bool) { member(key) { $0.value(value) } }
    /// A number member; null when nil or not finite.
    public mutating func member(_ key: String, _ value: Double?) { member(key) { $0.value(value) } }

    /// A text value; null when nil.
    public mutating func value(_ value: String?) {
        separate()
        if let value { appendString(value) } else { bytes.append(contentsOf: "null".utf8) }
    }
    /// A whole number; null when nil.
    public mutating func value(_ value: (some BinaryInteger)?) {
        separate()
        bytes.append(contentsOf: (value.map { String($0) } ?? "null").utf8)
    }
    /// True or false.
    public mutating func value(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }
    /// A number in its shortest exact form; whole numbers without a point; null when nil or not finite.
    public mutating func value(_ value: Double?) {
        separate()
        guard let value, value.isFinite else {
            bytes.append(contentsOf: "null".utf8)
            return
        }
        if value == value.rounded(), abs(value) < 0x1p54 {
            bytes.append(contentsOf: String(Int64(value)).utf8)
        } else {
            bytes.append(contentsOf: "\(value)".utf8)
        }
    }
    /// A value that is JSON text already.
    public mutating func raw(_ json: String) {
        separate()
        bytes.append(contentsOf: json.utf8)
    }

    private mutating func appendString(_ text: String) {
        bytes.append(34)
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        if let first = bytes[start...].firstIndex(where: { $0 < 32 || $0 == 34 || $0 == 92 || $0 == 127 }) {
            let rest = Array(bytes[first...])
            bytes.removeSubrange(first...)
            appendEscaped(rest)
        }
        bytes.append(34)
    }

    private mutating func appendEscaped(_ text: [UInt8]) {
        for byte in text {
            switch byte {
            case 34, 92:
                bytes.append(92)
                bytes.append(byte)
            case 8: bytes.append(contentsOf: [92, 98])
            case 9: bytes.append(contentsOf: [92, 116])
            case 10: bytes.append(contentsOf: [92, 110])
            case 12: bytes.append(contentsOf: [92, 102])
            case 13: bytes.append(contentsOf: [92, 114])
            case 0..<32, 127:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append("0123456789abcdef".utf8.dropFirst(Int(byte >> 4)).first ?? 48)
                bytes.append("0123456789abcdef".utf8.dropFirst(Int(byte & 15)).first ?? 48)
            default: bytes.append(byte)
            }
        }
    }
}
