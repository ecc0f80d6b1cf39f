// What is left of a path before a model sees it. The transforms are those of Snowplow's attribution package (dbt-snowplow-
// attribution, `path_transforms`); here a path keeps the places of its touches, so that credits can still be explained.
package import JourneyRules

/// A rule that leaves out some touches of a path. No path is left empty by it.
package enum PathTransform<Key: Hashable & Sendable>: Hashable, Sendable {
    /// Nothing is left out.
    case unchanged
    /// Adjacent touches of one key become the first of them: A B B C B → A B C B.
    case exposure
    /// The first touch of each key stays: A B B C B → A B C.
    case first
    /// All touches of the key go, unless the path has no others.
    case removeIfNotAll(Key)
    /// The touches of the key that end the path go, unless the path has no others: for A, A B A A → A B.
    case removeIfLastAndNotAll(Key)

    /// The places, ascending, of the touches that stay when `transforms` are applied in their order, each to what the one
    /// before left. O(n) expected for each.
    package static func remaining(of path: [Key], after transforms: [PathTransform]) -> [Int] {
        transforms.reduce(Array(path.indices)) { places, transform in transform.remaining(of: path, at: places) }
    }

    private func remaining(of path: [Key], at places: [Int]) -> [Int] {
        switch self {
        case .unchanged: return places
        case .exposure:
            return zip(places.indices, places).filter { $0 == 0 || path[places[$0 - 1]] != path[$1] }.map(\.1)
        case .first:
            var known: Set<Key> = []
            return places.filter { known.insert(path[$0]).inserted }
        case .removeIfNotAll(let key):
            let others = places.filter { path[$0] != key }
            return others.isEmpty ? places : others
        case .removeIfLastAndNotAll(let key):
            guard let last = places.lastIndex(where: { path[$0] != key }) else { return places }
            return Array(places[...last])
        }
    }
}

extension PathTransform {
    /// The rule for the keys of a report; nil when it is about a key that the report does not have.
    package init?(_ rule: TransformRule, key: (String) -> Key?) {
        switch rule {
        case .unchanged: self = .unchanged
        case .exposure: self = .exposure
        case .first: self = .first
        case .removeIfNotAll(let name):
            guard let key = key(name) else { return nil }
            self = .removeIfNotAll(key)
        case .removeIfLastAndNotAll(let name):
            guard let key = key(name) else { return nil }
            self = .removeIfLastAndNotAll(key)
        }
    }
}

extension PathTransform where Key == String {
    /// The transform as it is written in rules; nil for anything else.
    package init?(_ text: String) {
        guard let rule = TransformRule(text) else { return nil }
        self.init(rule) { $0 }
    }
}
