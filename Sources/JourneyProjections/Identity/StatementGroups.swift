// Which identifiers have anything to do with each other at any time: whatever moment is looked at, and whatever was taken
// back or refused since, a person lies inside one group.
internal import JourneyEvents

extension IdentityMap {
    /// Every identifier that statements name, as one of the group of all that they connect, link by link.
    public static func groups(_ statements: some Sequence<IdentityStatement>) -> IdentityMap {
        var parents: [UInt32: UInt32] = [:]
        func root(_ symbol: UInt32) -> UInt32 {
            var top = symbol
            while let next = parents[top], next != top { top = next }
            var symbol = symbol
            while let next = parents[symbol], next != top { (parents[symbol], symbol) = (top, next) }
            return top
        }
        for statement in statements where statement.a != 0 && statement.b != 0 {
            let (a, b) = (root(statement.a), root(statement.b))
            parents[max(a, b)] = min(a, b)
            parents[min(a, b)] = min(a, b)
        }
        var map = IdentityMap()
        for symbol in parents.keys.sorted() { map.set(symbol, [.init(from: .min, person: root(symbol))]) }
        map.finish()
        return map
    }
}
