// Who is who: persons with several identifiers, the statements behind one of them, and links that were not made.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// All persons with several identifiers, or one person with every statement that has a say in who that is.
    func identity(of name: String?, limit: Int?) throws -> Answer {
        guard let name else { return try everybody(limit: limit) }
        let person = try person(name)
        let said = try statements.ledger.statements(
            about: identity.identifiers(of: person.key),
            log,
            bounds,
            statements.rules
        )
        if said.isEmpty, try journey(of: person.key).isEmpty {
            throw unknown("customer", Identifier(name)?.description ?? name)
        }
        let conflicts = Dictionary(identity.conflicts.map { ($0.position, $0.reason) }) { first, _ in first }
        let events = try log.events(at: said.map(\.position).sorted())
        let byPosition = Dictionary(uniqueKeysWithValues: events.map { ($0.position.rawValue, $0) })
        let names = try texts(.customer, said.flatMap { [$0.a, $0.b] })
        var answer = Answer("identity")
        answer.warnings = person.warnings
        answer.columns = [
            .init("position", number: true), .init("occurred_at"), .init("statement"), .init("a"), .init("b"),
            .init("reason"), .init("refused"),
        ]
        answer.rows = said.map { statement in
            let reason = byPosition[statement.position]?.property("reason")
            return [
                .count(statement.position), .time(Timestamp(milliseconds: statement.at)), .string(statement.kind.name),
                .text(names[statement.a]), .text(names[statement.b]),
                reason.map { json in stringValue(ofJSON: json).map { .string($0) } ?? .raw(json) } ?? .null,
                .text(conflicts[statement.position]),
            ]
        }
        let identifiers = try identifiers(of: person.key)
        answer.payload = [
            .init("customer", .string(person.name)),
            .init("identifiers", .array(identifiers.map { .string($0) })),
            .init("shared_devices", .array(try sharedDevices(identity.identifiers(of: person.key)))),
            .init("statements", .array(answer.rows.map { answer.object($0) })),
        ]
        answer.notes = ["\(person.name) has \(identifiers.count) identifiers: " + identifiers.joined(separator: ", ")]
        return answer
    }

    private func everybody(limit: Int?) throws -> Answer {
        var answer = Answer("identity")
        answer.columns = [.init("customer"), .init("count", number: true), .init("identifiers")]
        let names = try texts(.customer, identity.members.flatMap { [$0.key] + $0.value })
        let persons = identity.members.filter { $0.value != [$0.key] }
            .map { (name: names[$0.key] ?? "", key: $0.key, identifiers: $0.value) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        let page = limit.map { Array(persons.prefix($0)) } ?? persons
        answer.rows = page.map { person in
            let others = person.identifiers.filter { $0 != person.key }.compactMap { names[$0] }
            let all = [person.name] + QueryFrame.byKind(others)
            return [.string(person.name), .count(all.count), .array(all.map { .string($0) })]
        }
        let shared = Set(page.flatMap(\.identifiers)).filter { !identity.stretches($0).isEmpty }
        let conflictNames = try texts(.customer, identity.conflicts.flatMap { [$0.a, $0.b] })
        answer.payload = [
            .init("total", .count(persons.count)), .init("persons", .array(answer.rows.map { answer.object($0) })),
            .init("shared_devices", .array(try sharedDevices(shared))),
            .init(
                "conflicts",
                .array(
                    identity.conflicts.map { conflict in
                        .object([
                            .init("position", .count(conflict.position)),
                            .init("occurred_at", .time(Timestamp(milliseconds: conflict.at))),
                            .init("a", .text(conflictNames[conflict.a])), .init("b", .text(conflictNames[conflict.b])),
                            .init("reason", .string(conflict.reason)),
                        ])
                    }
                )
            ),
        ]
        answer.notes = ["\(persons.count) persons have several identifiers"]
        for conflict in identity.conflicts.prefix(10) {
            let (a, b) = (conflictNames[conflict.a] ?? "nobody", conflictNames[conflict.b] ?? "nobody")
            answer.notes.append("not linked: \(a) and \(b) at position \(conflict.position), \(conflict.reason)")
        }
        if identity.conflicts.count > 10 {
            answer.notes.append("\(identity.conflicts.count - 10) more were not linked")
        }
        return answer
    }

    /// From when on each device is whose.
    private func sharedDevices(_ symbols: some Sequence<UInt32>) throws -> [JSONValue] {
        let shared = symbols.filter { !identity.stretches($0).isEmpty }
        let names = try texts(.customer, shared + shared.flatMap { identity.persons(of: $0) })
        return shared.map { (name: names[$0] ?? "", stretches: identity.stretches($0)) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            .map { device in
                .object([
                    .init("identifier", .string(device.name)),
                    .init(
                        "stretches",
                        .array(
                            device.stretches.enumerated().map { index, stretch in
                                .object([
                                    .init("from", index == 0 ? .null : .time(Timestamp(milliseconds: stretch.from))),
                                    .init("customer", .text(names[stretch.person])),
                                ])
                            }
                        )
                    ),
                ])
            }
    }
}

extension IdentityStatement.Kind {
    /// The word that answers have for it.
    var name: String {
        switch self {
        case .link: "linked"
        case .forcedLink: "linked by force"
        case .unlink: "unlinked"
        case .block: "blocked"
        }
    }
}

extension Answer {
    /// A row as an object of the columns.
    func object(_ row: [JSONValue]) -> JSONValue { .object(zip(columns, row).map { .init($0.name, $1) }) }
}
