// Who an identifier is: itself, another identifier, or (a device that several people use) one after the other.
internal import JourneyEvents

/// The person behind each customer symbol.
public struct IdentityMap: Hashable, Sendable {
    /// From an instant on, a shared device belongs to a person.
    public struct Stretch: Hashable, Sendable {
        /// The first instant; the first stretch reaches back without end.
        public var from: Int64
        /// The person's canonical identifier.
        public var person: UInt32
        /// A stretch from its parts.
        public init(from: Int64, person: UInt32) {
            self.from = from
            self.person = person
        }
    }

    /// Canonical symbol by symbol; symbols above its end, and those with 0, are themselves.
    private var persons: [UInt32] = []
    private var shared: [UInt32: [Stretch]] = [:]
    /// Canonical symbol to all identifiers of the person, ascending; persons of one identifier are left out.
    public private(set) var members: [UInt32: [UInt32]] = [:]
    /// Links that were not made, in journey order.
    public internal(set) var conflicts: [IdentityConflict] = []

    /// Everybody is who they say.
    public init() {}

    /// Whether nobody has two identifiers.
    public var isTrivial: Bool { persons.isEmpty && shared.isEmpty }

    /// The person whose an event with this identifier is.
    @inline(__always)
    public func person(_ symbol: UInt32, at time: Int64) -> UInt32 {
        guard Int(symbol) < persons.count else { return symbol }
        let person = persons[Int(symbol)]
        if person == 0 { return symbol }
        if person == UInt32.max { return stretch(symbol, at: time) }
        return person
    }

    /// Whether an identifier is one of several of a person, or several persons use it.
    @inline(__always)
    func isLinked(_ symbol: UInt32) -> Bool { Int(symbol) < persons.count && persons[Int(symbol)] != 0 }

    private func stretch(_ symbol: UInt32, at time: Int64) -> UInt32 {
        guard let stretches = shared[symbol], let first = stretches.first else { return symbol }
        // The last one that has begun; a device of a reception desk has thousands.
        var (low, high) = (0, stretches.count)
        while low < high {
            let middle = (low + high) / 2
            if stretches[middle].from <= time { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? stretches[low - 1].person : first.person
    }

    /// The stretches of a device that several people use; empty for every other identifier.
    public func stretches(_ symbol: UInt32) -> [Stretch] { shared[symbol] ?? [] }

    /// Every person that an identifier belongs to at some time.
    public func persons(of symbol: UInt32) -> [UInt32] {
        guard let stretches = shared[symbol] else { return [person(symbol, at: 0)] }
        return Set(stretches.map(\.person)).sorted()
    }

    /// The identifiers of a person, with devices that are shared.
    public func identifiers(of person: UInt32) -> [UInt32] { members[person] ?? [person] }

    /// All customer symbols whose events may be those of keys in a range lie in this one.
    func symbols(of keys: ClosedRange<UInt32>) -> ClosedRange<UInt32> {
        var (low, high) = (keys.lowerBound, keys.upperBound)
        for symbol in persons.indices where persons[symbol] != 0 {
            let isOfKeys =
                persons[symbol] == UInt32.max
                ? stretches(UInt32(symbol)).contains { keys.contains($0.person) } : keys.contains(persons[symbol])
            if isOfKeys { (low, high) = (min(low, UInt32(symbol)), max(high, UInt32(symbol))) }
        }
        return low...high
    }

    /// Everybody whose events are not those that they were under another map, in both: who got some, who lost some, who
    /// came to be and who is no more.
    public func touched(since before: IdentityMap) -> Set<UInt32> {
        var touched: Set<UInt32> = []
        for symbol in 0..<UInt32(max(persons.count, before.persons.count)) {
            let (old, new) = (before.code(symbol), code(symbol))
            if old == new, old != UInt32.max || before.shared[symbol] == shared[symbol] { continue }
            touched.formUnion(before.persons(of: symbol))
            touched.formUnion(persons(of: symbol))
        }
        return touched
    }

    private func code(_ symbol: UInt32) -> UInt32 {
        guard Int(symbol) < persons.count, persons[Int(symbol)] != 0 else { return symbol }
        return persons[Int(symbol)]
    }

    mutating func set(_ symbol: UInt32, _ stretches: [Stretch]) {
        if Int(symbol) >= persons.count {
            persons += [UInt32](repeating: 0, count: Int(symbol) + 1 - persons.count)
        }
        for person in Set(stretches.map(\.person)) { members[person, default: []].append(symbol) }
        if stretches.count == 1 {
            persons[Int(symbol)] = stretches[0].person
        } else {
            persons[Int(symbol)] = UInt32.max
            shared[symbol] = stretches
        }
    }

    mutating func finish() {
        for key in members.keys { members[key]?.sort() }
    }
}
