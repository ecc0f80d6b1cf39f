// Journeys into the index and out of it: a step of the index adds a run, and runs are merged by their size.
internal import LMDB
internal import Platform

/// The events of a list in order of symbol and then of position.
struct JourneyOrder: Sendable {
    let kind: SymbolKind
    /// Indices of events.
    private(set) var order: [UInt32] = []
    /// Where the events of each symbol end in `order`.
    private(set) var ends: [UInt32] = [0]

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
        next.removeLast()
        ends = next
    }

    /// The first symbol that has events, from one on; nil when none has.
    func symbol(from first: UInt32) -> UInt32? {
        for symbol in Int(max(first, 1))..<max(ends.count, Int(max(first, 1))) where !range(UInt32(symbol)).isEmpty {
            return UInt32(symbol)
        }
        return nil
    }

    /// Where the events of a symbol are in `order`.
    func range(_ symbol: UInt32) -> Range<Int> { Int(symbol == 0 ? 0 : ends[Int(symbol) - 1])..<Int(ends[Int(symbol)]) }
}

/// Events in memory as journeys.
struct JourneyMemory: Sendable {
    private let events: [FoldEvent]
    private let kept: KeptProperties
    /// Where the kept properties of the event at an index begin; empty when there are none.
    private var keptStarts: [UInt32] = []
    private let order: JourneyOrder
    /// The symbol whose journey is next; nil at the end.
    private(set) var symbol: UInt32?

    /// Those of customers or deals among events, which are in order of position as what is kept of them is.
    init(_ events: [FoldEvent], _ kept: KeptProperties, _ kind: SymbolKind) {
        (self.events, self.kept, order) = (events, kept, JourneyOrder(events, kind))
        symbol = order.symbol(from: 1)
        guard kept.count > 0 else { return }
        keptStarts.reserveCapacity(events.count + 1)
        var at = 0
        for event in events {
            keptStarts.append(UInt32(at))
            while at < kept.count, kept.position(at) == event.position { at += 1 }
        }
        keptStarts.append(UInt32(at))
    }

    /// Whether the journey that is next has one of these types.
    func mayHave(_ types: Span<Bool>) -> Bool {
        guard let symbol else { return false }
        for index in order.range(symbol) {
            let type = Int(events[Int(order.order[index])].type)
            if type < types.count, types[type] { return true }
        }
        return false
    }

    /// Leaves the journey that is next out.
    mutating func skip() { symbol = symbol.flatMap { order.symbol(from: $0 + 1) } }

    /// The events of one symbol lie far apart, and so does what is kept of them: their memory is asked for some events ahead.
    @inline(__always)
    private func prepare(_ at: Int) {
        if at + 24 < order.order.count {
            let index = Int(order.order[at + 24])
            prefetch(events, index)
            if !keptStarts.isEmpty { prefetch(keptStarts, index) }
        }
        guard !keptStarts.isEmpty, at + 16 < order.order.count else { return }
        prepareKept(at + 16, 0)
        prepareKept(at + 8, 1)
    }

    @inline(__always)
    private func prepareKept(_ at: Int, _ step: Int) {
        let index = Int(order.order[at])
        if keptStarts[index] != keptStarts[index + 1] { kept.prepare(Int(keptStarts[index]), step) }
    }

    /// Adds the journey that is next to the group of `out` that is not ended yet.
    mutating func take(_ need: JourneyNeed, into out: inout JourneyGroups) {
        guard let symbol else { return }
        let range = order.range(symbol)
        let start = out.events.count
        for at in range { prepare(at) }
        out.append(events, at: order.order[range])
        if !keptStarts.isEmpty {
            for at in range {
                let index = Int(order.order[at])
                let kept = Int(keptStarts[index])..<Int(keptStarts[index + 1])
                guard !kept.isEmpty else { continue }
                let type = Int(events[index].type)
                guard type < need.keptTypes.count ? need.keptTypes[type] : need.keepsOthers else { continue }
                let first = out.kept.count
                out.kept.append(self.kept, kept)
                out.holders.append(JourneyGroups.Holder(start + at - range.lowerBound, first, out.kept.count))
            }
        }
        self.symbol = self.order.symbol(from: symbol + 1)
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
        let run = JourneyRun(number: runs.nextNumber, first: first, last: last)
        for kind in EventIndex.journeyKinds {
            try write(JourneyMerge([JourneySource(JourneyMemory(events, kept, kind), kind)]), run, kind, txn)
        }
        runs.list.append(run)
        runs.nextNumber += 1
        try mergeJourneys(&runs, txn)
        let (key, bytes) = (JourneyRuns.key, runs.bytes)
        try txn.put(bytes.span, for: key.span, in: meta)
    }

    /// Writes all journeys of a kind as a run, which comes behind those that are there.
    private func write(
        _ journeys: consuming JourneyMerge,
        _ run: JourneyRun,
        _ kind: SymbolKind,
        _ txn: borrowing WriteTransaction
    ) throws {
        var merge = journeys
        let encoder = JourneyEncoder(run: run.number, first: run.first, kind: kind)
        var groups = JourneyGroups()
        var isStarted = false
        var hasMore = true
        while hasMore {
            groups.removeAll()
            do {
                var cursor = try txn.cursor(in: self.journeys)
                if !isStarted { try merge.start(&cursor, from: 0) }
                isStarted = true
                let reached = try merge.next(&cursor, JourneyNeed(), through: run.last, atLeast: 16_384, into: &groups)
                hasMore = reached != nil
            }
            try encoder.encode(groups) { key, value in try txn.put(value, for: key, in: self.journeys, append: true) }
        }
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
        let run = JourneyRun(number: runs.nextNumber, first: first, last: last)
        for kind in EventIndex.journeyKinds {
            try write(JourneyMerge(merged.map { JourneySource($0, kind) }), run, kind, txn)
        }
        for old in merged { try remove(old, txn) }
        runs.list.replaceSubrange(from..., with: [run])
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
    func events(_ kind: SymbolKind, _ symbols: [UInt32], through last: UInt64, _ txn: borrowing ReadTransaction) throws
        -> [FoldEvent]
    {
        guard last > 0 else { return [] }
        let runs = try runs(txn).through(last)
        var groups = JourneyGroups()
        var need = JourneyNeed()
        need.keepsOthers = false
        var cursor = try txn.cursor(in: journeys)
        for symbol in symbols {
            for run in runs { try read(&cursor, run, kind, symbol, need, into: &groups) }
        }
        return runs.last.map { $0.last > last } ?? false
            ? groups.events.filter { $0.position <= last } : groups.events
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
        var block = JourneyBlock()
        while isFound {
            do {
                let key = cursor.key
                guard let found = JourneyKey(key), found.run == run.number, found.kind == kind, found.symbol <= symbol
                else { return }
                try block.load(cursor.value, kind, first: run.first)
                while !block.isAtEnd, block.symbol < symbol { try block.skip() }
                if !block.isAtEnd, block.symbol == symbol {
                    try block.take(need.keptTypes.span, need.keepsOthers, into: &groups)
                }
            } catch {
                throw IndexDamage(position: run.first)
            }
            isFound = try cursor.next()
        }
    }
}
