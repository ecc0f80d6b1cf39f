// What one statement about identity changed: who is who before and after it, and the conversions whose path is another one
// now. Merges move history, so reports of the past change with them; this says which.
public import JourneyEvents
public import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryRunner {
    /// Compares the moments before and at a position.
    public func identityChange(at position: Position, of moment: LogSnapshot) throws -> Answer {
        var bounds = QueryBounds()
        bounds.asAt = .position(Position(position.rawValue - min(position.rawValue, 1)))
        let before = try QueryFrame(self, bounds, at: moment)
        bounds.asAt = .position(position)
        let after = try QueryFrame(self, bounds, at: moment)
        let touched = after.identity.touched(since: before.identity)
        let old = try before.paths(of: touched)
        let new = try after.paths(of: touched)
        var answer = Answer("identity_change", position: position)
        answer.rules = after.rules.hash
        answer.columns = [
            .init("conversion", number: true), .init("occurred_at"), .init("customer_before"), .init("customer_after"),
            .init("touches_before", number: true), .init("touches_after", number: true),
        ]
        let changed = Set(old.keys).union(new.keys).filter { old[$0]?.touches != new[$0]?.touches }
        let names = try after.texts(.customer, changed.flatMap { [old[$0]?.person ?? 0, new[$0]?.person ?? 0] })
        answer.rows = changed.sorted().map { conversion in
            let (was, now) = (old[conversion], new[conversion])
            return [
                .count(conversion), .time((now ?? was).map { Timestamp(milliseconds: $0.at) }),
                .text(was.flatMap { names[$0.person] }), .text(now.flatMap { names[$0.person] }),
                .count(was?.touches.count ?? 0), .count(now?.touches.count ?? 0),
            ]
        }
        let persons = try after.persons(touched)
        let refused = after.identity.conflicts.first { $0.position == position.rawValue }?.reason
        answer.payload = [
            .init("refused", .text(refused)),
            .init("before", .array(try before.persons(touched).map(\.json))),
            .init("after", .array(persons.map(\.json))),
            .init("changed", .array(answer.rows.map { answer.object($0) })),
        ]
        if let refused {
            answer.found = true
            answer.notes = ["the link is refused (\(refused)); both stay who they are"]
        } else if touched.isEmpty {
            answer.notes = ["nobody is somebody else by it"]
        } else {
            answer.notes =
                persons.map { "\($0.customer) has \($0.identifiers.joined(separator: ", "))" }
                + ["\(changed.count) conversions have another path"]
        }
        return answer
    }
}

extension QueryFrame {
    /// A conversion's path: whose it is and the touchpoints on it.
    fileprivate struct Path {
        var person: UInt32
        var at: Int64
        var touches: [UInt64]
    }

    /// The paths of the conversions of some persons, by the conversion's position.
    fileprivate func paths(of persons: Set<UInt32>) throws -> [UInt64: Path] {
        var paths: [UInt64: Path] = [:]
        for person in persons {
            guard let bytes = try row(AttributionProjection(rules), person) else { continue }
            let record = try AttributionRecord(bytes.span)
            for conversion in record.conversions {
                let touches = record.touches[conversion.first..<conversion.end].map(\.position)
                paths[conversion.position] = Path(person: person, at: conversion.at, touches: touches)
            }
        }
        return paths
    }

    /// Those of some persons that there are, with their identifiers.
    fileprivate func persons(_ keys: Set<UInt32>) throws -> [(customer: String, identifiers: [String], json: JSONValue)]
    {
        try keys.filter { identity.persons(of: $0).contains($0) || identity.members[$0] != nil }
            .map { try identifiers(of: $0) }
            .sorted { ($0.first ?? "").utf8.lexicographicallyPrecedes(($1.first ?? "").utf8) }
            .map { names in
                let json = JSONValue.object([
                    .init("customer", .text(names.first)), .init("identifiers", .array(names.map { .string($0) })),
                ])
                return (names.first ?? "", names, json)
            }
    }
}
