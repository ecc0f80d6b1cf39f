// Journeys into the index and out of it: a step of the index adds a run, and runs are merged by their size.
internal import LMDB

/// The events of a list in order of symbol and then of position.
struct JourneyOrder {
    private let kind: SymbolKind
    private var order: [UInt32] = []

    /// That of all events that have a customer, or a deal: a counting sort.
    init(_ events: [FoldEvent], _ kind: SymbolKind) {
        self.kind = kind
        @inline(__always)
        func symbol(_ event: FoldEvent) -> Int { Int(kind == .customer ? event.customer : event.deal) }
        var largest = 0
        for event in events { largest = max(largest, symbol(event)) }
        guard largest > 0 else { return }
        var next = [UInt32](repeating: 0, count: largest + 2)
        for event in events { next[symbol(event) + 1] += 1 }
        next[1] = 0
        for number in 2..<next.count { next[number] += next[number - 1] }
        order = [UInt32](repeating: 0, count: Int(next[largest + 1]))
        for (index, event) in events.enumerated() {
            let number = symbol(event)
            if number == 0 { continue }
            order[Int(next[number])] = UInt32(index)
            next[number] += 1
        }
    }

    /// Visits the events in this order, each with the range of its kept properties, which are in order of the events.
    func each(
        _ events: [FoldEvent],
        _ kept: KeptProperties,
        _ body: (FoldEvent, Range<Int>) throws -> Void
    ) rethrows {
        guard let first = events.first?.position else { return }
        // Where the kept properties of the event at an index begin; few events have some.
        var starts: [UInt32] = []
        if kept.count > 0 {
            starts.reserveCapacity(events.count + 1)
            var at = 0
            for index in events.indices {
                starts.append(UInt32(at))
                while at < kept.count, kept.position(at) == first + UInt64(index) { at += 1 }
            }
            starts.append(UInt32(at))
        }
        for (at, index) in order.enumerated() {
            // The events of one symbol lie far apart: their memory is asked for some events ahead.
            if at + 16 < order.count { prefetch(events, Int(order[at + 16])) }
            let index = Int(index)
            try body(events[index], starts.isEmpty ? 0..<0 : Int(starts[index])..<Int(starts[index + 1]))
        }
    }

    /// The journeys of the events that meet a condition.
    func groups(_ events: [FoldEvent], _ kept: KeptProperties, where isWanted: (FoldEvent) -> Bool)
        -> JourneyGroups
    {
        var groups = JourneyGroups()
        groups.events.reserveCapacity(order.count)
        ProcessMemory.adviseLargePages(&groups.events)
        var last: UInt32 = 0
        each(events, kept) { event, range in
            guard isWanted(event) else { return }
            let symbol = kind == .customer ? event.customer : event.deal
            if symbol != last { groups.endGroup(last) }
            last = symbol
            groups.append(event, kept, range)
        }
        groups.endGroup(last)
        return groups
    }
}

extension EventIndex {
    /// The kinds of symbols that have journeys.
    static let journeyKinds = [SymbolKind.customer, .deal]

    /// The runs of journeys.
    func runs(_ txn: borrowing ReadTransaction) throws -> JourneyRuns {
        let key = JourneyRuns.key
        guard let value = try txn.value(for: key.span, in: meta) else { return JourneyRuns() }
        return try JourneyRuns(value)
    }

    private func runs(_ txn: borrowing WriteTransaction) throws -> JourneyRuns {
        let key = JourneyRuns.key
        guard let value = try txn.value(for: key.span, in: meta) else { return JourneyRuns() }
        return try JourneyRuns(value)
    }

    /// Adds the journeys of events as a run of its own.
    func addJourneys(_ events: [FoldEvent], _ kept: KeptProperties, _ txn: borrowing WriteTransaction) throws {
        guard let first = events.first?.position, let last = events.last?.position else { return }
        var runs = try runs(txn)
        for kind in EventIndex.journeyKinds {
            var builder = JourneyBuilder(run: runs.nextNumber, first: first, kind: kind)
            try JourneyOrder(events, kind).each(events, kept) { event, range in
                try builder.add(event, kept, range) { key, value in
                    try txn.put(value.span, for: key.span, in: journeys, append: true)
                }
            }
            try builder.finish { key, value in try txn.put(value.span, for: key.span, in: journeys, append: true) }
        }
        runs.list.append(JourneyRun(number: runs.nextNumber, first: first, last: last))
        runs.nextNumber += 1
        try mergeJourneys(&runs, txn)
        let (key, bytes) = (JourneyRuns.key, runs.bytes)
        try txn.put(bytes.span, for: key.span, in: meta)
    }

