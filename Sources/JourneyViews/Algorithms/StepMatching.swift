// Which distinct events make which steps, when one event could be several of them: a bipartite matching that grows by
// augmenting paths (Kuhn's algorithm).

/// A matching of steps with events.
struct StepMatching {
    /// For each step, the kinds of events that it takes.
    private let steps: [UInt64]
    /// The kind of each event.
    private(set) var kinds: [UInt64] = []
    /// The event of each matched step.
    private(set) var eventOfStep: [Int?]
    private var stepOfEvent: [Int?] = []
    private var visited: Set<Int> = []
    /// How many steps have an event.
    private(set) var size = 0

    init(steps: [UInt64], kinds: [UInt64] = []) {
        self.steps = steps
        self.kinds = kinds
        eventOfStep = Array(repeating: nil, count: steps.count)
        stepOfEvent = Array(repeating: nil, count: kinds.count)
    }

    /// Gives a step an event, moving other steps to other events where that helps; false, and nothing changes, when that is
    /// not possible. Steps that have an event keep one. O(steps × events).
    mutating func match(step: Int) -> Bool {
        visited.removeAll(keepingCapacity: true)
        guard augment(step: step) else { return false }
        size += 1
        return true
    }

    private mutating func augment(step: Int) -> Bool {
        for event in kinds.indices where steps[step] & kinds[event] != 0 && visited.insert(event).inserted {
            if let other = stepOfEvent[event], !augment(step: other) { continue }
            eventOfStep[step] = event
            stepOfEvent[event] = step
            return true
        }
        return false
    }

    /// Adds an event and uses it if one more step can be made with it; events that are in use stay in use. Events that come
    /// one after the other thus make the largest matching with the earliest events (they form a transversal matroid, for
    /// which the greedy choice is the best one). O(steps × events).
    @discardableResult
    mutating func add(kind: UInt64) -> Bool {
        kinds.append(kind)
        stepOfEvent.append(nil)
        visited.removeAll(keepingCapacity: true)
        guard augment(event: kinds.count - 1) else { return false }
        size += 1
        return true
    }

    private mutating func augment(event: Int) -> Bool {
        for step in steps.indices where steps[step] & kinds[event] != 0 && visited.insert(step).inserted {
            if let other = eventOfStep[step], !augment(event: other) { continue }
            eventOfStep[step] = event
            stepOfEvent[event] = step
            return true
        }
        return false
    }

    /// The events for steps that can all be matched: the first step gets the earliest event with which the others can still
    /// be made, and so on; nil when they cannot.
    static func earliest(of steps: [UInt64], among kinds: [UInt64]) -> [Int]? {
        var fixed: [Int] = []
        for step in steps.indices {
            let choice = kinds.indices.first { event in
                guard steps[step] & kinds[event] != 0, !fixed.contains(event) else { return false }
                let taken = Set(fixed + [event])
                var rest = StepMatching(
                    steps: Array(steps[(step + 1)...]),
                    kinds: kinds.indices.map { taken.contains($0) ? 0 : kinds[$0] }
                )
                return (0..<(steps.count - step - 1)).allSatisfy { rest.match(step: $0) }
            }
            guard let choice else { return nil }
            fixed.append(choice)
        }
        return fixed
    }
}

/// The events of one customer, grouped by instant.
struct InstantGroups {
    /// The range of events of each instant.
    private(set) var ranges: [Range<Int>] = []
    /// The time of each.
    private(set) var times: [Int64] = []
    /// All kinds of each.
    private(set) var unions: [UInt64] = []

    init(times all: [Int64], kinds: [UInt64]) {
        var index = 0
        while index < all.count {
            var end = index
            var union: UInt64 = 0
            while end < all.count, all[end] == all[index] {
                union |= kinds[end]
                end += 1
            }
            ranges.append(index..<end)
            times.append(all[index])
            unions.append(union)
            index = end
        }
    }

    var count: Int { ranges.count }

    /// Events of a group that steps could take: of each kind the first `limit`, since more of one kind cannot all be used.
    func candidates(_ group: Int, _ kinds: [UInt64], taking mask: UInt64, limit: Int) -> [Int] {
        guard ranges[group].count > 1 else { return unions[group] & mask == 0 ? [] : [ranges[group].lowerBound] }
        var seen: [UInt64: Int] = [:]
        return ranges[group].filter { index in
            guard kinds[index] & mask != 0, seen[kinds[index], default: 0] < limit else { return false }
            seen[kinds[index], default: 0] += 1
            return true
        }
    }

    /// Which events of a group make steps that can all be made in it: the first step gets the earliest event possible.
    func events(of steps: [UInt64], in group: Int, _ kinds: [UInt64]) -> [Int] {
        let events = candidates(group, kinds, taking: steps.reduce(0, |), limit: steps.count)
        return StepMatching.earliest(of: steps, among: events.map { kinds[$0] })?.map { events[$0] } ?? []
    }
}
