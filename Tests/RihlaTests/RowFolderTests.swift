// A folder uses its memory again: nothing of one key may show in the row of another.
import JourneyEvents
import JourneyLog
import JourneyProjections
import JourneyRules
@testable import JourneyViews
import TestSupport
import Testing

@Suite struct RowFolderTests {
    /// The rows of all keys, each from a folder of its own, and those of one folder that goes over the keys in a random order.
    private func compare<P: Projection>(_ projection: P, _ log: LogSnapshot, _ random: inout SplitMix) throws -> Int {
        let bounds = EventBounds(through: log.position)
        var ranges = try EventGroups.Ranges(log, key: projection.key, bounds: bounds)
        let groups = try #require(try ranges.next())
        let properties = try PropertyTable(
            reading: log,
            keys: projection.propertyKeys,
            positions: groups.events.map(\.position).sorted()
        )
        let folder = projection.folder(properties)
        var rows = 0
        let indices = Array(groups.ends.indices)
        for index in indices.shuffled(using: &random) + indices.reversed() {
            let start = index == 0 ? 0 : groups.ends[index - 1]
            guard start < groups.ends[index] else { continue }
            let events = groups.events[start..<groups.ends[index]]
            let alone = try projection.row(for: groups.key(index), events: events, properties: properties)
            let after = try folder.row(for: groups.key(index), events: events)
            #expect(after == alone, "\(projection.name), seed \(random.seed)")
            if alone != nil { rows += 1 }
        }
        return rows
    }

    @Test(arguments: [(10, true), (700, true), (2_000, false), (50_000, false)])
    func `the table of a very large key is not kept for those after it`(count: Int, isKept: Bool) {
        var table = Dictionary(uniqueKeysWithValues: (0..<count).map { ($0, $0) })
        for key in 1..<count { table[key] = nil }
        let room = table.capacity
        table.restart()
        #expect(table.isEmpty)
        #expect((table.capacity == room) == isKept)
        table.restart()
        table[1] = 1
        #expect(table == [1: 1])
    }

    @Test(arguments: [40, 400])
    func `a folder gives each key the row that it has alone, whatever it folded before`(_ count: Int) async throws {
        var random = SplitMix.fresh()
        let events = randomEvents(count, &random)
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            _ = try await log.append(request(events))
            let rules = RuleSet.default
            let projections: [any Projection] = [
                CustomerProjection(rules), DealProjection(rules), AttributionProjection(rules),
                AttributionProjection(rules, keepsAll: true),
            ]
            for projection in projections {
                let rows = try compare(projection.prepared(for: log.snapshot), log.snapshot, &random)
                #expect(rows > 0, "\(projection.name) has no rows, seed \(random.seed)")
            }
            try log.close()
        }
    }
}
