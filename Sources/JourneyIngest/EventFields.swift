// Rules of single fields that hold for every format.
internal import JourneyEvents

enum EventFields {
    static let maximumID = 256
    static let maximumType = 128
    static let maximumText = 65_536

    /// Whether the text is a type: snake_case that begins with a letter.
    static func isType(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty, bytes[range.lowerBound] &- 97 < 26 else { return false }
        for index in range {
            let byte = bytes[index]
            guard byte &- 97 < 26 || byte &- 48 < 10 || byte == 95 else { return false }
        }
        return true
    }

    /// The fault of an event from outside that names the source of Rihla's own commands.
    static func reservedSource(_ source: String, at index: Int) -> Fault {
        Fault(
            at: index,
            code: .reservedSource,
            message: "the source \"\(source)\" is reserved to Rihla's own commands, give the event another"
        )
    }

    /// What a customer's text needs to become `kind:value`.
    enum CustomerForm {
        /// It is that already.
        case normal
        /// It is a plain `customer_id`.
        case needsPrefix
        /// Its kind has a normal form of its own, or it is no customer.
        case needsIdentifier
    }

    static let customerPrefix = Array("customer_id:".utf8)

    static func customerForm(_ bytes: Span<UInt8>, _ range: Range<Int>) -> CustomerForm {
        var colon = -1
        for index in range {
            let byte = bytes[index]
            if byte <= 32 || byte >= 128 { return .needsIdentifier }
            if byte == 58, colon < 0 { colon = index }
        }
        if colon < 0 { return range.isEmpty ? .needsIdentifier : .needsPrefix }
        guard colon + 1 < range.upperBound, isUnchangedKind(bytes, range.lowerBound..<colon) else {
            return .needsIdentifier
        }
        return .normal
    }

    private static let unchangedKinds = ["customer_id", "user_id", "anonymous_id", "device"].map { Array($0.utf8) }

    /// Whether the kind is one whose values are kept as they are.
    private static func isUnchangedKind(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for kind in unchangedKinds where kind.count == range.count {
            var same = true
            for offset in kind.indices where bytes[range.lowerBound + offset] != kind[offset] { same = false }
            if same { return true }
        }
        return false
    }
}
