// Ids are sorted by their spread. That is a matter of speed alone: however the hashes lie, the order is that of a sort.
import TestSupport
import Testing

@testable import JourneyLog

@Suite struct IDSetTests {
    private func expectSorted(_ hashes: [UInt64], _ what: String) {
        let entries = hashes.enumerated().map { (hash: $1, position: UInt64($0 + 1)) }
        let sorted = IDSet.sorted(entries.reversed())
        let expected = entries.sorted { ($0.hash, $0.position) < ($1.hash, $1.position) }
        #expect(sorted.map(\.position) == expected.map(\.position), "\(what)")
        #expect(sorted.map(\.hash) == expected.map(\.hash), "\(what)")
    }

    @Test func anyHashesAreSorted() {
        var random = SplitMix(seed: 7)
        for count in [0, 1, 2, 63, 64, 65, 66, 127, 128, 129, 1_000, 20_000] {
            expectSorted((0..<count).map { _ in random.next() }, "\(count) spread hashes")
            expectSorted((0..<count).map { _ in random.next() >> 40 }, "\(count) low hashes")
            expectSorted((0..<count).map { _ in ~(random.next() >> 40) }, "\(count) high hashes")
            expectSorted(Array(repeating: 42, count: count), "\(count) times one hash")
            expectSorted((0..<count).map { UInt64($0) }, "\(count) hashes in order")
        }
    }

    @Test func whatIsInsertedIsFoundAndSorted() {
        var random = SplitMix(seed: 8)
        var set = IDSet()
        let hashes = (0..<5_000).map { _ in random.next() % 4_000 }
        for (index, hash) in hashes.enumerated() { set.insert(hash, UInt64(index + 1)) }
        #expect(set.count == hashes.count)
        #expect(hashes.allSatisfy { set.contains($0) })
        #expect(!set.contains(4_001))
        let sorted = set.sorted()
        let expected = hashes.enumerated().sorted { ($0.element, $0.offset) < ($1.element, $1.offset) }
        #expect(sorted.map(\.position) == expected.map { UInt64($0.offset + 1) })
    }
}
