// The work of one write transaction: checks duplicates and versions, encodes new events into blocks, and writes symbols and
// head last.
internal import JourneyEvents
internal import LMDB
internal import Platform

struct Commit {
    private let log: LogSnapshot
    private let storage: LogStorage
    private let index: EventIndex
    private let random: @Sendable (Int) -> [UInt8]
    private var head: LogHead
    /// The head before.
    private let before: LogHead
    private let now: Int64
    /// The time of the last event: what was recorded never goes back.
    private var recordedAt: Int64
    private(set) var events: [FoldEvent] = []
    /// What the index keeps of their properties.
    private(set) var kept = KeptProperties()
    /// What Rihla itself has written.
    private(set) var own: [OwnEvent] = []
    /// The highest number of a run of ingest that the commit has events of.
    private var lastRun: UInt32 = 0
    private var block: BlockBuilder?
    /// What the events of the open block have in common, and those of the request.
    private var origin: BlockOrigin
    private var record: [UInt8] = []
    /// Says of most ids that the index does not have them; nil when its runs are searched.
    private let filters: IDFilters?
    /// The block that a duplicate was compared with last: its checksum holds.
    private var verified: UInt64?

    /// A commit on a snapshot, which has all events that the log has, and an index that has those through its reach.
    init(
        _ log: LogSnapshot,
        _ index: EventIndex,
        now: Int64,
        filters: IDFilters?,
        random: @escaping @Sendable (Int) -> [UInt8]
    ) {
        (self.log, self.index, self.random, self.filters, self.now) = (log, index, random, filters, now)
        storage = log.storage
        (head, before) = (log.end, log.end)
        recordedAt = head.recordedAt
        origin = BlockOrigin(recordedAt: head.recordedAt)
        record.reserveCapacity(4_096)
    }

    /// Asks for the memory that events further on will need: ids and customers of a large log lie in tables beyond the
    /// caches, and a commit would wait for them most of its time.
    @inline(__always)
    private func prepare(_ ids: [UInt64], _ customers: [UInt64], at index: Int, _ writer: inout WriterState) {
        if index + 12 < ids.count {
            writer.ids.prepare(ids[index + 12])
            writer.symbols.prepare(.customer, customers[index + 12], step: 0)
        }
        if index + 8 < ids.count { writer.symbols.prepare(.customer, customers[index + 8], step: 1) }
        if index + 4 < ids.count { writer.symbols.prepare(.customer, customers[index + 4], step: 2) }
    }

    private var nextPosition: UInt64 { before.position + UInt64(events.count) + 1 }

    /// Checks and adds one request.
    mutating func add(
        _ request: AppendRequest,
        _ writer: inout WriterState,
        _ txn: borrowing WriteTransaction,
        _ indexTxn: borrowing ReadTransaction
    ) throws -> [AppendOutcome] {
        let batch = request.batch
        var outcomes: [AppendOutcome] = []
        outcomes.reserveCapacity(batch.events.count)
        guard writer.symbols.hasRoom(for: batch.bytes.count) else {
            throw RihlaError(
                .failure,
                "the names of customers, deals or properties would take more than 4 GiB",
                hint: "keep long texts in properties, or divide the events between stores"
            )
        }
        if let recorded = request.recorded { try check(recorded, count: batch.events.count) }
        if request.onConflict == .fail || request.expected != .any || request.recorded != nil {
            try check(request, &writer, txn, indexTxn)
        }
        let bytes = batch.bytes.span
        let (hashes, customers) = request.eventHashes(storage.hashKey)
        var words = WordSymbols(count: batch.words.count)
        var run: UInt32?
        for (index, draft) in batch.events.enumerated() {
            prepare(hashes, customers, at: index, &writer)
            record.removeAll(keepingCapacity: true)
            let keptBefore = kept.count
            var event = encodeRecord(
                draft,
                bytes,
                batch.properties,
                position: nextPosition,
                customerHash: customers[index],
                symbols: &writer.symbols,
                words: &words,
                kept: &kept,
                into: &record
            )
            let hash = hashes[index]
            if let found = try existing(hash, draft, batch, writer, txn, indexTxn) {
                kept.keepFirst(keptBefore)
                event = keepKnownSymbols(event, &writer, &words)
                if found.same {
                    let version =
                        request.wantsVersions ? try version(of: event, request, &writer, adding: 0) : 0
                    outcomes.append(.duplicate(Position(found.position), version: version))
                } else {
                    outcomes.append(.conflict(existing: Position(found.position)))
                    if request.onConflict == .stop { return outcomes }
                }
                continue
            }
            if request.run == nil { try checkReadable(draft, batch, writer) }
            var next = origin
            next.recordedAt = request.recorded?.at[index].rawValue ?? now
            next.run = run ?? number(of: request)
            run = next.run
            next.isOwn = try isOwn(draft, batch, request)
            try begin(next, txn)
            event.position = nextPosition
            writer.symbols.accept()
            try append(record, txn)
            if next.isOwn { own.append(ownEvent(event, draft, batch)) }
            writer.insert(hash, event.position)
            var version: UInt64 = 0
            if request.wantsVersions {
                version = try self.version(of: event, request, &writer, adding: 1)
            } else {
                writer.count(event)
            }
            events.append(event)
            outcomes.append(.appended(Position(event.position), version: version))
        }
        return outcomes
    }

