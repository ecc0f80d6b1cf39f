// Reading the rows of a read model, one's own or a built-in one: at the head, or at any moment of the past.
public import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
public import JourneyViews

/// The rows of a read model at one position.
public struct ViewRows: Sendable {
    /// One row.
    public struct Row: Hashable, Sendable {
        /// The customer (`kind:value`, of several identifiers the canonical one) or deal.
        public var key: String
        /// What the fold gave.
        public var bytes: [UInt8]
    }
    /// A key that waits because its fold throws; its row is that of the events before `position`.
    public struct Parked: Hashable, Sendable {
        /// The customer (`kind:value`) or deal.
        public var key: String
        /// The event that the fold throws at.
        public var position: Position
        /// What it threw.
        public var reason: String
    }
    /// The position that the rows are at: they are the folds of exactly the events up to it.
    public var position: Position
    /// The rows, in the order in which their keys first came.
    public var rows: [Row]
    /// The keys that wait.
    public var parked: [Parked]
}

extension JourneyStore {
    /// All rows of a read model; the view catches up first. With a bound the events are folded into memory.
    ///
    /// - Parameters:
    ///   - view: The name of the read model.
    ///   - asOf: Only what had happened by then.
    ///   - asAt: Only what was known then.
    /// - Throws: `RihlaError` with code `notFound` when there is no such view.
    public func rows(of view: String, asOf: Timestamp? = nil, asAt: QueryBounds.AsAt? = nil) async throws -> ViewRows {
        try await healing {
            let (engine, projection, log, limits) = try await read(view, asOf, asAt)
            return try await offPool {
                var found: [(UInt32, [UInt8])] = []
                let parked = try engine.eachRow(of: projection, in: log, bounds: limits) { key, bytes in
                    found.append((key, bytes.array(0..<bytes.count)))
                }
                let names = try log.symbolTexts(projection.key)
                return ViewRows(
                    position: limits.through,
                    rows: found.map { .init(key: names[Int($0.0) - 1], bytes: $0.1) },
                    parked: parked.map {
                        .init(key: names[Int($0.key) - 1], position: Position($0.position), reason: $0.reason)
                    }
                )
            }
        }
    }

    /// One row of a read model; nil when the key has none. The view catches up first. Any identifier of a person finds the
    /// person's row; a device that several people use finds the one who has it last.
    public func row(of view: String, key: String, asOf: Timestamp? = nil, asAt: QueryBounds.AsAt? = nil) async throws
        -> [UInt8]?
    {
        try await healing {
            let (engine, projection, log, limits) = try await read(view, asOf, asAt)
            let name = projection.key == .customer ? Identifier(key)?.description ?? key : key
            guard var symbol = try log.symbol(projection.key, name) else { return nil }
            if projection.key == .customer { symbol = try engine.identity.map(log, limits).person(symbol, at: .max) }
            return try engine.row(of: projection, key: symbol, in: log, bounds: limits).row
        }
    }

    /// The engine, the read model, the moment and the bounds of a read, after the view has caught up when there are none.
    private func read(_ view: String, _ asOf: Timestamp?, _ asAt: QueryBounds.AsAt?) async throws -> (
        ProjectionEngine, any Projection, LogSnapshot, EventBounds
    ) {
        let engine = try refreshed().engine
        let projection = try engine.worker(view).projection
        let bounds = bounds(asOf: asOf, asAt: asAt)
        let moment = bounds.isNow ? try await engine.settle([view]) : log.snapshot
        let known = try bounds.known(of: moment)
        return (engine, projection, known, EventBounds(through: known.position, asOf: bounds.asOf))
    }
}
