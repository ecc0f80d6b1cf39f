// What a brief is made of: a person's events, and those of the person's deals that name nobody.
internal import Foundation
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// One event with its type, aliases resolved, and what the rules make of it.
struct BriefEvent {
    var event: Event
    var type: String
    var effect: Effect?
    var facts: DerivedFacts

    var at: Int64 { event.occurredAt.rawValue }

    /// A property as text; numbers are the digits that were written. Nil when there is none, or nothing in it.
    func text(_ key: String) -> String? {
        guard let json = event.property(key), json != "null" else { return nil }
        let text = (stringValue(ofJSON: json) ?? json).trimmingWhitespace()
        return text.isEmpty ? nil : text
    }

    /// The texts of a property that is a text or a list of them.
    func texts(_ key: String) -> [String] {
        guard let json = event.property(key) else { return [] }
        if json.utf8.first == 34 { return text(key).map { [$0] } ?? [] }
        let list = try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? [Any]
        return (list ?? []).compactMap { ($0 as? String)?.trimmingWhitespace() }.filter { !$0.isEmpty }
    }

    /// The property `owner`, else who acted.
    var owner: String? { text("owner") ?? event.actor }

    /// An address without what follows its path.
    func address(_ key: String) -> String? {
        text(key).map { String($0.prefix { $0 != "?" && $0 != "#" }) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension QueryFrame {
    /// The events of a journey and of its deals, in journey order.
    func briefEvents(_ folds: [FoldEvent], deals: [UInt32]) throws -> [BriefEvent] {
        var all = folds
        for deal in deals {
            all += try log.folds(at: log.positions(.deal, deal, through: through)).filter {
                $0.customer == 0 && bounds.contains($0)
            }
        }
        var facts: [UInt64: DerivedFacts] = [:]
        for (fold, derived) in zip(folds, try derive(folds)) { facts[fold.position] = derived }
        let events = try log.events(at: all.map(\.position).sorted())
        let byPosition = Dictionary(uniqueKeysWithValues: events.map { ($0.position.rawValue, $0) })
        return all.sorted(by: FoldEvent.inJourneyOrder).compactMap { fold in
            guard let event = byPosition[fold.position] else { return nil }
            let type = compiled.type(fold)
            return BriefEvent(
                event: event,
                type: compiled.name(of: type),
                effect: type.effect,
                facts: facts[fold.position] ?? DerivedFacts()
            )
        }
    }
}

/// How often something came, and when last. What came most often is first, then what came last.
struct Tally<Key: Hashable & Comparable> {
    private var counts: [Key: (count: Int, last: Int64)] = [:]

    mutating func add(_ key: Key, _ time: Int64) { counts[key] = ((counts[key]?.count ?? 0) + 1, time) }

    var ranked: [(key: Key, count: Int, last: Int64)] {
        counts.map { (key: $0.key, count: $0.value.count, last: $0.value.last) }.sorted { a, b in
            if a.count != b.count { return a.count > b.count }
            return a.last != b.last ? a.last > b.last : a.key < b.key
        }
    }
}
