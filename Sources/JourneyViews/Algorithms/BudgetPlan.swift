// A proposal for the next period's budget by channel, in steps that can be followed by hand: return on spend with an
// interval over periods, a square-root response, equal marginal returns, and bounds on how far one period may move a share.

/// Shares of a budget.
struct BudgetPlan {
    /// Below these the data do not say enough.
    static let leastPeriods = 3
    static let leastConversions = 10.0
    /// Spend that varies by less than this part of its mean says nothing about spending more or less.
    static let leastVariation = 0.05
    /// How far a share may move in one period, as a part of itself.
    static let mostChange = 0.3
    /// No share falls below this, unless it is smaller already: what is not tried is not learnt about.
    static let floor = 0.05

    /// What one channel cost and brought, period by period; money in any one unit.
    struct Channel {
        var spend: [Double]
        var returned: [Double]
        var conversions: Double

        var totalSpend: Double { spend.reduce(0, +) }

        /// Standard deviation over mean of the spend; nil without spend.
        var variation: Double? {
            let mean = totalSpend / Double(spend.count)
            guard mean > 0 else { return nil }
            let squares = spend.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return (squares / Double(spend.count)).squareRoot() / mean
        }

        /// Why the channel keeps its share; nil when there is enough to move it.
        var gap: Gap? {
            if spend.count(where: { $0 > 0 }) < BudgetPlan.leastPeriods { return .tooFewPeriods }
            if conversions < BudgetPlan.leastConversions { return .tooFewConversions }
            if variation ?? 0 < BudgetPlan.leastVariation { return .noVariation }
            return nil
        }

        /// Return on spend with its 95 % interval: the ratio of the sums, and the t-interval of a ratio by the residuals of
        /// each period (Cochran). The low end is not below zero.
        var returnOnSpend: (value: Double, low: Double, high: Double) {
            let (spent, count) = (totalSpend, Double(spend.count))
            let ratio = returned.reduce(0, +) / spent
            let squares = zip(spend, returned).reduce(0) { sum, period in
                let residual = period.1 - ratio * period.0
                return sum + residual * residual
            }
            let error = (squares / (count * (count - 1))).squareRoot() / (spent / count)
            let reach = BudgetPlan.quantile(freedom: spend.count - 1) * error
            return (ratio, max(0, ratio - reach), ratio + reach)
        }
    }

    /// Why a channel keeps its share.
    enum Gap: String {
        case tooFewPeriods = "too_few_periods"
        case tooFewConversions = "too_few_conversions"
        case noVariation = "no_variation"
    }

    /// What holds a share where it is.
    enum Bound: String {
        case mostMore = "most_more"
        case mostLess = "most_less"
        case floor
    }

    /// One channel's part of the proposal.
    struct Part {
        var gap: Gap?
        var returnOnSpend: (value: Double, low: Double, high: Double)
        /// The end of the interval that is nearest to the return of all, which itself where it lies inside.
        var cautious: Double
        var shareNow: Double
        /// What equal marginal returns would give, without bounds.
        var target: Double
        var share: Double
        var bound: Bound?
    }

    /// Why there is no proposal.
    enum Refusal: String {
        case oneChannel = "one_channel"
        case tooFewPeriods = "too_few_periods"
        case tooFewChannels = "too_few_channels"
        case noReturn = "no_return"
        case noDifference = "no_difference"
    }

    let parts: [Part]
    let refusal: Refusal?
    /// Return on spend of the channels that can be moved.
    let blended: Double?

    /// - Parameter channels: Each with spend above zero in total, all with the same periods.
    init(_ channels: [Channel]) {
        let all = channels.reduce(0) { $0 + $1.totalSpend }
        let isShort = channels.contains { $0.spend.count < BudgetPlan.leastPeriods }
        let gaps = channels.map(\.gap)
        let movable = channels.indices.filter { gaps[$0] == nil }
        let spent = movable.reduce(0) { $0 + channels[$1].totalSpend }
        let blended =
            spent > 0 ? movable.reduce(0) { $0 + channels[$1].returned.reduce(0, +) } / spent : nil
        var parts = channels.map { channel in
            let share = all > 0 ? channel.totalSpend / all : 0
            let value: (value: Double, low: Double, high: Double) =
                channel.spend.count > 1 ? channel.returnOnSpend : (0, 0, 0)
            return Part(
                gap: channel.gap,
                returnOnSpend: value,
                cautious: min(max(blended ?? 0, value.low), value.high),
                shareNow: share,
                target: share,
                share: share
            )
        }
        self.blended = blended
        let isTold = movable.contains { parts[$0].cautious != blended }
        refusal =
            channels.count < 2
            ? .oneChannel
            : isShort
                ? .tooFewPeriods
                : movable.count < 2 ? .tooFewChannels : blended ?? 0 <= 0 ? .noReturn : isTold ? nil : .noDifference
        guard refusal == nil else {
            self.parts = parts
            return
        }
        // A root response a·√x has the marginal return a / 2√x; with a = return · √spend it is equal where spend is
        // proportional to return² · spend.
        let weights = movable.map { parts[$0].cautious * parts[$0].cautious * parts[$0].shareNow }
        let pool = movable.reduce(0) { $0 + parts[$1].shareNow }
        let weight = weights.reduce(0, +)
        let lows = movable.map { index in
            let share = parts[index].shareNow
            return max(share * (1 - BudgetPlan.mostChange), min(share, BudgetPlan.floor))
        }
        let highs = movable.map { parts[$0].shareNow * (1 + BudgetPlan.mostChange) }
        let shares = BudgetPlan.bounded(weights, lows, highs, sum: pool)
        for (place, index) in movable.enumerated() {
            parts[index].target = weight > 0 ? pool * weights[place] / weight : parts[index].shareNow
            parts[index].share = shares[place]
            let isLess = shares[place] == lows[place]
            let isFloor = lows[place] > parts[index].shareNow * (1 - BudgetPlan.mostChange)
            if shares[place] == highs[place] {
                parts[index].bound = .mostMore
            } else if isLess {
                parts[index].bound = isFloor ? .floor : .mostLess
            }
        }
        self.parts = parts
    }

    /// Shares in proportion to weights, each within its bounds, that add up to `sum`, which lies between the sums of the
    /// bounds: the factor grows from bound to bound until the sum is reached.
    static func bounded(_ weights: [Double], _ lows: [Double], _ highs: [Double], sum: Double) -> [Double] {
        func shares(_ factor: Double) -> [Double] {
            weights.indices.map { min(max(factor * weights[$0], lows[$0]), highs[$0]) }
        }
        let steps = weights.indices.filter { weights[$0] > 0 }
            .flatMap { [lows[$0] / weights[$0], highs[$0] / weights[$0]] }.sorted()
        var below = 0.0
        for step in steps {
            guard shares(step).reduce(0, +) >= sum else {
                below = step
                continue
            }
            // Between two steps the same weights are free, so that the sum is a line.
            let (first, last) = (shares(below).reduce(0, +), shares(step).reduce(0, +))
            guard last > first else { return shares(step) }
            return shares(below + (step - below) * (sum - first) / (last - first))
        }
        return shares(below)
    }

    /// The 97.5 % quantile of Student's t, for 1 to 30 degrees of freedom.
    static func quantile(freedom: Int) -> Double {
        let table = [
            12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
            2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
        ]
        return table[min(max(freedom, 1), table.count) - 1]
    }
}
