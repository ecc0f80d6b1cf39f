// Reading: whole events for people, and numbers for folds. Everything is bounded by a position, so that a reader sees one
// moment of the log however long it reads.
public import JourneyEvents
internal import LMDB
internal import Synchronization

extension EventLog {
    /// Visits whole events in order of position, from the one after `after` through `through`.
    public func scan(after: Position, through: Position, _ body: (Event) throws -> Bool) throws {
        let names = SymbolCache(log: self)
        var stopped = false
        do {
            try scanRecords(after: after.rawValue, through: through.rawValue) { position, recordedAt, bytes, range in
                guard try body(try names.event(position, recordedAt, bytes, range)) else {
                    stopped = true
                    throw StopScan()
                }
            }
        } catch is StopScan where stopped {
            return
        }
    }

    /// The events at these positions, in the order given.
    public func events(at positions: [UInt64]) throws -> [Event] {
        let names = SymbolCache(log: self)
        var events: [Event] = []
        events.reserveCapacity(positions.count)
        try visit(positions[...]) { position, recordedAt, bytes, range in
            events.append(try names.event(position, recordedAt, bytes, range))
        }
        return events
    }

    /// Stands for an event's own id among the keys of ``properties(_:at:)``.
    public static let idKey = UInt32.max
    /// Stands for an event's causation id among the keys of ``properties(_:at:)``.
    public static let causationKey = UInt32.max - 1

    /// Stands for the symbol of an event's account among the keys of ``properties(_:at:)``.
    public static let accountKey = UInt32.max - 2
    /// Stands for an event's correlation id among the keys of ``properties(_:at:)``.
    public static let correlationKey = UInt32.max - 3

    /// Whether a key stands for a part of the record.
    static func isPartOfRecord(_ key: UInt32) -> Bool { key >= correlationKey }

    /// Text and numbers of chosen properties at ascending positions: for each position the values of `keys` that the event
    /// has, as JSON text; ``idKey`` and ``causationKey`` give plain text, ``accountKey`` the digits of the symbol.
    public func properties(_ keys: [UInt32], at positions: [UInt64]) throws -> [[UInt32: String]] {
        var found = [[UInt32: String]](repeating: [:], count: positions.count)
        try eachProperty(keys, at: positions) { index, key, value in
            found[index][key] = value.string(0..<value.count)
        }
        return found
    }

    func visit(_ positions: ArraySlice<UInt64>, _ body: (UInt64, Int64, Span<UInt8>, Range<Int>) throws -> Void) throws
    {
        guard !positions.isEmpty else { return }
        try read { txn in
            var cursor = try txn.cursor(in: blocks)
            var current: (key: UInt64, block: BlockView)?
            for position in positions {
                if let known = current, position >= known.key, position < known.key + UInt64(known.block.count) {
                    // The cursor stands on this block already.
                } else {
                    guard try seekBlock(&cursor, holding: position) else { throw damaged(position, "has no block") }
                    current = (cursor.integerKey, try checked(cursor.value, cursor.integerKey))
                }
                guard let (key, block) = current, position < key + UInt64(block.count) else {
                    throw damaged(position, "has no block")
                }
                do {
                    let bytes = cursor.value
                    try body(position, block.recordedAt, bytes, try block.record(Int(position - key), bytes))
                } catch is RecordDamage {
                    throw damaged(position, "has a damaged record")
                }
            }
        }
    }

    /// The last position that was recorded at or before an instant.
    public func position(recordedAtOrBefore time: Timestamp) throws -> Position {
        // `recorded_at` never goes back, so the blocks are sorted by it.
        try read { txn in
            var low: UInt64 = 1
            var high = head.position.rawValue + 1
            var cursor = try txn.cursor(in: blocks)
            while low < high {
                let middle = (low + high) / 2
                guard try seekBlock(&cursor, holding: middle) else { break }
                let block = try checked(cursor.value, cursor.integerKey)
                if block.recordedAt <= time.rawValue {
                    low = cursor.integerKey + UInt64(block.count)
                } else {
                    high = cursor.integerKey
                }
            }
            return Position(min(low - 1, head.position.rawValue))
        }
    }

    /// The `recorded_at` of a position.
    public func recordedAt(_ position: Position) throws -> Timestamp {
        var time: Int64 = 0
        try visit([position.rawValue][...]) { _, recordedAt, _, _ in time = recordedAt }
        return Timestamp(milliseconds: time)
    }

    /// What folds need of the events at ascending positions.
    public func folds(at positions: [UInt64]) throws -> [FoldEvent] {
        let (reach, tail) = published.withLock { ($0.reach.position, $0.tail) }
        var events: [FoldEvent] = []
        events.reserveCapacity(positions.count)
        try readIndex { txn in
            var cursor = try txn.cursor(in: index.columns)
            var current: (key: UInt64, block: ColumnBlock)?
            for position in positions {
                if position > reach {
                    guard let event = tail.event(at: position) else { throw damaged(position, "is not in memory") }
                    events.append(event)
                    continue
                }
                if let known = current, position >= known.key, position < known.key + UInt64(known.block.count) {
                    events.append(known.block.event(Int(position - known.key), cursor.value))
                    continue
                }
                var found = try cursor.seek(atOrAfter: position)
                if !found {
                    found = try cursor.last()
                } else if cursor.integerKey > position {
                    found = try cursor.previous()
                }
                guard found else { throw IndexDamage(position: position) }
                let block = try columnBlock(cursor.value, cursor.integerKey)
                guard position < cursor.integerKey + UInt64(block.count) else { throw IndexDamage(position: position) }
                current = (cursor.integerKey, block)
                events.append(block.event(Int(position - cursor.integerKey), cursor.value))
            }
        }
        return events
    }

