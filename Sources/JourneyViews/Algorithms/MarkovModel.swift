// Attribution by removal effect (Anderl, Becker, von Wangenheim, Schumann 2016): how much less often a walk through the
// chain of the paths would convert if a channel led nowhere. The probabilities are solved for, not simulated.

/// The removal effects of channels in a Markov chain of order k, whose states are the last k touches.
///
/// A path of at least k touches passes the states of its windows of k; a shorter one is a single state. Every transition
/// counts as often as the path ended; repeats of a channel are kept. Removing a channel turns each state that contains it
/// into null. Paths without touches are in no state and do not take part.
public struct MarkovModel: Sendable {
    /// How many touches make a state.
    public let order: Int
    /// How many distinct states there are.
    public let states: Int
    /// What it was made of.
    let transitions: TransitionCounts
    /// The probability p that a walk from the start ends in the conversion; 0 when there is no path. Whatever the order, it is
    /// the converting part of the paths that have touches, for the walks pass each state as often as the paths did.
    public let conversionProbability: Double
    /// For each channel 1 − p_c/p, where p_c is the probability without it; 0 for channels on no path.
    public let removalEffects: [Double]
    /// For each channel its removal effect over the sum of all; all zero when nothing converts.
    public let shares: [Double]
    /// The conversions of all paths that have touches: what the shares are shares of.
    public let conversions: Int
    /// The conversions of paths without touches, which no channel earned.
    package let untouchedConversions: Int

    /// The model of `paths`, whose channels are below `channels`.
    ///
    /// Of each channel the chain is needed as seen from its own states alone. Removing the states of half of the channels
    /// serves the other half, and so on down: log₂ n removals of everything at most, not n.
    ///
    /// - Parameter order: 1…4.
    public init(paths: [PathCount], channels: Int, order: Int) {
        precondition((1...4).contains(order), "A Markov chain of order \(order) was asked for; the orders are 1 to 4.")
        precondition(paths.allSatisfy { $0.conversions >= 0 }, "A walk cannot convert a negative number of times.")
        let transitions = TransitionCounts(paths, order: order)
        let chain = MarkovChain(transitions)
        let solution = chain.system.conversionProbabilities(start: 0)
        var effects = [Double](repeating: 0, count: channels)
        let present = Set(chain.touched.joined()).sorted()
        if solution[0] > 0 {
            chain.removalEffects(of: present[...], solution) { channel, effect in effects[channel] = effect }
        }
        let sum = effects.reduce(0, +)
        self.order = order
        self.transitions = transitions
        states = chain.touched.count - 1
        conversionProbability = solution[0]
        removalEffects = effects
        shares = sum > 0 ? effects.map { $0 / sum } : effects
        conversions = paths.reduce(0) { $0 + ($1.channels.isEmpty ? 0 : $1.conversions) }
        untouchedConversions = paths.reduce(0) { $0 + ($1.channels.isEmpty ? $1.conversions : 0) }
    }

    /// The conversions that each channel earned: its share of them all.
    public var conversionCredits: [Double] { shares.map { $0 * Double(conversions) } }

    /// The conversions that no channel earned.
    package var unattributedConversions: Int {
        weights == nil ? conversions + untouchedConversions : untouchedConversions
    }

    /// A total shared out once over the channels; `untouched` is the part of paths without touches. To be used for each
    /// currency by itself.
    package func split(_ total: Int128, untouched: Int128 = 0) -> ChannelSplit {
        guard let weights else {
            return ChannelSplit(channels: Array(repeating: 0, count: shares.count), unattributed: total + untouched)
        }
        return ChannelSplit(channels: LargestRemainder.split(total, weights: weights), unattributed: untouched)
    }

    /// Weights that show the model within one path: each touch weighs its channel's share. The totals over all conversions
    /// differ from ``split(_:untouched:)``, so the two never belong in one report.
    package func apportioned(_ path: [Int]) -> [Int64] {
        guard let weights else { return Array(repeating: 1, count: path.count) }
        return path.map { weights[$0] }
    }

    /// The shares as whole multiples of 2^-48, like the weights of time decay: what differs in the last digits of a double
    /// only, because of the order of removal, is equal. Nil when no channel has a share.
    private var weights: [Int64]? {
        let weights = shares.map { Int64(($0 * 281_474_976_710_656).rounded()) }
        return weights.contains { $0 > 0 } ? weights : nil
    }
}

/// The chain of counted transitions, or what is left of it, with the channels of each state. State 0 is the start.
private struct MarkovChain {
    let system: SparseSystem
    /// The distinct channels that each state contains; none for the start.
    let touched: [[Int]]
    /// The number that each state had at first.
    let labels: [Int]

    /// The chain of counted transitions.
    init(_ counts: TransitionCounts) {
        let states = counts.states
        system = SparseSystem(
            steps: states.map { $0.next.map { .init(state: $0.state, weight: Double($0.count)) } },
            converting: states.map { Double($0.conversions) },
            ending: states.map { Double($0.nulls) }
        )
        touched = states.map { Set($0.touches).sorted() }
        labels = Array(states.indices)
    }

    private init(system: SparseSystem, touched: [[Int]], labels: [Int]) {
        self.system = system
        self.touched = touched
        self.labels = labels
    }

    /// The removal effect of each of `channels`, one of which is in every state; `solution` has the probability of
    /// conversion from each state by its first number.
    ///
    /// With the states of a single channel left, the start's row says where a walk meets the channel first, or else how it
    /// ends without: the effect is the converting weight through the channel over all converting weight.
    func removalEffects(of channels: ArraySlice<Int>, _ solution: [Double], _ give: (Int, Double) -> Void) {
        guard let channel = channels.first else { return }
        if channels.count == 1 {
            let through = system.steps[0].reduce(0) { $0 + $1.weight * solution[labels[$1.state]] }
            let all = through + system.converting[0]
            return give(channel, all > 0 ? through / all : 0)
        }
        for half in [channels.prefix(channels.count / 2), channels.dropFirst(channels.count / 2)] {
            let wanted = Set(half)
            let kept = touched.indices.filter { $0 == 0 || touched[$0].contains(where: wanted.contains) }
            // No channel of this half needs to know how it goes on from a state that contains them all.
            let rest = MarkovChain(
                system: system.reduced(to: kept) { wanted.isSubset(of: touched[$0]) },
                touched: kept.map { touched[$0] },
                labels: kept.map { labels[$0] }
            )
            rest.removalEffects(of: half, solution, give)
        }
    }
}
