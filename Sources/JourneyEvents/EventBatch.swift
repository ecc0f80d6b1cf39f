// A batch is what one pass over input gives: the bytes once, and for each event where its parts lie in them.
// No string and no dictionary is made per event; the log interns straight from these bytes.

/// A part of a batch's bytes; absent when the field was absent.
public struct Slice: Hashable, Sendable {
    /// Index of the first byte.
    public var start: UInt32
    /// Number of bytes; `UInt32.max` marks an absent field.
    public var count: UInt32
    /// A part that starts at `start` and has `count` bytes.
    public init(start: Int, count: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.count = UInt32(truncatingIfNeeded: count)
    }
    /// The mark of an absent field.
    public static let absent = Slice(start: 0, count: Int(UInt32.max))
    /// Whether the field was there.
    @inlinable public var isPresent: Bool { count != UInt32.max }
    /// The range of bytes; empty when absent.
    @inlinable public var range: Range<Int> { isPresent ? Int(start)..<(Int(start) + Int(count)) : 0..<0 }
}

/// One property: its key as decoded text, its value as the JSON token that stood in the input, byte for byte.
public struct PropertySlice: Hashable, Sendable {
    /// The key, unescaped UTF-8.
    public var key: Slice
    /// The value, a complete JSON value without white space around it.
    public var value: Slice
    /// The number of the key in ``EventBatch/words``; 0 for none.
    package var keyWord: UInt16 = 0
    /// A property from its parts.
    public init(key: Slice, value: Slice) {
        self.key = key
        self.value = value
    }
}

/// One new event of a batch. Text fields are slices of valid, unescaped UTF-8 in `EventBatch.bytes`.
public struct EventDraft: Sendable {
    /// 1-based line of the input, 0 where there is none.
    public var line: UInt64 = 0
    /// Idempotency key within its source; 1...256 bytes.
    public var id = Slice.absent
    /// Where the event came from; absent means "".
    public var source = Slice.absent
    /// The event type, snake_case, at most 128 bytes.
    public var type = Slice.absent
    /// The customer as a normalised `kind:value`.
    public var customer = Slice.absent
    /// The deal's id.
    public var deal = Slice.absent
    /// The account's id.
    public var account = Slice.absent
    /// The channel as given.
    public var channel = Slice.absent
    /// The campaign as given.
    public var campaign = Slice.absent
    /// Who acted.
    public var actor = Slice.absent
    /// The id that groups related events.
    public var correlation = Slice.absent
    /// The id of the event that caused this one.
    public var causation = Slice.absent
    /// When it happened, milliseconds since 1970 UTC.
    public var occurredAt: Int64 = 0
    /// The amount of money, when there is one.
    public var amount: Amount?
    /// The event's properties: a range of `EventBatch.properties`.
    public var properties: Range<Int32> = 0..<0
    /// The numbers of some texts in ``EventBatch/words``; 0 for none.
    package var sourceWord: UInt16 = 0
    package var typeWord: UInt16 = 0
    package var channelWord: UInt16 = 0
    package var campaignWord: UInt16 = 0
    /// An empty event.
    public init() {}
}

/// New events together with the bytes that they point into. At most 2 GiB of bytes.
public struct EventBatch: Sendable {
    /// The bytes that all slices point into.
    public var bytes: [UInt8]
    /// The events, in input order.
    public var events: [EventDraft]
    /// The properties of all events.
    public var properties: [PropertySlice]
    /// Short texts that come again and again, numbered from 1: whoever reads the batch looks each up once, and not once for
    /// each event. An event or property that has a word's number has its text.
    package var words: [Slice] = []

    /// A batch without events.
    public init(bytes: [UInt8] = []) {
        self.bytes = bytes
        events = []
        properties = []
    }

    /// The text of a slice, nil when it is absent.
    public func text(_ slice: Slice) -> String? {
        slice.isPresent ? String(decoding: bytes[slice.range], as: UTF8.self) : nil
    }

    /// Adds text to the bytes and returns where it lies.
    public mutating func store(_ text: String) -> Slice {
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        return Slice(start: start, count: bytes.count - start)
    }

    /// Adds text when there is some.
    public mutating func store(_ text: String?) -> Slice {
        guard let text else { return .absent }
        return store(text)
    }
}
