// The front door: opens a store directory and wires log, views and queries together.
public import JourneyEvents
internal import JourneyIngest
internal import JourneyLog
public import JourneyProjections
internal import JourneyRules
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
    let history: RulesHistory
    /// Read models of the caller's own.
    private let projections: [any Projection]
    private let wiring: Mutex<Wiring>

    /// What depends on the rules in force.
    struct Wiring: Sendable {
        let rules: RuleSet
        let engine: ProjectionEngine
        let runner: QueryRunner
        /// What engines of earlier rules had to say.
        var notices: [String] = []

        init(_ log: EventLog, _ history: RulesHistory, _ projections: [any Projection]) throws {
            rules = try history.entry(in: log.snapshot).rules
            engine = try ProjectionEngine(
                log: log,
                projections: QueryRunner.projections(rules) + projections,
                identity: rules.identityRules
            )
            runner = QueryRunner(engine: engine, history: history)
        }
    }

    private init(log: EventLog, wasCreated: Bool, projections: [any Projection]) throws {
        self.log = log
        self.wasCreated = wasCreated
        self.projections = projections
        notices = log.notices
        history = RulesHistory()
        wiring = Mutex(try Wiring(log, history, projections))
    }

    /// Looks whether another process has appended, and gives what goes with the rules that are in force now. What was
    /// given before goes on to work: its answers say by which rules they are.
    func refreshed() throws -> Wiring {
        let moment = try log.refresh()
        return try wiring.withLock { wiring in
            guard try history.entry(in: moment).rules.hash != wiring.rules.hash else { return wiring }
            var next = try Wiring(log, history, projections)
            next.notices = wiring.notices + wiring.engine.takeNotices()
            wiring = next
            return next
        }
    }

    /// Opens the store in a directory; `projections` are read models of your own, which it keeps beside the built-in ones.
    ///
    /// A process opens a directory once and shares the store; opening it again gives another object over the same files.
    /// - Throws: `RihlaError` with code `noStore`, `notAStore`, `newerFormat`, `damaged`, `shortened`, `permission`; `usage`
    ///   when a read model has a name that is taken or no lower-case word.
    public static func open(
        at path: String,
        options: Options = Options(),
        projections: [any Projection] = []
    ) async throws -> JourneyStore {
        let isNew = !EventLog.isStore(at: path)
        let log = try EventLog(
            at: path,
            create: options.create,
            readOnly: options.readOnly,
            allowRemoteFileSystem: options.allowRemoteFileSystem,
            kept: QueryRunner.keptProperties
        )
        return try JourneyStore(log: log, wasCreated: isNew, projections: projections)
    }

    /// The last position of the log.
    public var head: Position { log.head.position }

    /// Appends scanned events as one unit and answers for each in order; durable when it returns.
    ///
    /// - Throws: `RihlaError` with code `versionConflict` or `idConflict`: nothing was appended then.
    package func append(
        _ batch: EventBatch,
        to stream: StreamName? = nil,
        expecting expected: ExpectedVersion = .any,
        onConflict: AppendRequest.ConflictPolicy = .fail
    ) async throws -> [AppendOutcome] {
        try await log.append(AppendRequest(batch, to: stream, expecting: expected, onConflict: onConflict))
    }

    /// Answers a question; the views that it reads catch up first.
    ///
    /// The answer is at one position, which is at or past that of every append that returned before the call: all that it
    /// says holds for exactly the events up to it, also while others append. Long scans run off Swift's pool.
    public func answer(_ query: Query, bounds: QueryBounds = QueryBounds()) async throws -> Answer {
        try await healing { try await answerOnce(query, bounds) }
    }

    private func answerOnce(_ query: Query, _ bounds: QueryBounds) async throws -> Answer {
        let current = try refreshed()
        let runner = current.runner
        let views = QueryRunner.views(of: query)
        var settled: LogSnapshot?
        if bounds.isNow {
            settled = bounds.allowsStale ? try current.engine.standing(views) : nil
            if settled == nil { settled = try await current.engine.settle(views) }
        }
        let moment = settled ?? log.snapshot
        var answer = try await offPool { try runner.answer(query, bounds: bounds, at: moment) }
        if bounds.allowsStale, bounds.isNow, moment.position < head {
            answer.warnings.append(
                .init(
                    code: "stale",
                    message: "events behind the head of the log that the answer does not have",
                    count: Int(head.rawValue - moment.position.rawValue)
                )
            )
        }
        return answer
    }

    /// What the statement about identity at a position changed.
    func identityChange(at position: Position) async throws -> Answer {
        try await healing {
            let runner = try refreshed().runner
            let moment = log.snapshot
            return try await offPool { try runner.identityChange(at: position, of: moment) }
        }
    }

    /// Brings all views to the head.
    public func catchUp() async throws {
        try await healing { _ = try await refreshed().engine.catchUp() }
    }

    /// Runs `body`, and again when something derived was damaged that it came upon: that is made anew from the log first.
    ///
    /// - Throws: `RihlaError` with code `damaged` when the same part is damaged a second time.
    func healing<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        var attempts = 0
        while true {
            do {
                return try await body()
            } catch let fault as DerivedFault {
                attempts += 1
                guard attempts <= 8 else { throw fault.unreliable }
                let (log, engine) = (self.log, wiring.withLock { $0.engine })
                try await offPool {
                    switch fault.part {
                    case .index: try log.heal(fault)
                    case .view(let name): try engine.heal(name, fault)
                    }
                }
            }
        }
    }

    /// Catches up at the end of an ingest; false when the task was cancelled, be it while it waited for input. The events
    /// are in the log all the same, and the views go on from where they are another time.
    func catchUpUnlessCancelled() async throws -> Bool {
        guard !Task.isCancelled else { return false }
        do {
            try await catchUp()
            return true
        } catch is CancellationError {
            return false
        }
    }

    /// What users should know that has come up since this was last asked, such as a view that was made anew because its
    /// rules changed. It is not part of answers: the same store and question give the same bytes.
    public func takeNotices() -> [String] {
        wiring.withLock { wiring in
            defer { wiring.notices = [] }
            return wiring.notices + wiring.engine.takeNotices()
        }
    }

    /// Visits the events after a position, in order; `body` returns false to stop.
    public func scan(after: Position, _ body: (Event) throws -> Bool) throws {
        let moment = try log.refresh()
        try moment.scan(after: after, through: moment.position, body)
    }

    /// Writes every event as NDJSON, complete: `import` of it gives the same store. Returns the last position.
    public func export(_ write: ([UInt8]) throws -> Void) throws -> Position {
        let moment = try log.refresh()
        var chunk: [UInt8] = []
        try moment.scan(after: .start, through: moment.position) { event in
            chunk.append(contentsOf: event.json.utf8)
            chunk.append(10)
            if chunk.count > 262_144 {
                try write(chunk)
                chunk.removeAll(keepingCapacity: true)
            }
            return true
        }
        if !chunk.isEmpty { try write(chunk) }
        return moment.position
    }

    /// Writes what memory holds and lets the store go.
    public func close() async throws {
        wiring.withLock { $0.engine.close() }
        try log.close()
    }
}
