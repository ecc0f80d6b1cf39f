// Absorption in a Markov chain by removing one state after another: (I − Q)x = R solved as sparse elimination. Written after
// Grassmann, Taksar and Heyman (1985), it never subtracts, so that no digits cancel: each result is right to about as many
// units in the last place as there were additions. The order is fixed by the chain alone: the same chain, the same bits.

/// Transitions between numbered states, of which one is the start, and out of them into the two ends, conversion and null.
struct SparseSystem: Sendable {
    /// A transition into a state.
    struct Step: Sendable {
        var state: Int
        var weight: Double
    }

    /// Where each state goes on to, each target once, never itself: staying only delays the exit, and an end is reached
    /// with the same probability. Weights are counts; a row is divided by its sum only when its state is removed.
    private(set) var steps: [[Step]]
    /// The weight of each state's transitions into the conversion.
    private(set) var converting: [Double]
    /// The weight of each state's transitions into null.
    private var ending: [Double]
    /// The states that go on to each; may still name removed ones.
    private var sources: [[Int]]
    /// How many of `sources` are still there.
    private var sourceCount: [Int]
    private var isRemoved: [Bool]
    /// The sum of each removed state's row when it was removed.
    private var leaving: [Double]

    /// A chain. From each state there must be a way to an end; the order within the rows decides that of the additions.
    init(steps: [[Step]], converting: [Double], ending: [Double]) {
        self.steps = steps
        self.converting = converting
        self.ending = ending
        sources = Array(repeating: [], count: steps.count)
        for state in steps.indices {
            self.steps[state].removeAll { $0.state == state }
            for step in self.steps[state] { sources[step.state].append(state) }
        }
        sourceCount = sources.map(\.count)
        isRemoved = Array(repeating: false, count: steps.count)
        leaving = Array(repeating: 0, count: steps.count)
    }

    /// For each state the probability that a walk from it ends in the conversion: x of (I − Q)x = R, by removing all states
    /// but `start` and putting the solutions in from the last removed back to the first.
    func conversionProbabilities(start: Int) -> [Double] {
        var system = self
        let order = system.remove(steps.indices.filter { $0 != start })
        var solution = [Double](repeating: 0, count: steps.count)
        let sum = system.converting[start] + system.ending[start]
        solution[start] = sum > 0 ? system.converting[start] / sum : 0
        for state in order.reversed() {
            let onward = system.steps[state].reduce(0) { $0 + $1.weight * solution[$1.state] }
            solution[state] = (system.converting[state] + onward) / system.leaving[state]
        }
        return solution
    }

    /// The chain as seen at the states `kept` (ascending) alone, numbered anew from zero in their order; a walk ends in those
    /// that `isFinal` says, whose own rows are dropped.
    func reduced(to kept: [Int], isFinal: (Int) -> Bool) -> SparseSystem {
        var place = [Int](repeating: -1, count: steps.count)
        var open = steps
        for (index, state) in kept.enumerated() {
            place[state] = index
            if isFinal(state) { open[state] = [] }
        }
        var system = SparseSystem(steps: open, converting: converting, ending: ending)
        system.remove(steps.indices.filter { place[$0] < 0 })
        return SparseSystem(
            steps: kept.map { system.steps[$0].map { Step(state: place[$0.state], weight: $0.weight) } },
            converting: kept.map { system.converting[$0] },
            ending: kept.map { system.ending[$0] }
        )
    }

    /// Removes states, joining the ways into each with its ways out, and returns the order in which they went: the one with
    /// the smallest product of ways in and ways out next (Markowitz 1957), which keeps the rows short; ties go to the lower
    /// number.
    @discardableResult
    private mutating func remove(_ states: [Int]) -> [Int] {
        var mayGo = [Bool](repeating: false, count: steps.count)
        var queue = RemovalQueue()
        for state in states {
            mayGo[state] = true
            queue.insert(cost: cost(of: state), state: state)
        }
        var order: [Int] = []
        order.reserveCapacity(states.count)
        var room = Room(
            weight: Array(repeating: 0, count: steps.count),
            lastTurn: Array(repeating: 0, count: steps.count)
        )
        while let next = queue.popFirst() {
            let state = next.state
            // A state is queued again whenever its cost changes; older entries are void.
            guard !isRemoved[state], next.cost == cost(of: state) else { continue }
            isRemoved[state] = true
            order.append(state)
            let row = steps[state]
            leaving[state] = row.reduce(0) { $0 + $1.weight } + converting[state] + ending[state]
            for step in row {
                sourceCount[step.state] -= 1
                room.weight[step.state] = step.weight
            }
            for source in sources[state] where !isRemoved[source] {
                join(source, through: state, row, &room)
                if mayGo[source] { queue.insert(cost: cost(of: source), state: source) }
            }
            for step in row { room.weight[step.state] = 0 }
            for step in row where mayGo[step.state] {
                queue.insert(cost: cost(of: step.state), state: step.state)
            }
        }
        return order
    }

    private func cost(of state: Int) -> Int { steps[state].count * sourceCount[state] }

    /// Replaces the step from `source` to `state` by what follows on it. `row` is the row of `state`, which `room` holds too.
    private mutating func join(_ source: Int, through state: Int, _ row: [Step], _ room: inout Room) {
        var own: [Step] = []
        swap(&own, &steps[source])
        defer { swap(&own, &steps[source]) }
        guard let at = own.firstIndex(where: { $0.state == state }) else { return }
        let factor = own[at].weight / leaving[state]
        own.swapAt(at, own.count - 1)
        own.removeLast()
        room.turn += 1
        var known = 0
        for index in own.indices {
            let target = own[index].state
            let weight = room.weight[target]
            own[index].weight += factor * weight
            room.lastTurn[target] = room.turn
            if weight > 0 { known += 1 }
        }
        if known < row.count {
            for step in row where room.lastTurn[step.state] != room.turn && step.state != source {
                own.append(Step(state: step.state, weight: factor * step.weight))
                sources[step.state].append(source)
                sourceCount[step.state] += 1
            }
        }
        converting[source] += factor * converting[state]
        ending[source] += factor * ending[state]
    }

    /// Working room by state: the weights of the row that is being joined to others, and the last turn that met each.
    private struct Room {
        var weight: [Double]
        var lastTurn: [Int]
        var turn = 0
    }
}

/// States by ascending cost, then number: a binary heap.
private struct RemovalQueue {
    struct Entry {
        var cost: Int
        var state: Int

        static func < (a: Entry, b: Entry) -> Bool { a.cost != b.cost ? a.cost < b.cost : a.state < b.state }
    }

    private var entries: [Entry] = []

    mutating func insert(cost: Int, state: Int) {
        entries.append(Entry(cost: cost, state: state))
        var child = entries.count - 1
        while child > 0, entries[child] < entries[(child - 1) / 2] {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popFirst() -> Entry? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else { return first }
        entries[0] = last
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < entries.count else { return first }
            let child = left + 1 < entries.count && entries[left + 1] < entries[left] ? left + 1 : left
            guard entries[child] < entries[parent] else { return first }
            entries.swapAt(child, parent)
            parent = child
        }
    }
}