    /// Refuses an event whose record could not be read again. Runs of ingest have scanned theirs; other events come from programs.
    private func checkReadable(_ draft: EventDraft, _ batch: EventBatch, _ writer: WriterState) throws {
        do {
            let view = try RecordView(record.span, 0..<record.count)
            try view.check(record.span) { kind, number in
                guard number > 0, Int(number) <= writer.symbols[kind].count else { throw RecordDamage(offset: 0) }
            }
            guard view.id.count > 0, !writer.symbols[.type].slice(view.type).isEmpty else {
                throw RecordDamage(offset: 0)
            }
        } catch is RecordDamage {
            throw RihlaError(
                .invalidInput,
                "the event \"\(batch.text(draft.id) ?? "")\" cannot be stored: it could not be read again",
                hint: "an event has an id, a type, and an amount of at most six digits after the point"
            )
        }
    }

    /// Forgets the symbols that only a duplicate or a conflict has brought, also in what folds need of it.
    private func keepKnownSymbols(_ event: FoldEvent, _ writer: inout WriterState, _ words: inout WordSymbols)
        -> FoldEvent
    {
        if writer.symbols.rollBack() { words.removeAll() }
        var known = event
        if Int(event.customer) > writer.symbols[.customer].count { known.customer = 0 }
        if Int(event.deal) > writer.symbols[.deal].count { known.deal = 0 }
        return known
    }

    /// The number of the run of ingest that a request belongs to, which has one from its first event on.
    private mutating func number(of request: AppendRequest) -> UInt32 {
        guard let run = request.run else { return 0 }
        let number = run.number(after: max(before.lastRun, lastRun))
        lastRun = max(lastRun, number)
        return number
    }

    /// Sets what the events that follow have in common; all events of a block have it.
    private mutating func begin(_ next: BlockOrigin, _ txn: borrowing WriteTransaction) throws {
        guard next != origin else { return }
        try closeBlock(nil, txn)
        origin = next
        recordedAt = next.recordedAt
    }

    /// Whether an event is one of Rihla's own, in which no customer has a part: Rihla has said so, or an export says that it did.
    private func isOwn(_ draft: EventDraft, _ batch: EventBatch, _ request: AppendRequest) throws -> Bool {
        guard draft.source.isPresent, OwnSource.isMeant(by: batch.bytes.span, in: draft.source.range) else {
            return false
        }
        guard request.isOwn || request.recorded != nil else {
            throw RihlaError(
                .invalidInput,
                "the source \"\(batch.text(draft.source) ?? "")\" is reserved to Rihla's own commands (reserved_source)",
                hint: "give the event another source"
            )
        }
        return !draft.customer.isPresent
    }

    private func ownEvent(_ event: FoldEvent, _ draft: EventDraft, _ batch: EventBatch) -> OwnEvent {
        let hides = OwnEvent.hides(type: batch.text(draft.type) ?? "", at: event.position) { key in
            let property = draft.properties.last { batch.text(batch.properties[Int($0)].key) == key }
            return property.flatMap { batch.text(batch.properties[Int($0)].value) }
        }
        return OwnEvent(position: event.position, type: event.type, hides: hides)
    }

    /// Refuses events that another log recorded unless they continue this one.
    private func check(_ recorded: AppendRequest.Recorded, count: Int) throws {
        guard recorded.first.rawValue == nextPosition, recorded.at.count == count else {
            throw RihlaError(
                .versionConflict,
                "the events were recorded from position \(recorded.first.rawValue) on, the log goes on at \(nextPosition)"
            )
        }
        var last = recordedAt
        for time in recorded.at {
            guard time.rawValue >= last else {
                throw RihlaError(
                    .versionConflict,
                    "recorded_at goes back to \(time.rfc3339), the event before was recorded at "
                        + Timestamp(milliseconds: last).rfc3339
                )
            }
            last = time.rawValue
        }
    }

