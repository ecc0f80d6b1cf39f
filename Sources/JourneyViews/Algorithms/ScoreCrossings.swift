// When a score first reaches its threshold, once per cycle: it counts again only after the score has fallen clearly below, so
// that a score at the threshold does not make a lead qualified day after day.

/// Finds the instants at which a customer's engagement crosses a threshold upwards.
struct ScoreCrossings: Sendable {
    let rules: ScoreRules
    /// Reached means this or more.
    let threshold: Double
    /// Counts again after falling below the threshold less this.
    var hysteresis = 10.0
    /// Points that do not come from engagement, for a threshold on the sum of fit and engagement.
    var base = 0.0

    /// The positions and times of the events at which the threshold was reached, ascending.
    ///
    /// The score is looked at right before and right after each event; in between points only fade. A score that rises
    /// because negative points fade is thus noticed at the next event. O(n × rules), and with decay by steps O(n × steps)
    /// more.
    func crossings(_ occurrences: [ScoreRules.Occurrence], asOf: Int64) -> [ScoreRules.Occurrence] {
        var tallies = rules.engagement.map { Tally($0) }
        var limit = ScoreRules.DailyLimit(rules: rules.engagement.count)
        var isArmed = true
        var found: [ScoreRules.Occurrence] = []
        var index = 0
        while index < occurrences.count, occurrences[index].time <= asOf {
            let time = occurrences[index].time
            if !isArmed, score(&tallies, at: time) < threshold - hysteresis { isArmed = true }
            var last = occurrences[index]
            // All of one instant counts together.
            while index < occurrences.count, occurrences[index].time == time {
                last = occurrences[index]
                if limit.takes(last, rules.engagement[last.rule].perDay) { tallies[last.rule].add(time) }
                index += 1
            }
            let score = score(&tallies, at: time)
            if isArmed, score >= threshold {
                found.append(last)
                isArmed = false
            } else if score < threshold - hysteresis {
                isArmed = true
            }
        }
        return found
    }

    private func score(_ tallies: inout [Tally], at time: Int64) -> Double {
        var groups = [Double](repeating: 0, count: rules.groups.count)
        for index in tallies.indices {
            let points = tallies[index].points(at: time)
            groups[rules.engagement[index].group] += min(points, rules.engagement[index].cap ?? .infinity)
        }
        let sum = zip(groups, rules.groups).reduce(0.0) { $0 + min($1.0, $1.1.cap ?? .infinity) }
        return base + max(0, min(sum, rules.engagementCap ?? .infinity))
    }

    /// The points of one rule as time goes on.
    private struct Tally {
        let rule: ScoreRules.EventRule
        private var sum = 0.0
        private var time: Int64 = 0
        /// For decay by steps: the events that still count, and how many came before them.
        private var times: [Int64] = []
        private var gone = 0

        init(_ rule: ScoreRules.EventRule) { self.rule = rule }

        mutating func add(_ now: Int64) {
            if case .step = rule.decay {
                times.append(now)
            } else {
                sum = weighted(at: now) + 1
                time = now
            }
        }

        private func weighted(at now: Int64) -> Double { sum == 0 ? 0 : sum * rule.decay.weight(age: now - time) }

        mutating func points(at now: Int64) -> Double {
            guard case .step(_, let every) = rule.decay, every > 0 else { return rule.points * weighted(at: now) }
            while gone < times.count, rule.decay.weight(age: now - times[gone]) == 0 { gone += 1 }
            // Events of one age in steps weigh the same.
            var total = 0.0
            var from = gone
            while from < times.count {
                let age = (now - times[from]) / every
                let end = times.firstIndex(after: now - (age * every), from: from)
                total += Double(end - from) * rule.decay.weight(age: age * every)
                from = end
            }
            return rule.points * total
        }
    }
}

extension [Int64] {
    /// The first index from `from` on, in ascending values, with a value greater than `value`.
    fileprivate func firstIndex(after value: Int64, from: Int) -> Int {
        var (low, high) = (from, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] <= value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
