// What became of the deals that entered a stage: each has exactly one fate there, so that the columns of a stage table add up.

/// Fates of deals by stage. Stages are numbers, 0 the first of the pipeline.
struct StageFates: Hashable, Sendable {
    /// How a deal ends, or that it has not.
    enum End: Hashable, Sendable {
        case open, won, lost
    }

    /// One stage.
    struct Stage: Hashable, Sendable {
        /// Deals that were ever in it: the sum of the five that follow.
        var entered = 0
        /// Left it last for a later stage.
        var advanced = 0
        /// Left it last for an earlier stage.
        var movedBack = 0
        /// Were won in it.
        var won = 0
        /// Were lost in it.
        var lost = 0
        /// Are in it.
        var open = 0
        /// Of those that are not in it: were in a later stage at any time, or were won.
        var passed = 0
        /// Were never in it, but went from an earlier stage to a later one.
        var skipped = 0

        /// Of the deals that are no longer in the stage, the share that came further; skipping it is coming further unless
        /// visits are strict. Nil without any.
        func rate(strictVisits: Bool) -> Double? {
            let jumped = strictVisits ? 0 : skipped
            return Ratio.of(passed + jumped, entered - open + jumped)
        }
    }

    /// One for each stage.
    private(set) var stages: [Stage]
    /// Deals that were never in any stage.
    private(set) var unstaged = Stage()

    /// No deals in `count` stages.
    init(count: Int) { stages = Array(repeating: Stage(), count: count) }

    /// Adds a deal that visited stages in this order. O(visits + stages).
    mutating func add(_ visits: [Int], _ end: End) {
        guard let current = visits.last, let furthest = visits.max() else {
            StageFates.finish(&unstaged, end)
            if end == .won { unstaged.passed += 1 }
            unstaged.entered += 1
            return
        }
        var lastVisit = Array(repeating: -1, count: stages.count)
        for (index, stage) in visits.enumerated() { lastVisit[stage] = index }
        for (stage, index) in lastVisit.enumerated() where index >= 0 {
            stages[stage].entered += 1
            if index == visits.count - 1 {
                StageFates.finish(&stages[stage], end)
            } else if visits[index + 1] > stage {
                stages[stage].advanced += 1
            } else {
                stages[stage].movedBack += 1
            }
            let isThere = stage == current && end == .open
            if !isThere, furthest > stage || end == .won { stages[stage].passed += 1 }
        }
        var jumped: Set<Int> = []
        for (from, to) in zip(visits, visits.dropFirst()) where to > from + 1 {
            for stage in (from + 1)..<to where lastVisit[stage] < 0 { jumped.insert(stage) }
        }
        for stage in jumped { stages[stage].skipped += 1 }
    }

    private static func finish(_ stage: inout Stage, _ end: End) {
        switch end {
        case .open: stage.open += 1
        case .won: stage.won += 1
        case .lost: stage.lost += 1
        }
    }
}