    /// Refuses a request as a whole, before anything of it is written.
    private mutating func check(
        _ request: AppendRequest,
        _ writer: inout WriterState,
        _ txn: borrowing WriteTransaction,
        _ indexTxn: borrowing ReadTransaction
    ) throws {
        // The request is encoded again when it is accepted.
        defer { writer.symbols.rollBack() }
        let batch = request.batch
        let bytes = batch.bytes.span
        var words = WordSymbols(count: batch.words.count)
        var seen: [UInt64: [(draft: EventDraft, record: [UInt8])]] = [:]
        var newEvents = 0
        var ignored = KeptProperties()
        for draft in batch.events {
            ignored.removeAll()
            record.removeAll(keepingCapacity: true)
            _ = encodeRecord(
                draft,
                bytes,
                batch.properties,
                position: 0,
                symbols: &writer.symbols,
                words: &words,
                kept: &ignored,
                into: &record
            )
            let hash = storage.hashKey.idHash(bytes, source: draft.source, id: draft.id)
            if let found = try existing(hash, draft, batch, writer, txn, indexTxn) {
                guard found.same || request.onConflict != .fail, request.recorded == nil else {
                    throw conflict(draft, batch, found.position, same: found.same)
                }
                continue
            }
            let twin = seen[hash]?.first {
                batch.text($0.draft.id) == batch.text(draft.id)
                    && batch.text($0.draft.source) == batch.text(draft.source)
            }
            if let twin {
                guard twin.record == record || request.onConflict != .fail, request.recorded == nil else {
                    throw conflict(draft, batch, 0, same: twin.record == record)
                }
                continue
            }
            seen[hash, default: []].append((draft, record))
            newEvents += 1
        }
        guard newEvents > 0, let stream = request.stream, request.expected != .any else { return }
        let (kind, symbol) = symbol(of: stream, writer)
        let actual = try writer.version(kind, symbol, log, adding: events)
        let holds =
            switch request.expected {
            case .any: true
            case .none: actual == 0
            case .exists: actual > 0
            case .version(let version): actual == version
            }
        guard holds else {
            throw RihlaError(
                .versionConflict,
                "the stream \(stream) is at version \(actual), expected was \(request.expected)",
                hint: "read it again and decide anew"
            )
        }
    }

    private func conflict(_ draft: EventDraft, _ batch: EventBatch, _ position: UInt64, same: Bool) -> RihlaError {
        RihlaError(
            .idConflict,
            "the event (source \"\(batch.text(draft.source) ?? "")\", id \"\(batch.text(draft.id) ?? "")\") stands "
                + (position == 0 ? "twice in the request" : "at position \(position)")
                + (same ? "" : " with other content"),
            hint: "give the new event an id of its own"
        )
    }

    private func symbol(of stream: StreamName, _ writer: WriterState) -> (SymbolKind, UInt32) {
        let (kind, text): (SymbolKind, String) =
            switch stream {
            case .customer(let text): (.customer, Identifier(text)?.description ?? text)
            case .deal(let text): (.deal, text)
            }
        let bytes = Array(text.utf8)
        return (kind, writer.symbols[kind].find(bytes.span, 0..<bytes.count) ?? 0)
    }

    private func version(of event: FoldEvent, _ request: AppendRequest, _ writer: inout WriterState, adding: UInt64)
        throws -> UInt64
    {
        var wanted: (SymbolKind, UInt32) =
            event.customer != 0 ? (.customer, event.customer) : (.deal, event.deal)
        if let stream = request.stream { wanted = symbol(of: stream, writer) }
        let before = try writer.version(wanted.0, wanted.1, log, adding: events)
        guard adding > 0 else { return before }
        writer.count(event)
        return try writer.version(wanted.0, wanted.1, log, adding: events)
    }

