// What a Markov chain of paths is made of: how often walks went from each state to each other one, and how they ended.

/// The counted transitions of paths, in states of the last touches.
struct TransitionCounts: Sendable {
    /// A state with all that follows on it.
    struct State: Sendable {
        /// Its touches, in order: as many as the order of the chain, or a whole shorter path; none for the start.
        var touches: [Int]
        /// The states that follow, in ascending order of their numbers; a state may follow itself.
        var next: [(state: Int, count: Int)] = []
        var conversions = 0
        var nulls = 0
    }

    /// The start, then the states, shorter ones first, each length in ascending order of its touches.
    private(set) var states: [State]

    /// Counts paths, in any order and with any repeats; those without touches and those that never ended have no part.
    ///
    /// - Parameter order: 1…4.
    init(_ paths: [PathCount], order: Int) {
        // The touches of a state are the 32-bit digits of a key, each a channel + 1, so that shorter states differ too.
        let mask = order == 4 ? UInt128.max : (UInt128(1) << UInt128(32 * order)) - 1
        var numbers: [UInt128: Int] = [0: 0]
        var keys: [UInt128] = [0]
        // From a state and a channel there is one way on; a walk that is shorter than a state comes from the start.
        var ways: [UInt64: Int] = [:]
        var steps: [(from: Int, to: Int, count: Int)] = []
        var conversions = [0]
        var nulls = [0]
        func number(of key: UInt128) -> Int {
            if let number = numbers[key] { return number }
            numbers[key] = keys.count
            keys.append(key)
            conversions.append(0)
            nulls.append(0)
            return keys.count - 1
        }
        // The first state of a path is not reached by its last channel alone, so it has ways of its own.
        var entries: [Int: Int] = [:]
        for path in paths where !path.channels.isEmpty && path.conversions + path.nulls > 0 {
            let count = path.conversions + path.nulls
            var key: UInt128 = 0
            var state = 0
            for (index, channel) in path.channels.enumerated() {
                key = (key << 32 | UInt128(UInt32(channel) + 1)) & mask
                guard index >= order - 1 || index == path.channels.count - 1 else { continue }
                if state == 0 {
                    state = number(of: key)
                    if let entry = entries[state] {
                        steps[entry].count += count
                    } else {
                        entries[state] = steps.count
                        steps.append((0, state, count))
                    }
                    continue
                }
                let way = UInt64(state) << 32 | UInt64(UInt32(channel))
                if let known = ways[way] {
                    steps[known].count += count
                    state = steps[known].to
                } else {
                    ways[way] = steps.count
                    let next = number(of: key)
                    steps.append((state, next, count))
                    state = next
                }
            }
            conversions[state] += path.conversions
            nulls[state] += path.nulls
        }
        // Numbers so far are in order of appearance; the chain must not depend on it.
        let ordered = keys.indices.sorted { keys[$0] < keys[$1] }
        var place = [Int](repeating: 0, count: keys.count)
        for (index, number) in ordered.enumerated() { place[number] = index }
        states = ordered.map { number in
            let touches = (0..<4).reversed().map { Int(UInt32(truncatingIfNeeded: keys[number] >> (32 * $0))) - 1 }
            return State(
                touches: touches.filter { $0 >= 0 },
                conversions: conversions[number],
                nulls: nulls[number]
            )
        }
        for step in steps { states[place[step.from]].next.append((place[step.to], step.count)) }
        for index in states.indices { states[index].next.sort { $0.state < $1.state } }
    }
}
