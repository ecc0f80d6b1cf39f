// The names of an event's fields, found by comparing words instead of bytes.

/// A key by its length and its first and last eight bytes: all of it, up to 16 bytes.
struct KeyWord: Hashable, Sendable {
    var first: UInt64
    var last: UInt64
    var count: Int

    /// Whether two keys with equal words are equal.
    @inline(__always)
    var isWhole: Bool { count <= 16 }

    @inline(__always)
    init(_ bytes: Span<UInt8>, start: Int, count: Int) {
        self.count = count
        last = 0
        if count >= 8 {
            first = WordScan.word(bytes, start)
            last = WordScan.word(bytes, start &+ count &- 8)
        } else if start &+ 8 <= bytes.count {
            first = WordScan.word(bytes, start) & (1 &<< UInt64(count &* 8) &- 1)
        } else {
            first = 0
            for offset in 0..<count { first |= UInt64(bytes[start + offset]) << UInt64(offset * 8) }
        }
    }

    init(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(bytes.span, start: 0, count: bytes.count)
    }

    @inline(__always)
    static func == (a: KeyWord, b: KeyWord) -> Bool { a.first == b.first && a.last == b.last && a.count == b.count }

    /// A number that spreads keys.
    @inline(__always)
    var spread: UInt64 { (first ^ last &* 31 ^ UInt64(truncatingIfNeeded: count)) &* 0x9E37_79B9_7F4A_7C15 }
}

/// The fields of a native event.
enum Field: Int, CaseIterable, Sendable {
    case id, source, type, occurredAt, customer, deal, account, channel, campaign, amount, currency, actor
    case correlation, causation, properties

    /// The key in a line.
    var name: String {
        switch self {
        case .id: "id"
        case .source: "source"
        case .type: "type"
        case .occurredAt: "occurred_at"
        case .customer: "customer"
        case .deal: "deal"
        case .account: "account"
        case .channel: "channel"
        case .campaign: "campaign"
        case .amount: "amount"
        case .currency: "currency"
        case .actor: "actor"
        case .correlation: "correlation_id"
        case .causation: "causation_id"
        case .properties: "properties"
        }
    }
}

/// Fields by their keys.
struct FieldNames: Sendable {
    private struct Entry {
        var word: KeyWord
        var field: Field
    }
    /// Ordered by length.
    private let fields: [Entry]
    /// For each length up to 15, where its fields begin.
    private let starts: [Int]

    init() {
        let fields = Field.allCases.map { Entry(word: KeyWord($0.name), field: $0) }.sorted {
            $0.word.count < $1.word.count
        }
        self.fields = fields
        starts = (0...16).map { length in fields.firstIndex { $0.word.count >= length } ?? fields.count }
    }

    /// The field with this key; nil when it is none.
    @inline(__always)
    func field(_ word: KeyWord) -> Field? {
        guard word.count < 16 else { return nil }
        var index = starts[word.count]
        let end = starts[word.count &+ 1]
        while index < end {
            if fields[index].word == word { return fields[index].field }
            index &+= 1
        }
        return nil
    }
}
