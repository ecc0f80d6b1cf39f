// Who did it: a kind and a value, normalised at the edge so that one person's identifier has one form.

/// An identifier of a person, `kind:value`.
public struct Identifier: Hashable, Sendable, CustomStringConvertible {
    /// The kinds that a store knows, strongest first.
    public enum Kind: String, CaseIterable, Sendable {
        /// The id of a signed-in user.
        case userID = "user_id"
        /// The id that the business gave; a value without a kind is one of these.
        case customerID = "customer_id"
        /// An e-mail address, trimmed and in lower case.
        case email
        /// A telephone number, digits with an optional leading plus.
        case phone
        /// A browser or app that is not signed in.
        case anonymousID = "anonymous_id"
        /// A device.
        case device
    }
    /// What the value is.
    public var kind: Kind
    /// The value, normalised.
    public var value: String
    /// `kind:value`.
    public var description: String { kind.rawValue + ":" + value }

    /// Reads `kind:value`; text without a known kind before its first colon is a `customer_id`. Nil when the value is
    /// empty after trimming, or is not of its kind (an e-mail without `@`, a telephone number without digits).
    public init?(_ text: String) {
        var kind = Kind.customerID
        var rest = Substring(text)
        if let colon = text.firstIndex(of: ":"), let named = Kind(rawValue: String(text[..<colon])) {
            kind = named
            rest = text[text.index(after: colon)...]
        }
        self.init(kind: kind, value: String(rest))
    }

    /// Takes a `kind:value` apart that has been normalised before, as every one of a log has; nil when it has no kind.
    public init?(normal text: String) {
        guard let colon = text.utf8.firstIndex(of: 58), let kind = Kind(rawValue: String(text[..<colon])) else {
            return nil
        }
        self.kind = kind
        value = String(text[text.utf8.index(after: colon)...])
    }

    /// An identifier of a kind; nil when the value cannot be one.
    public init?(kind: Kind, value: String) {
        var normal = value.trimmingWhitespace()
        switch kind {
        case .email:
            normal = normal.lowercased()
            let parts = normal.split(separator: "@", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        case .phone:
            let plus = normal.hasPrefix("+")
            let digits = normal.unicodeScalars.filter { !" -().+".unicodeScalars.contains($0) }
            guard !digits.isEmpty, digits.allSatisfy({ $0.value >= 48 && $0.value <= 57 }) else { return nil }
            normal = (plus ? "+" : "") + String(String.UnicodeScalarView(digits))
        default:
            break
        }
        guard !normal.isEmpty else { return nil }
        self.kind = kind
        self.value = normal
    }
}

extension String {
    /// The text without white space at its ends.
    public func trimmingWhitespace() -> String {
        var view = Substring(self)
        while let first = view.first, first.isWhitespace { view.removeFirst() }
        while let last = view.last, last.isWhitespace { view.removeLast() }
        return String(view)
    }
}
