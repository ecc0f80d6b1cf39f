// The statements of a log in memory, and the maps that they make at the moments that were asked for lately. The index knows
// where statements are, so a log without any costs three look-ups of a name.
internal import JourneyEvents
public import JourneyLog
internal import Synchronization

/// Reads identity statements once and folds them for any moment.
public final class IdentityLedger: Sendable {
    private struct Key: Hashable {
        /// How many statements of the log, from the first on.
        var count: Int
        /// How many corrections there were, which take some of them back.
        var corrections: Int
        var asOf: Timestamp?
        var rules: IdentityRules
    }

    private struct Entry {
        var type: UInt32
        /// As the event says it; a link without regard to the rules' types.
        var statement: IdentityStatement
    }

    private struct State {
        var epoch: UInt32 = 0
        var through: UInt64 = 0
        /// In order of position.
        var entries: [Entry] = []
        /// The newest last.
        var maps: [(key: Key, map: IdentityMap)] = []

        func count(through: UInt64) -> Int {
            var (low, high) = (0, entries.count)
            while low < high {
                let middle = (low + high) / 2
                if entries[middle].statement.position <= through { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    private static let keptMaps = 8
    private let state = Mutex(State())

    init() {}

    /// Who is who inside bounds.
    public func map(_ log: LogSnapshot, _ bounds: EventBounds, _ rules: IdentityRules) throws -> IdentityMap {
        let log = log.through(bounds.through)
        let types = try IdentityTypes.names.compactMap { name in try log.symbol(.type, name).map { ($0, name) } }
        guard !types.isEmpty else { return IdentityMap() }
        return try state.withLock { state in
            try read(log, &state, types.map(\.0))
            let key = Key(
                count: state.count(through: bounds.through.rawValue),
                corrections: log.correctionCount,
                asOf: bounds.asOf,
                rules: rules
            )
            guard key.count > 0 else { return IdentityMap() }
            if let known = state.maps.first(where: { $0.key == key }) { return known.map }
            let meanings = Dictionary(types.map { ($0, rules.meanings[$1]) }) { first, _ in first }
            let map = try IdentityFold.resolve(
                statements(log, state.entries[..<key.count], bounds, meanings),
                limits: rules.limits,
                text: texts(log, state.entries)
            )
            if state.maps.count == IdentityLedger.keptMaps { state.maps.removeFirst() }
            state.maps.append((key, map))
            return map
        }
    }

    /// All statements, in journey order.
    public func statements(_ log: LogSnapshot, _ bounds: EventBounds, _ rules: IdentityRules) throws
        -> [IdentityStatement]
    {
        let log = log.through(bounds.through)
        let types = try IdentityTypes.names.compactMap { name in try log.symbol(.type, name).map { ($0, name) } }
        guard !types.isEmpty else { return [] }
        let meanings = Dictionary(types.map { ($0, rules.meanings[$1]) }) { first, _ in first }
        return try state.withLock { state in
            try read(log, &state, types.map(\.0))
            return statements(log, state.entries[..<state.count(through: bounds.through.rawValue)], bounds, meanings)
        }
    }

    /// The statements that can have a say in who some identifiers are, in journey order: those that name one of them, and,
    /// link by link, those that name what these name.
    public func statements(
        about symbols: some Sequence<UInt32>,
        _ log: LogSnapshot,
        _ bounds: EventBounds,
        _ rules: IdentityRules
    ) throws -> [IdentityStatement] {
        let all = try statements(log, bounds, rules)
        var naming: [UInt32: [Int]] = [:]
        for (index, statement) in all.enumerated() {
            for symbol in Set([statement.a, statement.b]) where symbol != 0 {
                naming[symbol, default: []].append(index)
            }
        }
        var found: Set<Int> = []
        var open = Array(symbols)
        while let symbol = open.popLast() {
            for index in naming.removeValue(forKey: symbol) ?? [] where found.insert(index).inserted {
                open += [all[index].a, all[index].b]
            }
        }
        return found.sorted().map { all[$0] }
    }

    /// Takes up the statements behind what is known.
    private func read(_ moment: LogSnapshot, _ state: inout State, _ types: [UInt32]) throws {
        // Which of them count is said when they are asked for.
        let (log, head) = (moment.showingAll(), moment.head)
        if state.epoch != head.epoch { state = State(epoch: head.epoch) }
        guard state.through < head.position.rawValue else { return }
        var positions: [UInt64] = []
        if state.through > 0, head.position.rawValue - state.through < 100_000 {
            try log.scanFolds(after: state.through, through: head.position.rawValue) { event in
                if types.contains(event.type) { positions.append(event.position) }
            }
        } else {
            for type in types { positions += try log.positions(.type, type, through: head.position) }
            positions.removeAll { $0 <= state.through }
            positions.sort()
        }
        var forced: Set<UInt64> = []
        if let key = try log.symbol(.propertyKey, "force") {
            try log.eachProperty([key], at: positions) { index, _, value in
                // The text is what a mapping gives.
                let token = value.string(0..<value.count)
                if token == "true" || token == "\"true\"" { forced.insert(positions[index]) }
            }
        }
        for named in try log.identifiers(at: positions) {
            let statement = IdentityStatement(
                at: named.occurredAt,
                position: named.position,
                kind: forced.contains(named.position) ? .forcedLink : .link,
                a: named.a,
                b: named.b
            )
            state.entries.append(Entry(type: named.type, statement: statement))
        }
        state.through = head.position.rawValue
    }

    /// What the rules make of events, in journey order.
    private func statements(
        _ log: LogSnapshot,
        _ entries: ArraySlice<Entry>,
        _ bounds: EventBounds,
        _ meanings: [UInt32: IdentityRules.Meaning?]
    )
        -> [IdentityStatement]
    {
        var said: [IdentityStatement] = []
        for entry in entries
        where entry.statement.at <= bounds.asOf?.rawValue ?? .max && log.sees(entry.statement.position) {
            var statement = entry.statement
            switch meanings[entry.type] ?? nil {
            case .link: break
            case .unlink: statement.kind = .unlink
            case .block: (statement.kind, statement.b) = (.block, 0)
            case nil: continue
            }
            said.append(statement)
        }
        return said.sorted(by: IdentityStatement.inJourneyOrder)
    }

    /// Looks up texts one by one, or, for many, in one pass over the table.
    private func texts(_ log: LogSnapshot, _ entries: [Entry]) throws -> (UInt32) throws -> String {
        guard entries.count > 64 else { return { try log.symbolText(.customer, $0) } }
        let all = try log.symbolTexts(.customer)
        return { $0 > 0 && Int($0) <= all.count ? all[Int($0) - 1] : "" }
    }
}
