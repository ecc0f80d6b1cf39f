// A path of touchpoints as the models of whole paths see it: which channels, and how often it ended how. Channels are dense
// numbers in the ascending order of their keys, so that ties between them are decided the same way everywhere.

/// A path, how often it led to a conversion and how often to none, and what its conversions were worth.
public struct PathCount: Hashable, Sendable {
    /// The channels touched, in order; from zero on.
    public var channels: [Int]
    /// How many conversions had this path; below zero when more were taken back than made.
    public var conversions: Int
    /// How many paths like this ended without a conversion.
    public var nulls: Int
    /// The sum of what its conversions were worth, in the units that credits are split in, of one currency.
    public var value: Int128

    /// A path. No path can end a negative number of times without a conversion.
    public init(channels: [Int], conversions: Int = 0, nulls: Int = 0, value: Int128 = 0) {
        precondition(nulls >= 0, "A path cannot end a negative number of times.")
        self.channels = channels
        self.conversions = conversions
        self.nulls = nulls
        self.value = value
    }
}

/// Money shared out over channels; together with what no channel earned it is the whole of it.
package struct ChannelSplit: Hashable, Sendable {
    /// What each channel earned, by its number.
    package var channels: [Int128]
    /// What no channel earned.
    package var unattributed: Int128
}
