// Journeys as the index has them, against the log: every event of a customer or deal with what is kept of its properties, in
// whatever runs they lie.
import JourneyEvents
import Platform
import Synchronization
import TestSupport
import Testing

@testable import JourneyLog

@Suite struct JourneyRunTests {
    /// A journey as the log has it.
    private struct Journey: Equatable {
        var events: [FoldEvent] = []
        /// Position, key and text of the kept properties.
        var kept: [String] = []
    }

    private func open(_ path: String, threshold: Int, create: Bool = false) throws -> EventLog {
        try EventLog(
            at: path,
            create: create,
            kept: ["owner", "reason"],
            flushThreshold: threshold,
            clock: FileSystem.nowMilliseconds
        )
    }

    private func randomEvent(_ number: Int, _ random: inout SplitMix, types: Int) -> Event {
        var made = event("e-\(number)", customer: nil)
        made.type = "t\(random.next() % UInt64(types))"
        if random.next() % 8 > 0 { made.customer = "customer_id:\(random.next() % 40)" }
        if random.next() % 3 == 0 { made.deal = "d-\(random.next() % 12)" }
        if random.next() % 4 == 0 { made.account = "a-\(random.next() % 3)" }
        if random.next() % 2 == 0 { made.channel = "c\(random.next() % 5)" }
        if random.next() % 5 == 0 {
            made.amount = Currency("SAR").map {
                Amount(units: Int64(random.next() % 1_000) - 500, scale: 2, currency: $0)
            }
        }
        // Most within weeks, some within centuries.
        let reach: UInt64 = random.next() % 50 == 0 ? 9_000_000_000_000 : 3_000_000_000
        made.occurredAt = Timestamp(milliseconds: 1_700_000_000_000 - Int64(random.next() % reach))
        if random.next() % 3 == 0 { made.properties.append(.init(key: "owner", json: "\"\(random.next() % 9)\"")) }
        if random.next() % 3 == 0 { made.properties.append(.init(key: "other", json: "1")) }
        if random.next() % 9 == 0 { made.properties.append(.init(key: "reason", json: "\"الميزانية\"")) }
        return made
    }

    private func expected(_ log: EventLog, _ kind: SymbolKind, through last: UInt64) throws -> [UInt32: Journey] {
        let keys = try log.storage.keptKeys()
        var journeys: [UInt32: Journey] = [:]
        try log.storage.eachRecord(after: 0, through: last) { position, _, bytes, range in
            let record = try RecordView(bytes, range)
            let symbol = kind == .customer ? record.customer : record.deal
            guard symbol > 0 else { return }
            var kept = KeptProperties()
            try kept.append(position, record, bytes, keys)
            journeys[symbol, default: Journey()].events.append(record.foldEvent(position: position))
            journeys[symbol]?.kept += texts(kept, 0..<kept.count)
        }
        return journeys
    }

    private func texts(_ kept: KeptProperties, _ range: Range<Int>) -> [String] {
        range.map { "\(kept.position($0)) \(kept.key($0)) \(kept.string($0))" }
    }

