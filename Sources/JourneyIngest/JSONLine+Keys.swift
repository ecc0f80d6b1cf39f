// Keys of `properties` and of the top level share one set of names in an event. A line may have tens of thousands of both.
internal import JourneyEvents

extension JSONLine {
    /// Up to so many comparisons are cheaper than a set.
    private static let fewComparisons = 1_024

    /// The first member of `properties` whose key is that of one of `outer` too.
    func firstInnerTwice(_ bytes: Span<UInt8>, _ outer: ArraySlice<PropertySlice>) -> Member? {
        guard !inner.isEmpty, !outer.isEmpty else { return nil }
        guard inner.count * outer.count > JSONLine.fewComparisons else {
            for member in inner {
                for property in outer where equal(bytes, property.key, member.key) { return member }
            }
            return nil
        }
        var keys: Set<[UInt8]> = []
        for property in outer { keys.insert(copy(bytes, property.key)) }
        for member in inner where keys.contains(copy(bytes, member.key)) { return member }
        return nil
    }
}
