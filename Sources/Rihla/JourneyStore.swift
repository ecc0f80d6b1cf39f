// The front door: opens a store directory and wires log, views and queries together.
public import JourneyEvents
internal import JourneyIngest
public import JourneyLog
internal import JourneyProjections
public import JourneyRules
public import JourneyViews
internal import Synchronization

/// A customer-journey store in a directory.
///
/// ```swift
/// let store = try await JourneyStore.open(at: "rihla-store")
/// let answer = try await store.answer(.stages)
/// print(answer.json)
/// try await store.close()
/// ```
public final class JourneyStore: Sendable {
    /// How to open a store.
    public struct Options: Sendable {
        /// Make an empty store when there is none.
        public var create = false
        /// Refuse writes; queries then fold in memory.
        public var readOnly = false
        /// Allow network file systems, on which locks do not hold.
        public var allowRemoteFileSystem = false
        /// Existing stores on local file systems.
        public init() {}
    }

    /// Whether this open made the store.
    public let wasCreated: Bool
    /// Things that a user should know about how the store was found.
    public let notices: [String]
    let log: EventLog
    let engine: ProjectionEngine
    let storeRules: RuleSet
    private let runner: QueryRunner

    private init(log: EventLog, wasCreated: Bool) throws {
        self.log = log
        self.wasCreated = wasCreated
        notices = log.notices
        storeRules = RuleSet.default
        engine = try ProjectionEngine(log: log, projections: QueryRunner.projections(storeRules))
        runner = QueryRunner(log: log, engine: engine, rules: storeRules)
    }

    /// Opens the store in a directory.
    ///
    /// - Throws: `RihlaError` with code `noStore`, `notAStore`, `newerFormat`, `damaged`, `shortened`, `permission`.
    public static func open(at path: String, options: Options = Options()) async throws -> JourneyStore {
        let isNew = !EventLog.isStore(at: path)
        let log = try EventLog(
            at: path,
            create: options.create,
            readOnly: options.readOnly,
            allowRemoteFileSystem: options.allowRemoteFileSystem
        )
        return try JourneyStore(log: log, wasCreated: isNew)
    }

    /// The last position of the log.
    public var head: Position { log.head.position }

    /// The rules in force.
    public func rules() throws -> RuleSet { storeRules }

    /// Appends events as one unit and answers for each in order; durable when it returns.
    ///
    /// - Throws: `RihlaError` with code `versionConflict` or `idConflict`: nothing was appended then.
    public func append(
        _ batch: EventBatch,
        to stream: StreamName? = nil,
        expecting expected: ExpectedVersion = .any,
        onConflict: AppendRequest.ConflictPolicy = .fail
    ) async throws -> [AppendOutcome] {
        try await log.append(AppendRequest(batch, to: stream, expecting: expected, onConflict: onConflict))
    }

    /// Answers a question; the views that it reads catch up first.
    public func answer(_ query: Query, bounds: QueryBounds = QueryBounds()) async throws -> Answer {
        try log.refresh()
        if bounds.isNow { try await engine.catchUp(QueryRunner.views(of: query)) }
        return try runner.answer(query, bounds: bounds)
    }

    /// Brings all views to the head.
    public func catchUp() async throws { try await engine.catchUp() }

    /// Visits the events after a position, in order; `body` returns false to stop.
    public func scan(after: Position, _ body: (Event) throws -> Bool) throws {
        try log.refresh()
        try log.scan(after: after, through: head, body)
    }

    /// Writes every event as NDJSON, complete: `import` of it gives the same store. Returns the last position.
    public func export(_ write: ([UInt8]) throws -> Void) throws -> Position {
        try log.refresh()
        let through = head
        var chunk: [UInt8] = []
        try log.scan(after: .start, through: through) { event in
            chunk.append(contentsOf: event.json.utf8)
            chunk.append(10)
            if chunk.count > 262_144 {
                try write(chunk)
                chunk.removeAll(keepingCapacity: true)
            }
            return true
        }
        if !chunk.isEmpty { try write(chunk) }
        return through
    }

    /// Writes what memory holds and lets the store go.
    public func close() async throws { try log.close() }
}
