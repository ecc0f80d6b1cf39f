// Customers of questions are persons: any identifier finds the person, whose events are those of all identifiers.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// Somebody that a question names.
struct Person {
    /// The symbol of the canonical identifier.
    var key: UInt32
    /// The text of the canonical identifier.
    var name: String
    /// What to say when the identifier that was asked for is a device of several people.
    var warnings: [Answer.Warning] = []
}

extension QueryFrame {
    /// The person that an identifier finds; whether there are events inside the bounds is for the caller to see. A device
    /// that several people use finds the one who has it last.
    func person(_ identifier: String) throws -> Person {
        let text = Identifier(identifier)?.description ?? identifier
        guard let symbol = try log.symbol(.customer, text) else { throw unknown("customer", text) }
        let key = identity.person(symbol, at: .max)
        var person = Person(key: key, name: try log.symbolText(.customer, key))
        let others = try identity.persons(of: symbol).filter { $0 != key }.map { try log.symbolText(.customer, $0) }
        if !others.isEmpty {
            let names = others.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ", ")
            person.warnings = [
                .init(
                    code: "shared_device",
                    message: "\(text) is used by several people; this is \(person.name), who has it last, not \(names)",
                    count: others.count + 1
                )
            ]
        }
        return person
    }

    /// Whose an event is; 0 for nobody's.
    func person(of event: FoldEvent) -> UInt32 { identity.person(event.customer, at: event.occurredAt) }

    /// A person's events inside the bounds, in journey order.
    func journey(of person: UInt32) throws -> [FoldEvent] {
        var positions: [UInt64] = []
        for symbol in identity.identifiers(of: person) {
            positions += try log.positions(.customer, symbol, through: through)
        }
        return try log.folds(at: positions.sorted())
            .filter { bounds.contains($0) && self.person(of: $0) == person }
            .sorted(by: FoldEvent.inJourneyOrder)
    }

    /// The identifiers of a person: the canonical one, then by kind and text.
    func identifiers(of person: UInt32) throws -> [String] {
        let names = try identity.identifiers(of: person).filter { $0 != person }.map {
            try log.symbolText(.customer, $0)
        }
        return [try log.symbolText(.customer, person)] + QueryFrame.byKind(names)
    }

    /// The stronger kind first, then by text.
    static func byKind(_ identifiers: [String]) -> [String] {
        func rank(_ text: String) -> Int {
            Identifier(text).flatMap { Identifier.Kind.allCases.firstIndex(of: $0.kind) }
                ?? Identifier.Kind.allCases.count
        }
        return identifiers.map { (rank: rank($0), text: $0) }
            .sorted { $0.rank != $1.rank ? $0.rank < $1.rank : $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) }
            .map(\.text)
    }

    /// The events of every statement that can have a say in who somebody is.
    func identityEvents(of person: UInt32) throws -> [JSONValue] {
        guard person != 0 else { return [] }
        let symbols = identity.identifiers(of: person)
        let said = try statements.ledger.statements(about: symbols, log, bounds, statements.rules)
        let events = try log.events(at: said.map(\.position).sorted())
        let byPosition = Dictionary(uniqueKeysWithValues: events.map { ($0.position.rawValue, $0) })
        return said.compactMap { byPosition[$0.position].map { .raw($0.json) } }
    }
}
