// A small JSON value whose objects keep their order: for answers, and for reading single properties off the hot path.

/// A JSON value; objects keep the order of their members.
public enum JSONValue: Hashable, Sendable {
    /// null.
    case null
    /// true or false.
    case bool(Bool)
    /// A whole number.
    case int(Int64)
    /// A number.
    case double(Double)
    /// Text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// Members in order.
    case object([Member])
    /// A value that is JSON text already.
    case raw(String)

    /// One member of an object.
    public struct Member: Hashable, Sendable {
        /// The key.
        public var key: String
        /// The value.
        public var value: JSONValue
        /// A member from its parts.
        public init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// Writes the value.
    public func write(to out: inout JSONWriter) {
        switch self {
        case .null: out.value(String?.none)
        case .bool(let value): out.value(value)
        case .int(let value): out.value(value)
        case .double(let value): out.value(value)
        case .string(let value): out.value(value)
        case .array(let values): out.array { for value in values { value.write(to: &$0) } }
        case .raw(let json): out.raw(json)
        case .object(let members):
            out.object { for member in members { $0.member(member.key) { member.value.write(to: &$0) } } }
        }
    }

    /// The value as JSON text.
    public var text: String {
        var out = JSONWriter()
        write(to: &out)
        return out.text
    }

    /// The member with this key, nil when this is no object or has none.
    public subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// Text or null.
    public static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    /// A number or null.
    public static func number(_ value: Double?) -> JSONValue { value.map { .double($0) } ?? .null }
    /// A time as RFC 3339 or null.
    public static func time(_ value: Timestamp?) -> JSONValue { value.map { .string($0.rfc3339) } ?? .null }
    /// A whole number.
    public static func count(_ value: some BinaryInteger) -> JSONValue { .int(Int64(value)) }
}

/// Reads the text of a JSON string token (with its quotes), nil when the token is not a string. The token must be valid
/// JSON, as every stored property is.
public func stringValue(ofJSON token: String) -> String? {
    let bytes = Array(token.utf8)
    guard bytes.count >= 2, bytes[0] == 34, bytes[bytes.count - 1] == 34 else { return nil }
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var at = 1
    func hex(_ from: Int) -> UInt32 {
        bytes[from..<min(from + 4, bytes.count)].reduce(0) { value, byte in
            value << 4 | UInt32(byte <= 57 ? byte &- 48 : (byte | 32) &- 87)
        }
    }
    while at < bytes.count - 1 {
        guard bytes[at] == 92 else {
            out.append(bytes[at])
            at += 1
            continue
        }
        let escape = bytes[at + 1]
        at += 2
        switch escape {
        case 98: out.append(8)
        case 102: out.append(12)
        case 110: out.append(10)
        case 114: out.append(13)
        case 116: out.append(9)
        case 117:
            var scalar = hex(at)
            at += 4
            if scalar >> 10 == 0xD800 >> 10, at + 6 <= bytes.count, bytes[at] == 92, bytes[at + 1] == 117 {
                let low = hex(at + 2)
                if low >> 10 == 0xDC00 >> 10 {
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
                    at += 6
                }
            }
            // Half of a surrogate pair names no character.
            let character = Unicode.Scalar(scalar) ?? "\u{FFFD}"
            out.append(contentsOf: Array(String(character).utf8))
        default: out.append(escape)
        }
    }
    return String(decoding: out, as: UTF8.self)
}
