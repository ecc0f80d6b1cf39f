// The order of a pipeline's stages: those of the rules as they stand there, and others where deals first came into them.

/// Puts stages that the rules do not list among those that they list.
struct StageOrder {
    /// When a stage was first entered: of several deals at one instant the first by name counts.
    private struct Sight {
        var at: Int64
        var deal: String
        var visit: Int
        /// The stage that the deal came from; nil when it began here.
        var from: String?

        func isBefore(_ other: Sight) -> Bool {
            if at != other.at { return at < other.at }
            if deal != other.deal { return deal.utf8.lexicographicallyPrecedes(other.deal.utf8) }
            return visit < other.visit
        }
    }

    private let listed: [String]
    private let known: Set<String>
    private var sights: [String: Sight] = [:]

    /// An order that begins with the stages of the rules.
    init(_ listed: [String]) {
        self.listed = listed
        known = Set(listed)
    }

    /// Takes the stages that a deal went through into account. O(stays).
    mutating func add(_ stays: some Sequence<(stage: String, entered: Int64)>, of deal: String) {
        var from: String?
        for (visit, stay) in stays.enumerated() {
            defer { from = stay.stage }
            guard !known.contains(stay.stage) else { continue }
            let sight = Sight(at: stay.entered, deal: deal, visit: visit, from: from)
            if let first = sights[stay.stage], !sight.isBefore(first) { continue }
            sights[stay.stage] = sight
        }
    }

    /// All stages. One that is not listed comes right after the stage that its first deal came from, or first when that deal
    /// began in it; after those that were put there before it. A stage is first seen after the one that leads to it, so the
    /// order does not depend on how deals are added.
    var stages: [String] {
        var order = listed
        for (stage, sight) in sights.sorted(by: { $0.value.isBefore($1.value) }) {
            var index = sight.from.flatMap { order.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
            while index < order.count, !known.contains(order[index]) { index += 1 }
            order.insert(stage, at: index)
        }
        return order
    }
}
