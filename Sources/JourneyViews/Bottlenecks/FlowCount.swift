// Cases through steps, filled one case at a time: how long each step lasts, and what follows what.
internal import JourneyEvents

/// The steps of cases and the ways between them.
struct FlowCount<Step: Hashable & Comparable & Sendable> {
    private(set) var cases = 0
    private(set) var entered: [Step: Int] = [:]
    private(set) var steps = Bottlenecks<Step>()
    private(set) var graph = DirectlyFollowsGraph<Step>()

    /// How a case stands after its last step.
    enum End {
        /// It is in its last step for so long.
        case open(Int64)
        /// It has ended there, well or after a time that says nothing about the step.
        case ended
        /// It was lost there.
        case lost
    }

    /// Adds a case: its stays with when each was entered and how long it took (nil for the one that lasts), and the step
    /// that it came to in the end without staying there.
    mutating func add(_ stays: [(step: Step, at: Int64, dwell: Int64?)], into final: (Step, Int64)? = nil, _ end: End) {
        guard let last = stays.last else { return }
        cases += 1
        for stay in stays {
            entered[stay.step, default: 0] += 1
            if let dwell = stay.dwell { steps.add(stay.step, dwell: dwell) }
        }
        switch end {
        case .open(let age): steps.add(last.step, openFor: age)
        case .lost: steps.addEnd(last.step)
        case .ended: break
        }
        var events = stays.map { (activity: $0.step, time: $0.at) }
        if let final { events.append((activity: final.0, time: final.1)) }
        graph.add(events)
    }
}
