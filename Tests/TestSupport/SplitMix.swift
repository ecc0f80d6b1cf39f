// Random runs that can be repeated: every property test prints its seed, and RIHLA_TEST_SEED sets it.
internal import Foundation

/// A generator whose run a seed repeats (Steele, Lea, Flood: SplitMix64).
public struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64
    /// What to print, so that a failing run can be repeated.
    public let seed: UInt64

    /// A run that always gives the same numbers.
    public init(seed: UInt64) {
        state = seed
        self.seed = seed
    }

    /// A generator with the seed of the environment, or a random one.
    public static func fresh() -> SplitMix {
        let given = ProcessInfo.processInfo.environment["RIHLA_TEST_SEED"].flatMap { UInt64($0) }
        return SplitMix(seed: given ?? UInt64.random(in: 0...UInt64.max))
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