    /// Merges the newest runs while the one before them is not much larger: amortised O(log n) rewrites an event.
    private func mergeJourneys(_ runs: inout JourneyRuns, _ txn: borrowing WriteTransaction) throws {
        var from = runs.list.count - 1
        guard from > 0 else { return }
        var size = runs.list[from].count
        while from > 0, runs.list[from - 1].count <= size * 2,
            runs.list[from - 1].count + size <= UInt64(EventIndex.largestMergedRun)
        {
            from -= 1
            size += runs.list[from].count
        }
        let merged = Array(runs.list[from...])
        guard merged.count >= 4, let first = merged.first?.first, let last = merged.last?.last else { return }
        for kind in EventIndex.journeyKinds {
            var builder = JourneyBuilder(run: runs.nextNumber, first: first, kind: kind)
            var sources = merged.map { JourneySource($0, kind) }
            var groups = JourneyGroups()
            var symbol: UInt32? = 0
            var isStarted = false
            while symbol != nil {
                groups.removeAll()
                do {
                    var cursor = try txn.cursor(in: journeys)
                    if !isStarted {
                        for index in sources.indices { try sources[index].start(&cursor, from: 0) }
                        isStarted = true
                    }
                    symbol = try sources.merge(
                        &cursor,
                        JourneyNeed(),
                        through: last,
                        atLeast: 8_192,
                        into: &groups
                    )
                }
                for index in groups.symbols.indices {
                    try groups.eachEvent(index) { event, range in
                        try builder.add(event, groups.kept, range) { key, value in
                            try txn.put(value.span, for: key.span, in: journeys, append: true)
                        }
                    }
                }
            }
            try builder.finish { key, value in try txn.put(value.span, for: key.span, in: journeys, append: true) }
        }
        for run in merged { try remove(run, txn) }
        runs.list.replaceSubrange(from..., with: [JourneyRun(number: runs.nextNumber, first: first, last: last)])
        runs.nextNumber += 1
    }

    private func remove(_ run: JourneyRun, _ txn: borrowing WriteTransaction) throws {
        var keys: [[UInt8]] = []
        do {
            let start = JourneyKey(run: run.number, kind: .customer, symbol: 0, position: 0).bytes
            var cursor = try txn.cursor(in: journeys)
            var isFound = try cursor.seek(atOrAfter: start.span)
            while isFound {
                do {
                    let key = cursor.key
                    guard key.equals(0..<8, start.span, 0..<8) else { break }
                    keys.append(key.array(0..<key.count))
                }
                isFound = try cursor.next()
            }
        }
        for key in keys { _ = try txn.delete(key.span, in: journeys) }
    }

    /// The events of symbols that the index has, those of one symbol in order of position, through `last`.
    func events(_ kind: SymbolKind, _ symbols: [UInt32], through last: UInt64) throws -> [FoldEvent] {
        guard last > 0 else { return [] }
        return try environment.read { txn in
            let runs = try runs(txn).through(last)
            var groups = JourneyGroups()
            var need = JourneyNeed()
            need.isWithoutKept = true
            var cursor = try txn.cursor(in: journeys)
            for symbol in symbols {
                for run in runs { try read(&cursor, run, kind, symbol, need, into: &groups) }
            }
            return runs.last.map { $0.last > last } ?? false
                ? groups.events.filter { $0.position <= last } : groups.events
        }
    }

    /// The events of one symbol.
    func events(_ kind: SymbolKind, _ symbol: UInt32, through last: UInt64) throws -> [FoldEvent] {
        try events(kind, [symbol], through: last)
    }

    /// How many events a symbol has through a position.
    func count(_ kind: SymbolKind, _ symbol: UInt32, through last: UInt64) throws -> UInt64 {
        UInt64(try events(kind, symbol, through: last).count)
    }

    /// Adds the events of one symbol in a run.
    private func read(
        _ cursor: inout Cursor,
        _ run: JourneyRun,
        _ kind: SymbolKind,
        _ symbol: UInt32,
        _ need: JourneyNeed,
        into groups: inout JourneyGroups
    ) throws {
        let start = JourneyKey(run: run.number, kind: kind, symbol: symbol, position: 0).bytes
        var isFound = try cursor.seekJourney(start)
        while isFound {
            do {
                let key = cursor.key
                guard let found = JourneyKey(key), found.run == run.number, found.kind == kind, found.symbol <= symbol
                else { return }
                var block = try JourneyBlock(key, cursor.value, kind, first: run.first)
                while !block.isAtEnd, block.symbol < symbol { try block.skip(cursor.value) }
                if !block.isAtEnd, block.symbol == symbol { try block.take(cursor.value, need, into: &groups) }
            } catch {
                throw IndexDamage(position: run.first)
            }
            isFound = try cursor.next()
        }
    }
}