    func columnBlock(_ bytes: Span<UInt8>, _ key: UInt64) throws -> ColumnBlock {
        do {
            return try ColumnBlock(bytes, key: key)
        } catch {
            throw IndexDamage(position: key)
        }
    }

    /// Runs `body` on a snapshot of the index.
    func readIndex<R>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        try translating("read the index of \(files.directory)") {
            try index.environment.read(body)
        }
    }

    /// The positions of the events of a customer, a deal or a type of identity statement, ascending, through `last`.
    public func positions(_ kind: SymbolKind, _ symbol: UInt32, through last: Position) throws -> [UInt64] {
        let (reach, tail) = published.withLock { ($0.reach.position, $0.tail) }
        var found = try translating("read the index of \(files.directory)") {
            try kind == .type
                ? index.statements(symbol, through: min(reach, last.rawValue))
                : index.events(kind, symbol, through: min(reach, last.rawValue)).map(\.position)
        }
        tail.each(after: reach, through: last.rawValue) { event in
            let own = kind == .customer ? event.customer : kind == .deal ? event.deal : event.type
            if own == symbol { found.append(event.position) }
        }
        return found
    }

    /// How many symbols of a kind the log has.
    public func symbolCount(_ kind: SymbolKind) -> Int {
        published.withLock { Int($0.symbolCounts[Int(kind.rawValue) - 1]) }
    }

    /// The number of a text; nil when no event has it.
    public func symbol(_ kind: SymbolKind, _ text: String) throws -> UInt32? {
        let bytes = Array(text.utf8)
        let hash = SymbolTable.hash(kind: kind, bytes)
        let (known, all) = published.withLock {
            ($0.reach.symbols[Int(kind.rawValue) - 1], $0.symbolCounts[Int(kind.rawValue) - 1])
        }
        let candidates = try translating("read the index of \(files.directory)") {
            try index.candidates(kind, hash: hash)
        }
        for number in candidates where number <= all {
            if try symbolText(kind, number) == text { return number }
        }
        guard known < all else { return nil }
        let names = try symbolTexts(kind, from: known + 1)
        return names.firstIndex(of: text).map { known + 1 + UInt32($0) }
    }

    /// The text of a number; "" for 0.
    public func symbolText(_ kind: SymbolKind, _ number: UInt32) throws -> String {
        var checked: Set<UInt64> = []
        return try symbolText(kind, number, &checked)
    }

    /// The text of a number; `checked` has the keys of the chunks whose checksum was compared already.
    fileprivate func symbolText(_ kind: SymbolKind, _ number: UInt32, _ checked: inout Set<UInt64>) throws -> String {
        guard number > 0 else { return "" }
        return try read { txn in
            var cursor = try txn.cursor(in: symbols)
            let key = SymbolChunk.key(kind, Int(number))
            var found = try cursor.seek(atOrAfter: key)
            if !found { found = try cursor.last() } else if cursor.integerKey != key { found = try cursor.previous() }
            guard found, cursor.integerKey >> 40 == UInt64(kind.rawValue) else { throw damagedSymbols() }
            let bytes = cursor.value
            do {
                let isNew = checked.insert(cursor.integerKey).inserted
                let chunk = try SymbolChunk(bytes, key: cursor.integerKey, isChecked: !isNew)
                return bytes.string(try chunk.text(Int(number - chunk.first), bytes))
            } catch is RecordDamage {
                throw damagedSymbols()
            }
        }
    }

    /// The texts of all numbers of a kind from `first` on; element 0 is that of `first`.
    public func symbolTexts(_ kind: SymbolKind, from first: UInt32 = 1) throws -> [String] {
        try read { txn in
            var texts: [String] = []
            var cursor = try txn.cursor(in: symbols)
            let key = SymbolChunk.key(kind, Int(first))
            var found = try cursor.seek(atOrAfter: key)
            if !found || cursor.integerKey != key {
                // The number may lie within the chunk before.
                let isLast = !found
                found = isLast ? try cursor.last() : try cursor.previous()
                if found, cursor.integerKey >> 40 != UInt64(kind.rawValue) { found = try cursor.next() }
                if !found, !isLast { found = try cursor.first() }
            }
            while found, cursor.integerKey >> 40 == UInt64(kind.rawValue) {
                do {
                    let bytes = cursor.value
                    let chunk = try SymbolChunk(bytes, key: cursor.integerKey)
                    for index in 0..<chunk.count where chunk.first + UInt32(index) >= first {
                        texts.append(bytes.string(try chunk.text(index, bytes)))
                    }
                } catch is RecordDamage {
                    throw damagedSymbols()
                }
                found = try cursor.next()
            }
            return texts
        }
    }
}

/// Ends a scan early.
private struct StopScan: Error {}

/// Makes whole events from records; remembers the texts that it has looked up.
private final class SymbolCache {
    private let log: EventLog
    private var texts: [UInt64: String] = [:]
    private var checked: Set<UInt64> = []

    init(log: EventLog) { self.log = log }

    private func text(_ kind: SymbolKind, _ number: UInt32) throws -> String? {
        guard number > 0 else { return nil }
        let key = WriterState.versionKey(kind, number)
        if let known = texts[key] { return known }
        let text = try log.symbolText(kind, number, &checked)
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
