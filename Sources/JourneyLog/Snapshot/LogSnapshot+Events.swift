// Whole events, as people read them.
public import JourneyEvents
internal import LMDB
internal import Platform

extension LogSnapshot {
    /// Visits whole events in order of position, from the one after `after` through `through`, also those that questions do not
    /// see. `body` may take as long as it likes, and returns false to stop.
    public func scan(after: Position, through: Position, _ body: (Event) throws -> Bool) throws {
        let names = SymbolCache(storage)
        try storage.eachCopiedRecord(after: after.rawValue, through: min(through, position).rawValue) {
            position,
            block,
            bytes,
            range in
            try body(try names.event(position, block.recordedAt, bytes, range))
        }
    }

    /// The events at these positions, in the order given.
    public func events(at positions: [UInt64]) throws -> [Event] {
        let names = SymbolCache(storage)
        var events: [Event] = []
        events.reserveCapacity(positions.count)
        try storage.visit(positions[...]) { position, block, bytes, range in
            events.append(try names.event(position, block.recordedAt, bytes, range))
        }
        return events
    }

    /// The run of ingest that the event at a position belongs to; 0 for single appends.
    public func run(of position: Position) throws -> UInt32 {
        var run: UInt32 = 0
        try storage.visit([position.rawValue][...]) { _, block, _, _ in run = block.run }
        return run
    }

    /// The last position that was recorded at or before an instant.
    public func position(recordedAtOrBefore time: Timestamp) throws -> Position {
        // `recorded_at` never goes back, so the blocks are sorted by it.
        try storage.read { txn in
            var low: UInt64 = 1
            var high = position.rawValue + 1
            var cursor = try txn.cursor(in: storage.blocks)
            while low < high {
                let middle = (low + high) / 2
                guard try storage.seekBlock(&cursor, holding: middle) else { break }
                let block = try storage.checked(cursor.value, cursor.integerKey)
                if block.recordedAt <= time.rawValue {
                    low = cursor.integerKey + UInt64(block.count)
                } else {
                    high = cursor.integerKey
                }
            }
            return Position(min(low - 1, position.rawValue))
        }
    }

    /// The `recorded_at` of a position.
    public func recordedAt(_ position: Position) throws -> Timestamp {
        var time: Int64 = 0
        try storage.visit([position.rawValue][...]) { _, block, _, _ in time = block.recordedAt }
        return Timestamp(milliseconds: time)
    }

    /// The identifiers that the events at ascending positions name; other events than statements are left out.
    public func identifiers(at positions: [UInt64]) throws -> [NamedIdentifiers] {
        var found: [NamedIdentifiers] = []
        found.reserveCapacity(positions.count)
        try storage.visit(positions[...]) { position, _, bytes, range in
            let record = try RecordView(bytes, range)
            guard record.presence.contains(.identifiers), !record.presence.contains(.erased) else { return }
            found.append(
                NamedIdentifiers(
                    position: position,
                    occurredAt: record.occurredAt,
                    type: record.type,
                    a: record.identifiers.a,
                    b: record.identifiers.b
                )
            )
        }
        return found
    }
}

/// Makes whole events from records; remembers the texts that it has looked up.
private final class SymbolCache {
    private let storage: LogStorage
    private var texts: [UInt64: String] = [:]
    private var checked: Set<UInt64> = []

    init(_ storage: LogStorage) { self.storage = storage }

    private func text(_ kind: SymbolKind, _ number: UInt32) throws -> String? {
        guard number > 0 else { return nil }
        let key = WriterState.versionKey(kind, number)
        if let known = texts[key] { return known }
        let text = try storage.text(kind, number, &checked)
        if texts.count > 200_000 { texts = [:] }
        texts[key] = text
        return text
    }

    func event(_ position: UInt64, _ recordedAt: Int64, _ bytes: Span<UInt8>, _ range: Range<Int>) throws -> Event {
        let record = try RecordView(bytes, range)
        let erased = record.presence.contains(.erased)
        var properties: [Event.Property] = []
        if !erased {
            properties.reserveCapacity(record.propertyCount)
            try record.eachProperty(bytes) { key, value in
                properties.append(.init(key: try text(.propertyKey, key) ?? "", json: bytes.string(value)))
            }
        }
        return Event(
            id: erased ? "" : record.idText(bytes),
            source: try text(.source, record.source) ?? "",
            type: try text(.type, record.type) ?? "",
            occurredAt: Timestamp(milliseconds: record.occurredAt),
            customer: try text(.customer, record.customer),
            deal: try text(.deal, record.deal),
            account: try text(.account, record.account),
            channel: try text(.channel, record.channel),
            campaign: try text(.campaign, record.campaign),
            amount: record.amount,
            actor: try text(.actor, record.actor),
            correlation: record.presence.contains(.correlation) ? bytes.string(record.correlation) : nil,
            causation: record.presence.contains(.causation) ? bytes.string(record.causation) : nil,
            properties: properties,
            position: Position(position),
            recordedAt: Timestamp(milliseconds: recordedAt),
            erased: erased
        )
    }
}
