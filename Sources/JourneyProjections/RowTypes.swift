// Which keys can have a row at all, told by the types of their events.
package import JourneyLog

/// The event types that can give a key a row.
package struct RowTypes: Sendable {
    /// Whether all can.
    package let isEveryType: Bool
    private var bits: [Bool] = []

    /// The types that a projection names; nil for all.
    package init(_ types: [UInt32]?) {
        isEveryType = types == nil
        bits = Array(repeating: false, count: Int(types?.max() ?? 0) + 1)
        for type in types ?? [] { bits[Int(type)] = true }
    }

    /// For each type, by symbol, whether it can; nil for all.
    var byType: [Bool]? { isEveryType ? nil : bits }

    /// Whether events of a type can.
    @inline(__always)
    func contains(_ type: UInt32) -> Bool { isEveryType || (Int(type) < bits.count && bits[Int(type)]) }

    /// Whether a key with these events can have a row.
    package func mayGiveRow(_ events: ArraySlice<FoldEvent>) -> Bool {
        isEveryType || events.contains { contains($0.type) }
    }
}
