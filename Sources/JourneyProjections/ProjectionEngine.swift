// The engine brings views to the head of the log before they answer, makes them anew when they must be, and folds into
// memory when a question has bounds. All three run the same folds over the same groups.
internal import JourneyEvents
public import JourneyLog
internal import Platform
internal import Synchronization

/// Runs the read models of a store.
public final class ProjectionEngine: Sendable {
    /// The log that is folded.
    public let log: EventLog
    /// Who is who, by the rules of the store: customers of views are persons.
    public let identity: IdentityResolver
    /// One worker for each view.
    public let workers: [ProjectionWorker]
    private let notices = Mutex<[String]>([])

    /// Opens the views of these projections.
    ///
    /// - Throws: `RihlaError` with code `usage` when two have one name, or a name is not lower-case letters and digits.
    public convenience init(log: EventLog, projections: [any Projection], identity: IdentityRules = IdentityRules())
        throws
    {
        try self.init(log: log, projections: projections, identity: identity, partBytes: 1 << 20)
    }

    /// An engine whose rebuilds write `partBytes` of rows in one transaction.
    init(
        log: EventLog,
        projections: [any Projection],
        identity rules: IdentityRules = IdentityRules(),
        partBytes: Int
    ) throws {
        self.log = log
        let identity = IdentityResolver(rules)
        self.identity = identity
        var names: Set<String> = []
        for projection in projections {
            let name = projection.name
            let isWord = name.utf8.allSatisfy { $0 >= 97 && $0 <= 122 || $0 >= 48 && $0 <= 57 }
            guard isWord, let first = name.utf8.first, first >= 97,
                projection.key == .customer || projection.key == .deal
            else {
                throw RihlaError(
                    .usage,
                    "the read model \"\(name)\" cannot be kept",
                    hint: "its name is lower-case letters and digits, its key customer or deal"
                )
            }
            guard names.insert(name).inserted else {
                throw RihlaError(.usage, "two read models are named \"\(name)\"", hint: "give one another name")
            }
        }
        workers = projections.map { ProjectionWorker($0, log: log, identity: identity, partBytes: partBytes) }
    }

    /// The worker of a view.
    public func worker(_ name: String) throws -> ProjectionWorker {
        guard let worker = workers.first(where: { $0.projection.name == name }) else {
            throw RihlaError(
                .notFound,
                "there is no view \"\(name)\"",
                hint: "views: " + workers.map(\.projection.name).joined(separator: ", ")
            )
        }
        return worker
    }

    /// Lets the views go, so that the next to open them finds them closed as they should be.
    package func close() { for worker in workers { worker.close() } }

    private func workers(_ names: [String]?) throws -> [ProjectionWorker] {
        try names.map { try $0.map { try worker($0) } } ?? workers
    }

    /// What users should know that was found since this was last asked: views that were made anew, and why.
    public func takeNotices() -> [String] {
        notices.withLock { notices in
            defer { notices = [] }
            return notices
        }
    }

    /// Empties the view in which a reader has come upon a fault, unless that has happened since: it is made anew when it is next
    /// asked.
    ///
    /// - Throws: `RihlaError` with code `damaged` when it was damaged in this process before.
    package func heal(_ name: String, _ fault: DerivedFault) throws {
        try worker(name).store.heal(fault)
        notices.withLock { $0.append("the view \(name) was damaged and is made anew from the log") }
    }

    private func note(_ worker: ProjectionWorker, _ reason: String) {
        notices.withLock { notices in
            guard notices.count < 100 else { return }
            notices.append("the view \(worker.projection.name) was made anew: \(reason)")
        }
    }

    /// Brings views to the head of the log; returns the names of those that were made anew.
    @discardableResult
    public func catchUp(_ names: [String]? = nil) async throws -> [String] {
        let chosen = try workers(names)
        let moment = log.snapshot
        guard !log.isReadOnly else { return [] }
        var stale: [ProjectionWorker] = []
        var behind: [ProjectionWorker] = []
        for worker in chosen {
            switch try worker.standing(to: moment) {
            case .reached: continue
            case .behind: behind.append(worker)
            case .stale(let reason):
                stale.append(worker)
                if let reason { note(worker, reason) }
            }
        }
        guard !stale.isEmpty || !behind.isEmpty else { return [] }
        do {
            try await rebuild(stale, moment)
        } catch let error as RihlaError where error.code == .busy {
            // Another process makes the same view anew and will complete it. Until then answers fold in memory.
            stale = []
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in behind { group.addTask { try await worker.catchUp(to: moment) } }
            try await group.waitForAll()
        }
        return stale.map(\.projection.name)
    }

    /// Brings views to the head and gives the moment that answers from them are at: where all of them stand.
    public func settle(_ names: [String]) async throws -> LogSnapshot {
        let before = log.snapshot
        try await catchUp(names)
        let states = try workers(names).map { try $0.store.state() }
        guard let first = states.first, let state = first, state.point.position >= before.position,
            states.allSatisfy({ $0?.point == state.point })
        else { return before }
        // Another process may have moved the views past what this one knew a moment ago.
        let now = state.point.position > before.position ? try log.refresh() : before
        return try now.proves(state.point) ? now.through(state.point.position) : before
    }

    /// The moment at which all of these views stand without catching up; nil when they stand apart or are not made.
    public func standing(_ names: [String]) throws -> LogSnapshot? {
        let now = log.snapshot
        var common: Position?
        for worker in try workers(names) {
            let status = try worker.status()
            guard status.isCurrent, status.checkpoint <= now.position,
                common ?? status.checkpoint == status.checkpoint
            else { return nil }
            common = status.checkpoint
        }
        return common.map { now.through($0) }
    }

    /// Makes views anew from the log. The old rows serve until the new ones are complete; a cancelled or failed rebuild
    /// leaves them as they are.
    public func rebuild(_ names: [String]? = nil) async throws {
        guard !log.isReadOnly else { throw RihlaError(.permission, "the store was opened for reading only") }
        try await rebuild(try workers(names), log.snapshot)
    }

    private func rebuild(_ chosen: [ProjectionWorker], _ log: LogSnapshot) async throws {
        guard !chosen.isEmpty else { return }
        let typeCount = log.symbolCount(.type)
        let prepared = try chosen.map { ($0, try $0.projection.prepared(for: log)) }
        let bounds = EventBounds(through: log.position)
        let hasCustomers = chosen.contains { $0.projection.key == .customer }
        let persons = hasCustomers ? try identity.map(log, bounds) : IdentityMap()
        let through = log.position.rawValue
        let linked = try LinkedJourneys(log, persons, through: through, mostEvents: ProjectionEngine.mostLinkedEvents)
        let journeys = try JourneyReader.readers(log, Set(prepared.map(\.1.key)), through: through)
        // More folds at once than processors would only push each other's events out of the caches.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, (worker, projection)) in prepared.enumerated() {
                guard let journeys = journeys[projection.key] else { continue }
                if index >= Processors.count { try await group.next() }
                group.addTask {
                    // Too many linked events for memory: they are read a range of persons at a time.
                    let source: GroupSource =
                        projection.key == .customer && linked == nil
                        ? .ranges(try EventGroups.Ranges(log, key: .customer, bounds: bounds, identity: persons))
                        : .journeys(PersonJourneys(projection, journeys, typeCount: typeCount, linked))
                    try await worker.rebuild(projection, log, source)
                }
            }
            try await group.waitForAll()
        }
    }

    /// So many events of persons with several identifiers are gathered in memory (48 bytes each).
    private static let mostLinkedEvents = 2 << 20
}
