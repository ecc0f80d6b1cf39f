// Compares the index with the log that it was made from: columns event by event, journeys, postings and ids as sums that do not
// depend on the order, names one by one. Memory grows with the number of customers and deals, not with events.
internal import JourneyEvents
internal import LMDB
internal import Platform
internal import Synchronization

struct IndexVerifier {
    private let log: EventLog
    private let reach: EventIndex.Reach
    private(set) var report: VerifyReport
    /// For each customer, deal and type of identity statement the sum of its mixed events, less what the index has.
    private var sums: [SymbolKind: [UInt64]] = [:]
    private var ids: UInt64 = 0

    /// What the index has events by.
    private static let kinds = EventIndex.journeyKinds + [.type]

    init(log: EventLog, report: VerifyReport) {
        self.log = log
        self.report = report
        reach = log.published.withLock { $0.reach }
        for kind in IndexVerifier.kinds {
            sums[kind] = Array(repeating: 0, count: log.symbolCount(kind) + 1)
        }
    }

    mutating func run() throws {
        guard reach.position > 0 else { return }
        do {
            try compareColumns()
            for kind in EventIndex.journeyKinds { try subtractJourneys(kind) }
            try subtractStatements()
            try compareSums()
            try compareIDs()
            try compareNames()
        } catch let error as RihlaError where error.code == .damaged {
            report.find("index", nil, error.message)
        } catch let error as IndexDamage {
            report.find("index", error.position, "the index is damaged at position \(error.position)")
        }
    }

    /// Spreads a number over 64 bits, so that sums of them tell sets apart.
    private static func mix(_ value: UInt64, _ other: UInt64 = 0) -> UInt64 {
        let (high, low) = ((value ^ 0x9E37_79B9_7F4A_7C15) &+ other &* 0xD6E8_FEB8_6659_FD93)
            .multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
        return (high ^ low) | 1
    }

    /// Compares the columns with the log, and sums up what journeys, postings and ids must say.
    private mutating func compareColumns() throws {
        let statements = Set(try IdentityTypes.names.compactMap { try log.symbol(.type, $0) })
        var sources: [UInt32: UInt64] = [:]
        var columns: [FoldEvent] = []
        var from: UInt64 = 0
        var customers = sums[.customer] ?? []
        var deals = sums[.deal] ?? []
        var types = sums[.type] ?? []
        let keys = try KeptKeys(log)
        var kept = KeptProperties()
        while from < reach.position, report.findings.count < 100 {
            let last = min(from + 65_536, reach.position)
            columns.removeAll(keepingCapacity: true)
            try log.scanFolds(after: from, through: last) { columns.append($0) }
            var at = 0
            try log.scanRecords(after: from, through: last) { position, _, bytes, range in
                let record = try RecordView(bytes, range)
                let event = record.foldEvent(position: position)
                if at >= columns.count || columns[at] != event {
                    report.find("index", position, "the index differs from the log at \(position)")
                }
                at += 1
                kept.removeAll()
                try kept.append(position, record, bytes, keys)
                let mixed = IndexVerifier.mix(event, kept, 0..<kept.count)
                customers[Int(record.customer)] &+= mixed
                deals[Int(record.deal)] &+= mixed
                if statements.contains(record.type) { types[Int(record.type)] &+= IndexVerifier.mix(position) }
                guard !record.presence.contains(.erased) else { return }
                var seed = idSeedWithoutSource
                if record.presence.contains(.source) {
                    if let known = sources[record.source] {
                        seed = known
                    } else {
                        let text = Array(try log.symbolText(.source, record.source).utf8)
                        seed = idSeed(ofSource: text.span, 0..<text.count)
                        sources[record.source] = seed
                    }
                }
                let text = record.presence.contains(.uuid) ? Array(record.idText(bytes).utf8) : bytes.array(record.id)
                ids &+= IndexVerifier.mix(idHash(seed, text.span, 0..<text.count), position)
            }
            from = last
        }
        sums[.customer] = customers
        sums[.deal] = deals
        sums[.type] = types
    }