    /// Reads all journeys, some events at a time; `between` runs after each time.
    private func read(_ reader: consuming JourneyReader, _ size: Int, between: () throws -> Void = {}) throws
        -> [UInt32: Journey]
    {
        var reader = reader
        var found: [UInt32: Journey] = [:]
        var groups = JourneyGroups()
        var last: UInt32 = 0
        while try reader.next(&groups, atLeast: size) {
            for (index, symbol) in groups.symbols.enumerated() {
                #expect(symbol > last, "symbols ascend")
                last = symbol
                let events = Array(groups.events[groups.range(index)])
                #expect(!events.isEmpty)
                found[symbol] = Journey(events: events, kept: texts(groups.kept, groups.keptRange(index)))
                for event in events { #expect(event.type <= groups.lastType) }
            }
            for holder in groups.holders {
                #expect(!holder.range.isEmpty)
                for index in holder.range {
                    #expect(groups.kept.position(index) == groups.events[Int(holder.index)].position)
                }
            }
            #expect(groups.holders.reduce(0) { $0 + $1.range.count } == groups.kept.count)
            try between()
        }
        return found
    }

    @Test(arguments: [3, 900])
    func `journeys are those of the log, in many runs and merged ones, up to any position`(types: Int) async throws {
        var random = SplitMix.fresh()
        try await withScratchDirectory { path in
            var log = try open(path, threshold: 1_000_000, create: true)
            var runs: Set<Int> = []
            for round in 0..<30 {
                let events = (0..<Int(1 + random.next() % 60)).map {
                    randomEvent(round * 100 + $0, &random, types: types)
                }
                _ = try await log.append(request(events))
                // The last rounds stay in memory.
                if round < 28 { try log.flushIndex(atLeast: 1) }
                runs.insert(try log.snapshot.readIndex { txn, index in try index.runs(txn).list.count })
                if round == 15 {
                    try log.close()
                    log = try open(path, threshold: 1_000_000)
                }
                let head = log.head.position.rawValue
                for last in [head, random.next() % (head + 1)] {
                    for kind in EventIndex.journeyKinds {
                        let expected = try expected(log, kind, through: last)
                        for size in [1, 25, 100_000] {
                            let found = try read(JourneyReader(log.snapshot, kind, through: last), size)
                            #expect(found == expected, "seed \(random.seed)")
                        }
                        let symbol = UInt32(random.next() % 12 + 1)
                        let positions = try log.snapshot.positions(kind, symbol, through: Position(last))
                        #expect(positions == expected[symbol]?.events.map(\.position) ?? [], "seed \(random.seed)")
                    }
                }
            }
            #expect(runs.contains(3) && (runs.max() ?? 0) < 12, "runs were merged: \(runs)")
            #expect(try log.verify().findings == [])
            try log.close()
        }
    }

    @Test func `a reader goes on where it was when runs are merged under it`() async throws {
        var random = SplitMix.fresh()
        try await withScratchDirectory { path in
            let log = try open(path, threshold: 1_000_000, create: true)
            var number = 0
            func append(_ count: Int) throws -> AppendRequest {
                defer { number += count }
                return request((0..<count).map { randomEvent(number + $0, &random, types: 5) })
            }
            for _ in 0..<3 {
                _ = try await log.append(append(200))
                try log.flushIndex(atLeast: 1)
            }
            _ = try await log.append(append(50))
            let head = log.head.position.rawValue
            for kind in EventIndex.journeyKinds {
                let expected = try expected(log, kind, through: head)
                var reader = try JourneyReader(log.snapshot, kind, through: head)
                var groups = JourneyGroups()
                var found: [UInt32: [FoldEvent]] = [:]
                while try reader.next(&groups, atLeast: 40) {
                    for (index, symbol) in groups.symbols.enumerated() {
                        #expect(found[symbol] == nil)
                        found[symbol] = Array(groups.events[groups.range(index)])
                    }
                    _ = try await log.append(append(70))
                    try log.flushIndex(atLeast: 1)
                }
                #expect(found == expected.mapValues(\.events), "seed \(random.seed)")
            }
            try log.close()
        }
    }

    @Test func `one journey may take many blocks, and one event more than a block`() async throws {
        try await withScratchDirectory { path in
            let log = try open(path, threshold: 1_000_000, create: true)
            var events = (0..<4_000).map { event("e-\($0)", customer: "customer_id:\($0 % 1_000 == 0 ? 2 : 1)") }
            events[700].properties = [.init(key: "reason", json: "\"" + String(repeating: "س", count: 30_000) + "\"")]
            _ = try await log.append(request(events))
            try log.flushIndex(atLeast: 1)
            let expected = try expected(log, .customer, through: 4_000)
            #expect(try read(JourneyReader(log.snapshot, .customer, through: 4_000), 100) == expected)
            #expect(
                try log.snapshot.positions(.customer, 2, through: Position(4_000)).count == expected[2]?.events.count
            )
            #expect(
                try log.snapshot.positions(.customer, 1, through: Position(4_000)).count == expected[1]?.events.count
            )
            #expect(try log.snapshot.positions(.customer, 3, through: Position(4_000)) == [])
            try log.close()
        }
    }

    @Test func `journeys without a wanted type may be left out, others never, and kept properties are those asked for`()
        async throws
    {
        var random = SplitMix.fresh()
        try await withScratchDirectory { path in
            let log = try open(path, threshold: 1_000_000, create: true)
            for part in 0..<4 {
                _ = try await log.append(
                    request((0..<400).map { randomEvent(part * 400 + $0, &random, types: 60) })
                )
                if part < 3 { try log.flushIndex(atLeast: 1) }
            }
            let head = log.head.position.rawValue
            let expected = try expected(log, .customer, through: head)
            var reader = try JourneyReader(log.snapshot, .customer, through: head)
            var types = [Bool](repeating: false, count: 20)
            types[7] = true
            reader.need.types = types
            let found = try read(reader, 50)
            for (symbol, journey) in expected where journey.events.contains(where: { $0.type == 7 }) {
                #expect(found[symbol] == journey, "seed \(random.seed)")
            }
            for (symbol, journey) in found { #expect(expected[symbol] == journey) }
            #expect(found.count < expected.count, "seed \(random.seed)")
            reader.need.types = nil
            reader.need.keptTypes = [Bool](repeating: false, count: 30)
            for (symbol, journey) in try read(reader, 50) {
                #expect(journey.events == expected[symbol]?.events)
                let wanted = Set(journey.events.filter { $0.type >= 30 }.map { "\($0.position)" })
                #expect(
                    journey.kept
                        == expected[symbol]?.kept.filter { wanted.contains(String($0.split(separator: " ")[0])) }
                )
            }
            try log.close()
        }
    }

    // The checksum of a value, and LMDB's pages, are those of the environment; what holds whatever a block says is tested here.
    @Test func `reading a block stays inside of it, whatever its numbers are`() async throws {
        var random = SplitMix.fresh()
        var groups = JourneyGroups()
        for number in 0..<300 {
            let event = FoldEvent(
                position: UInt64(number + 1),
                occurredAt: Int64(number),
                customer: UInt32(number / 7 + 1),
                type: 1
            )
            groups.append(event, KeptProperties(), 0..<0)
            if number % 7 == 6 { groups.endGroup(event.customer) }
        }
        groups.endGroup(43)
        var blocks: [(key: [UInt8], value: [UInt8])] = []
        JourneyEncoder(run: 1, first: 1, kind: .customer).encode(groups) { key, value in
            blocks.append((key.array(0..<key.count), value.array(0..<value.count)))
        }
        let stored = try #require(blocks.first)
        var block = JourneyBlock()
        try block.load(stored.value.span, .customer, first: 1)
        for _ in 0..<20_000 {
            var value = stored.value
            value.removeLast(Int(random.next() % 40))
            for _ in 0...(random.next() % 4) {
                value[Int(random.next() % UInt64(value.count))] = UInt8(random.next() % 256)
            }
            var out = JourneyGroups()
            let all: [Bool] = []
            do {
                try block.load(value.span, .customer, first: 1)
                while !block.isAtEnd { try block.take(all.span, true, into: &out) }
            } catch {
                #expect(error.offset >= 0)
            }
        }
    }
}
