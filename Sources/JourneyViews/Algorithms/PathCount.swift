// A path of touchpoints as the models of whole paths see it: which channels, and how often it ended how. Channels are dense
// numbers in the ascending order of their keys, so that ties between them are decided the same way everywhere.

/// A path, how often it led to a conversion and how often to none, and what its conversions were worth.
package struct PathCount: Hashable, Sendable {
    /// The channels touched, in order; from zero on.
    package var channels: [Int]
    /// How many conversions had this path; below zero when more were taken back than made.
    package var conversions: Int
    /// How many paths like this ended without a conversion.
    package var nulls: Int
    /// The sum of what its conversions were worth, in the units that credits are split in, of one currency.
    package var value: Int128

    /// A path. No path can end a negative number of times without a conversion.
    package init(channels: [Int], conversions: Int = 0, nulls: Int = 0, value: Int128 = 0) {
        precondition(nulls >= 0, "A path cannot end a negative number of times.")
        self.channels = channels
        self.conversions = conversions
        self.nulls = nulls
        self.value = value
    }

    /// Each distinct path once, with the sums of its counts, in ascending order of channels: the same whatever order `paths`
    /// came in. O(n) expected, and sorting.
    package static func aggregated(_ paths: [PathCount]) -> [PathCount] {
        var places: [[Int]: Int] = [:]
        var distinct: [PathCount] = []
        for path in paths {
            if let place = places[path.channels] {
                distinct[place].conversions += path.conversions
                distinct[place].nulls += path.nulls
                distinct[place].value += path.value
            } else {
                places[path.channels] = distinct.count
                distinct.append(path)
            }
        }
        return distinct.sorted { $0.channels.lexicographicallyPrecedes($1.channels) }
    }
}

/// Money shared out over channels; together with what no channel earned it is the whole of it.
package struct ChannelSplit: Hashable, Sendable {
    /// What each channel earned, by its number.
    package var channels: [Int128]
    /// What no channel earned.
    package var unattributed: Int128
}