    /// What an event adds to the sums of its customer and deal: everything that a journey has of it.
    private static func mix(_ event: FoldEvent, _ kept: KeptProperties, _ range: Range<Int>) -> UInt64 {
        var mixed = mix(event.position, UInt64(bitPattern: event.occurredAt))
        mixed = mix(mixed, UInt64(event.customer) << 32 | UInt64(event.deal))
        mixed = mix(mixed, UInt64(event.type) << 32 | UInt64(event.channel))
        mixed = mix(mixed, UInt64(event.campaign) << 32 | UInt64(event.currency) << 8 | UInt64(event.scale))
        mixed = mix(mixed, UInt64(bitPattern: event.units))
        kept.each(range) { _, key, bytes, value in mixed = mix(mixed, stableHash(bytes, value, seed: UInt64(key))) }
        return mixed
    }

    /// Takes what the journeys of a kind have from the sums.
    private mutating func subtractJourneys(_ kind: SymbolKind) throws {
        var sums = sums[kind] ?? []
        var reader = JourneyReader(log, kind, through: reach.position)
        var groups = JourneyGroups()
        while try reader.next(&groups, atLeast: 16_384) {
            for (index, symbol) in groups.symbols.enumerated() {
                guard Int(symbol) < sums.count else { throw IndexDamage(position: groups.events[0].position) }
                groups.eachEvent(index) { event, range in
                    sums[Int(symbol)] &-= IndexVerifier.mix(event, groups.kept, range)
                }
            }
        }
        self.sums[kind] = sums
    }

    /// Takes what the postings have from the sums.
    private mutating func subtractStatements() throws {
        var sums = sums[.type] ?? []
        try log.index.environment.read { txn in
            let start = EventIndex.postingKey(.type, 0, 0)
            var cursor = try txn.cursor(in: log.index.postings)
            var more = try cursor.seek(atOrAfter: start.span)
            while more {
                do {
                    let key = cursor.key
                    guard key.count == 13, key[0] == SymbolKind.type.rawValue else { break }
                    let symbol = Int(UInt32(bigEndian: loadLittleEndian(key, at: 1, as: UInt32.self)))
                    let first = UInt64(bigEndian: loadLittleEndian(key, at: 5, as: UInt64.self))
                    if first <= reach.position {
                        guard symbol < sums.count else { throw IndexDamage(position: first) }
                        do {
                            try EventIndex.eachPosition(key, cursor.value) { position in
                                sums[symbol] &-= IndexVerifier.mix(position)
                                return true
                            }
                        } catch {
                            throw IndexDamage(position: first)
                        }
                    }
                }
                more = try cursor.next()
            }
        }
        self.sums[.type] = sums
    }

    /// Nothing is left of the sums when the index has what the log has.
    private mutating func compareSums() throws {
        for kind in IndexVerifier.kinds {
            let sums = sums[kind] ?? []
            guard let symbol = sums.indices.dropFirst().first(where: { sums[$0] != 0 }) else { continue }
            let name = try log.symbolText(kind, UInt32(symbol))
            report.find("index", nil, "the index has other events for the \(kind) \(name) than the log")
        }
    }

    private mutating func compareIDs() throws {
        var rest = ids
        try log.index.environment.read { txn in
            var cursor = try txn.cursor(in: log.index.ids)
            var more = try cursor.first()
            while more {
                do {
                    let bytes = cursor.value
                    let first = cursor.integerKey
                    guard IDRun.isIntact(bytes), let count = IDRun.count(bytes) else {
                        throw IndexDamage(position: first)
                    }
                    var before: UInt64 = 0
                    for index in 0..<count {
                        let hash = IDRun.hash(bytes, index)
                        guard hash >= before else { throw IndexDamage(position: first) }
                        before = hash
                        let position = first + IDRun.offset(bytes, index, count: count)
                        if position <= reach.position { rest &-= IndexVerifier.mix(hash, position) }
                    }
                }
                more = try cursor.next()
            }
        }
        if rest != 0 { report.find("index", nil, "the index has other ids than the log") }
    }

    private mutating func compareNames() throws {
        for kind in SymbolKind.allCases {
            let known = Int(reach.symbols[Int(kind.rawValue) - 1])
            for (offset, text) in try log.symbolTexts(kind).prefix(known).enumerated() {
                let hash = SymbolTable.hash(kind: kind, Array(text.utf8))
                guard try !log.index.candidates(kind, hash: hash).contains(UInt32(offset + 1)) else { continue }
                report.find("index", nil, "the \(kind) \(text) is not in the index")
                if report.findings.count >= 100 { return }
            }
        }
    }
}
