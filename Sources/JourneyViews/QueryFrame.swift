// One question's point of view: what it may see, the rules that it sees it by, and the names of what it finds.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// One question's point of view: bounds, rules, and names.
struct QueryFrame {
    let log: LogSnapshot
    let engine: ProjectionEngine
    let rules: RuleSet
    let compiled: CompiledRules
    let bounds: EventBounds
    let through: Position
    /// Who is who, and the statements that say so.
    let identity: IdentityMap
    let statements: IdentityResolver
    /// Whether the stored views answer, where they stand at `through`.
    let isStored: Bool
    /// The parked keys that the answer came upon.
    let parked: ParkedNotes
    private let latestInstant: LatestInstant

    /// The view of a question on a moment of the log.
    init(_ runner: QueryRunner, _ query: QueryBounds, at moment: LogSnapshot, parked: ParkedNotes = ParkedNotes())
        throws
    {
        self.parked = parked
        engine = runner.engine
        latestInstant = runner.latest
        log = try query.known(of: moment)
        through = log.position
        rules = try query.rules ?? runner.history.entry(in: log).rules
        compiled = try CompiledRules(rules, log: log)
        bounds = EventBounds(through: through, asOf: query.asOf)
        isStored = query.isNow
        statements = runner.engine.identity.with(rules.identityRules)
        identity = try statements.map(log, bounds)
    }

    /// Visits the rows of a read model, in ascending order of key.
    func each(_ projection: any Projection, _ body: (UInt32, Span<UInt8>) throws -> Void) throws {
        let found =
            isStored
            ? try engine.eachRow(of: projection, in: log, bounds: bounds, identity: statements.rules, body)
            : try engine.fold(projection, in: log, bounds: bounds, identity: statements.rules, body)
        parked.add(projection.name, found)
    }

    /// The events of every person inside the bounds, a range of persons at a time; with `types` only those of the types
    /// whose symbols are marked.
    func journeys(types: [Bool]? = nil) throws -> EventGroups.Ranges {
        try EventGroups.Ranges(log, key: .customer, bounds: bounds, types: types, identity: identity)
    }

    /// The row of one key; for a customer that of the person.
    func row(_ projection: any Projection, _ key: UInt32) throws -> [UInt8]? {
        let found = try engine.row(
            of: projection,
            key: key,
            in: log,
            bounds: bounds,
            identity: statements.rules,
            stored: isStored
        )
        parked.add(projection.name, found.parked)
        return found.row
    }

    func unknown(_ kind: String, _ name: String) -> RihlaError {
        let when = bounds.asOf.map { " and \($0.rfc3339)" } ?? ""
        return RihlaError(.notFound, "there is no \(kind) \"\(name)\" at position \(through.rawValue)\(when)")
    }

    /// Refuses a word that is none of those that a question takes, and names the nearest.
    func check(_ word: String?, _ what: String, in known: [String]) throws {
        guard let word, !known.contains(word) else { return }
        throw RihlaError(
            .usage,
            "there is no \(what) \"\(word)\"",
            hint: Suggestion.nearest(to: word, in: known).map { "did you mean \"\($0)\"?" }
                ?? "known: " + known.joined(separator: ", ")
        )
    }

    func stageName(_ stage: Int) -> JSONValue {
        stage > 0 && stage <= rules.stages.count ? .string(rules.stages[stage - 1]) : .null
    }

    /// The name of one channel code.
    func channelName(_ code: UInt32) throws -> String {
        if code & CompiledRules.derived != 0 { return compiled.channelName(code, []) }
        return code == 0 ? "(none)" : try log.symbolText(.channel, code)
    }

    /// The texts of some symbols; 0 has none. Many are read in one pass over the table.
    func texts(_ kind: SymbolKind, _ symbols: some Sequence<UInt32>) throws -> [UInt32: String] {
        let wanted = Set(symbols).subtracting([0])
        var texts: [UInt32: String] = [:]
        texts.reserveCapacity(wanted.count)
        if wanted.count < 16 || wanted.count < log.symbolCount(kind) / 64 {
            for symbol in wanted { texts[symbol] = try log.symbolText(kind, symbol) }
        } else {
            let all = try log.symbolTexts(kind)
            for symbol in wanted where Int(symbol) <= all.count { texts[symbol] = all[Int(symbol) - 1] }
        }
        return texts
    }

    /// The latest instant that the question knows of: its own bound, else that of the last thing that happened.
    func latest() throws -> Int64 {
        if let asOf = bounds.asOf { return asOf.rawValue }
        return try latestInstant.through(through.rawValue, log)
    }
}
