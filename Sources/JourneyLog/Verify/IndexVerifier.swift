// Compares the index with the log that it was made from: columns event by event, journeys, postings and ids as sums that do not
// depend on the order, names one by one. Memory grows with the number of customers and deals, not with events.
internal import JourneyEvents
internal import LMDB
internal import Platform

struct IndexVerifier {
    private let log: LogSnapshot
    private let index: EventIndex
    /// What differs: a sentence each.
    private(set) var faults: [String] = []
    /// For each customer, deal and type of identity statement the sum of its mixed events, less what the index has.
    private var sums: [SymbolKind: [UInt64]] = [:]
    private var ids: UInt64 = 0
    private static let mostFaults = 100

    /// What the index has events by.
    private static let kinds = EventIndex.journeyKinds + [.type]

    init(_ snapshot: LogSnapshot, _ index: EventIndex) {
        log = snapshot.showingAll()
        self.index = index
        for kind in IndexVerifier.kinds {
            sums[kind] = Array(repeating: 0, count: log.symbolCount(kind) + 1)
        }
    }

    private var last: UInt64 { log.reach.position }

    private mutating func find(_ fault: String) {
        if faults.count < IndexVerifier.mostFaults { faults.append(fault) }
    }

    /// Compares everything.
    ///
    /// - Throws: `DerivedFault` when the index cannot be read.
    mutating func run() throws {
        guard last > 0 else { return }
        try compareColumns()
        for kind in EventIndex.journeyKinds { try subtractJourneys(kind) }
        try subtractStatements()
        try compareSums()
        try compareIDs()
        try compareNames()
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
        let symbols = try log.storage.read { txn in
            var symbols = SymbolTables(key: log.storage.hashKey, kept: [], counts: log.end.symbols)
            try symbols.load(log.storage, through: log.end, txn)
            return symbols
        }
        let sources = symbols[SymbolKind.source]
        var columns: [FoldEvent] = []
        var from: UInt64 = 0
        var customers = sums[.customer] ?? []
        var deals = sums[.deal] ?? []
        var types = sums[.type] ?? []
        let keys = try log.storage.keptKeys()
        var kept = KeptProperties()
        while from < last, faults.count < IndexVerifier.mostFaults {
            let through = min(from + 65_536, last)
            columns.removeAll(keepingCapacity: true)
            try log.scanFolds(after: from, through: through) { columns.append($0) }
            var at = 0
            try log.storage.eachRecord(after: from, through: through) { position, _, bytes, range in
                let record = try RecordView(bytes, range)
                let event = record.foldEvent(position: position)
                if at >= columns.count || columns[at] != event { find("it differs from the log at \(position)") }
                at += 1
                kept.removeAll()
                try kept.append(position, record, bytes, keys)
                let mixed = IndexVerifier.mix(event, kept, 0..<kept.count)
                customers[Int(record.customer)] &+= mixed
                deals[Int(record.deal)] &+= mixed
                if statements.contains(record.type) { types[Int(record.type)] &+= IndexVerifier.mix(position) }
                guard let hash = record.idHash(bytes, sources, log.storage.hashKey) else { return }
                ids &+= IndexVerifier.mix(hash, position)
            }
            from = through
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
        kept.each(range) { _, key, bytes, value in
            mixed = mix(mixed, UInt64(key) << 32 | UInt64(Checksum.crc32c(bytes.extracting(value))))
        }
        return mixed
    }

    /// Takes what the journeys of a kind have from the sums.
    private mutating func subtractJourneys(_ kind: SymbolKind) throws {
        var sums = sums[kind] ?? []
        var reader = try JourneyReader(log, kind, through: last)
        var groups = JourneyGroups()
        while try reader.next(&groups, atLeast: 16_384) {
            for (index, symbol) in groups.symbols.enumerated() {
                guard Int(symbol) < sums.count else { throw DerivedFault(.index, "it has an unknown \(kind)") }
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
        try log.readIndex { txn, index in
            let start = EventIndex.postingKey(.type, 0, 0)
            var cursor = try txn.cursor(in: index.postings)
            var more = try cursor.seek(atOrAfter: start.span)
            while more {
                do {
                    let key = cursor.key
                    guard key.count == 13, key[0] == SymbolKind.type.rawValue else { break }
                    let symbol = Int(UInt32(bigEndian: loadLittleEndian(key, at: 1, as: UInt32.self)))
                    let first = UInt64(bigEndian: loadLittleEndian(key, at: 5, as: UInt64.self))
                    if first <= last {
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
            find("it has other events for the \(kind) \(name) than the log")
        }
    }

    private mutating func compareIDs() throws {
        var rest = ids
        let last = last
        try log.readIndex { txn, index in
            var cursor = try txn.cursor(in: index.ids)
            var more = try cursor.first()
            while more {
                do {
                    let bytes = cursor.value
                    var before: UInt64 = 0
                    var isAscending = true
                    try IDRun(bytes, key: cursor.integerKey).each(bytes) { hash, position in
                        if hash < before { isAscending = false }
                        before = hash
                        if position <= last { rest &-= IndexVerifier.mix(hash, position) }
                    }
                    guard isAscending else { throw IndexDamage(position: cursor.integerKey) }
                }
                more = try cursor.next()
            }
        }
        if rest != 0 { find("it has other ids than the log") }
    }

    private mutating func compareNames() throws {
        for kind in SymbolKind.allCases {
            let known = Int(log.reach.symbols[Int(kind.rawValue) - 1])
            let texts = try log.storage.texts(kind).prefix(known)
            try log.readIndex { txn, index in
                for (offset, text) in texts.enumerated() where !text.isEmpty {
                    let hash = log.storage.hashKey.hash(kind, Array(text.utf8))
                    guard try !index.candidates(kind, hash: hash, txn).contains(UInt32(offset + 1)) else { continue }
                    find("the \(kind) \(text) is not in it")
                }
            }
        }
    }
}
