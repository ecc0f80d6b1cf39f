// The distinct paths of a report: how often each led to a conversion, what those were worth, and how often it led to none.
internal import JourneyEvents

/// What became of one path.
struct PathTally: Hashable {
    /// Conversions made in the period that count at its end.
    var made = 0
    /// Those, less the older ones that were taken back in the period.
    var conversions = 0
    /// How often the path ended without a conversion.
    var nulls = 0
    /// What its conversions were worth in the period, refunds included.
    var value = MoneySum()
    /// The same in the report's currency, where it can be converted.
    var converted = MoneySum()

    mutating func add(_ change: WorthChange, _ converted: ConvertedMoney?) {
        if change.conversions > 0 { made += 1 }
        conversions += change.conversions
        if let currency = change.currency { value.add(change.micros, currency, scale: change.digits) }
        if let converted { self.converted.add(converted.micros, converted.currency, scale: converted.digits) }
    }
}

/// The distinct paths, each a list of ranks of keys.
struct PathTable {
    private(set) var tallies: [[Int]: PathTally] = [:]
    /// Paths whose window was open at the end, so that they may still lead to a conversion.
    private(set) var pending = 0

    mutating func add(_ path: [Int], _ change: WorthChange, _ converted: ConvertedMoney?) {
        tallies[path, default: PathTally()].add(change, converted)
    }

    mutating func addNull(_ path: [Int]) { tallies[path, default: PathTally()].nulls += 1 }
    mutating func addPending() { pending += 1 }

    /// The paths in ascending order of their keys.
    var sorted: [(path: [Int], tally: PathTally)] {
        tallies.map { (path: $0.key, tally: $0.value) }.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    }
}