    /// The event with the draft's (source, id), if the log or this commit has one, and whether it is the same.
    private mutating func existing(
        _ hash: UInt64,
        _ draft: EventDraft,
        _ batch: EventBatch,
        _ writer: WriterState,
        _ txn: borrowing WriteTransaction,
        _ indexTxn: borrowing ReadTransaction
    ) throws -> (position: UInt64, same: Bool)? {
        if let filters, !writer.contains(hash), !filters.mayContain(hash) { return nil }
        var found: (position: UInt64, same: Bool)?
        var verified = self.verified
        let first = nextPosition - UInt64(block?.count ?? 0)
        let record = self.record
        let open = block
        let storage = self.storage
        func compare(_ position: UInt64) throws -> Bool {
            if position >= first {
                guard let open else { return false }
                let range = open.record(Int(position - first))
                guard try Commit.sameID(open.bytes.span, range, record) else { return false }
                found = (position, Commit.equal(open.bytes.span, range, record))
                return true
            }
            var cursor = try txn.cursor(in: storage.blocks)
            guard try storage.seekBlock(&cursor, holding: position) else { return false }
            let bytes = cursor.value
            let key = cursor.integerKey
            do {
                let block = verified == key ? try BlockView(trusted: bytes) : try storage.checked(bytes, key)
                verified = key
                let range = try block.record(Int(position - key), bytes)
                guard try Commit.sameID(bytes, range, record) else { return false }
                found = (position, Commit.equal(bytes, range, record))
            } catch is RecordDamage {
                throw storage.damaged(position, "has a damaged record")
            }
            return true
        }
        if try writer.find(hash, compare) {
            self.verified = verified
            return found
        }
        defer { self.verified = verified }
        return try readingDerived(.index, of: index.environment) {
            var cursor = try indexTxn.cursor(in: index.ids)
            var more = try cursor.last()
            while more {
                do {
                    let bytes = cursor.value
                    if try IDRun(bytes, key: cursor.integerKey).find(bytes, hash, compare) { return found }
                }
                more = try cursor.previous()
            }
            return nil
        }
    }

    private static func equal(_ bytes: Span<UInt8>, _ range: Range<Int>, _ record: [UInt8]) -> Bool {
        bytes.equals(range, record.span, 0..<record.count)
    }

    /// Whether a stored record has the source and id of `record`.
    private static func sameID(_ bytes: Span<UInt8>, _ range: Range<Int>, _ record: [UInt8]) throws -> Bool {
        let stored = try RecordView(bytes, range)
        let new = try RecordView(record.span, 0..<record.count)
        guard stored.source == new.source, stored.presence.contains(.source) == new.presence.contains(.source),
            stored.presence.contains(.uuid) == new.presence.contains(.uuid)
        else { return false }
        return bytes.equals(stored.id, record.span, new.id)
    }

    private mutating func append(_ record: [UInt8], _ txn: borrowing WriteTransaction) throws {
        if block == nil { openBlock() }
        if block?.add(record) == false {
            try closeBlock(nil, txn)
            openBlock()
            _ = block?.add(record)
        }
    }

    private mutating func openBlock() {
        block = BlockBuilder(
            firstPosition: nextPosition,
            origin,
            previous: head.point.chain,
            salt: random(BlockFormat.saltSize)
        )
    }

    private mutating func closeBlock(_ symbols: SymbolDigest? = nil, _ txn: borrowing WriteTransaction) throws {
        guard var full = block else { return }
        let first = nextPosition - UInt64(full.count)
        let (bytes, chain) = full.finish(symbols)
        try txn.put(bytes.span, for: first, in: storage.blocks, append: true)
        head.point.chain = chain
        block = nil
    }

    /// Writes new symbols, the last block, what Rihla itself has written and the head; gives the head after the commit.
    mutating func finish(_ writer: inout WriterState, _ txn: borrowing WriteTransaction) throws -> LogHead {
        guard let last = events.last else { return before }
        var digest: SymbolDigest?
        for kind in SymbolKind.allCases {
            let table = writer.symbols[kind]
            let known = Int(before.symbols[Int(kind.rawValue) - 1])
            guard table.count > known else { continue }
            let chunk = table.chunk(from: known + 1, through: table.count, salt: random(BlockFormat.saltSize))
            let key = SymbolChunk.key(kind, known + 1)
            try txn.put(chunk.span, for: key, in: storage.symbols)
            digest = digest ?? SymbolDigest()
            digest?.add(chunk.span, kind: kind, key: key)
        }
        try closeBlock(digest, txn)
        for event in own {
            let bytes = event.bytes
            try txn.put(bytes.span, for: event.position, in: storage.own)
        }
        head.point.position = Position(last.position)
        head.recordedAt = recordedAt
        head.lastRun = max(head.lastRun, lastRun)
        head.ownEvents += UInt32(own.count)
        head.symbols = writer.symbols.counts
        let (key, value) = (LogHead.key, head.bytes)
        try txn.put(value.span, for: key.span, in: storage.meta)
        return head
    }
}
