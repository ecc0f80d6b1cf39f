// The engine brings views to the head of the log before they answer, makes them anew when they must be, and folds into
// memory when a question has bounds. All three run the same folds over the same groups.
public import JourneyEvents
public import JourneyLog
internal import LMDB
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
        try self.init(log: log, projections: projections, identity: identity, partBytes: 64 << 20)
    }

    /// An engine whose rebuilds write `partBytes` of rows in one transaction.
    init(
        log: EventLog,
        projections: [any Projection],
        identity rules: IdentityRules = IdentityRules(),
        partBytes: Int
    ) throws {
        self.log = log
        let identity = IdentityResolver(log, rules)
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
        let head = log.head
        guard !log.isReadOnly else { return [] }
        var stale: [ProjectionWorker] = []
        var behind: [ProjectionWorker] = []
        for worker in chosen {
            switch try worker.standing(to: head) {
            case .reached: continue
            case .behind: behind.append(worker)
            case .stale(let reason):
                stale.append(worker)
                if let reason { note(worker, reason) }
            }
        }
        guard !stale.isEmpty || !behind.isEmpty else { return [] }
        do {
            try await rebuild(stale, head)
        } catch let error as RihlaError where error.code == .busy {
            // Another process makes the same view anew and will complete it. Until then answers fold in memory.
            stale = []
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in behind { group.addTask { try await worker.catchUp(to: head) } }
            try await group.waitForAll()
        }
        return stale.map(\.projection.name)
    }

    /// Brings views to the head and gives the position that answers from them are at: where all of them stand.
    public func settle(_ names: [String]) async throws -> Position {
        let head = log.head
        try await catchUp(names)
        let states = try workers(names).map { try $0.store.state() }
        guard let first = states.first, let state = first, state.checkpoint >= head.position.rawValue,
            states.allSatisfy({ $0?.checkpoint == state.checkpoint })
        else { return head.position }
        // Another process may have moved the views past what this one knew a moment ago.
        if state.checkpoint > log.head.position.rawValue { try log.refresh() }
        return min(Position(state.checkpoint), log.head.position)
    }

    /// The position at which all of these views stand without catching up; nil when they stand apart or are not made.
    public func standing(_ names: [String]) throws -> Position? {
        var common: Position?
        for worker in try workers(names) {
            let status = try worker.status()
            guard status.isCurrent, status.checkpoint <= log.head.position,
                common ?? status.checkpoint == status.checkpoint
            else { return nil }
            common = status.checkpoint
        }
        return common
    }

    /// Makes views anew from the log. The old rows serve until the new ones are complete; a cancelled or failed rebuild
    /// leaves them as they are.
    public func rebuild(_ names: [String]? = nil) async throws {
        guard !log.isReadOnly else { throw RihlaError(.permission, "the store was opened for reading only") }
        try await rebuild(try workers(names), log.head)
    }

    private func rebuild(_ chosen: [ProjectionWorker], _ head: LogHead) async throws {
        guard !chosen.isEmpty else { return }
        let prepared = try chosen.map { ($0, try $0.projection.prepared(for: log)) }
        let bounds = EventBounds(through: head.position)
        let hasCustomers = chosen.contains { $0.projection.key == .customer }
        let persons = hasCustomers ? try identity.map(bounds) : IdentityMap()
        guard head.position.rawValue <= EventPartitions.mostEvents, chosen.count <= PropertyTable.mostFolds else {
            // Too many events for memory: each view goes over ranges of keys.
            let log = self.log
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (worker, projection) in prepared {
                    group.addTask {
                        let ranges = try EventGroups.Ranges(
                            log,
                            key: projection.key,
                            bounds: bounds,
                            identity: persons
                        )
                        try await worker.rebuild(projection, head: head, .ranges(ranges))
                    }
                }
                try await group.waitForAll()
            }
            return
        }
        try await rebuildTogether(prepared, head, persons)
    }

    /// Rebuilds views together: one pass over the columns parts the events by customer and by deal, while the properties that
    /// any of the views reads are looked up.
    private func rebuildTogether(
        _ prepared: [(ProjectionWorker, any Projection)],
        _ head: LogHead,
        _ persons: IdentityMap
    ) async throws {
        let (log, projections) = (self.log, prepared.map(\.1))
        let through = head.position.rawValue
        let shared = SharedProperties(log, keys: projections.map(\.propertyKeys), through: through)
        async let reading: Void = offPool {
            // Opened here, since opening reads the pages of a view to check them.
            for (worker, _) in prepared { _ = try worker.store }
            var found = PropertyReaders(projections)
            try log.scanKinds(through: through) { position, type, channel, hasDeal in
                found.add(position, type, hasChannel: channel != 0, hasDeal: hasDeal)
            }
            shared.start(found)
            try shared.help()
        }
        let parts = try parts(of: Set(projections.map(\.key)), through: through, persons)
        try shared.help()
        try await reading
        let tables = shared.tables()
        // More folds at once than processors would only push each other's events out of the caches.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, ((worker, projection), table)) in zip(prepared, tables).enumerated() {
                guard let parts = parts[projection.key] else { continue }
                if index >= Processors.count { try await group.next() }
                group.addTask { try await worker.rebuild(projection, head: head, .parts(parts, next: 0, table)) }
            }
            try await group.waitForAll()
        }
    }

    /// All events through a position by person, by deal or both, from one pass over the columns.
    private func parts(of kinds: Set<SymbolKind>, through: UInt64, _ persons: IdentityMap) throws -> [SymbolKind:
        EventPartitions]
    {
        let wantsCustomers = kinds.contains(.customer)
        let wantsDeals = kinds.contains(.deal)
        // What nobody folds has no parts; one event in four, if so many, names a deal.
        var customers = EventPartitions(
            by: .customer,
            keyCount: wantsCustomers ? log.symbolCount(.customer) : 0,
            expected: wantsCustomers ? Int(through) : 0,
            persons
        )
        var deals = EventPartitions(
            by: .deal,
            keyCount: wantsDeals ? log.symbolCount(.deal) : 0,
            expected: wantsDeals ? Int(through) / 4 : 0,
            persons
        )
        try log.scanFoldBlocks(after: 0, through: through) { events in
            for event in events {
                customers.add(event)
                if event.deal != 0 { deals.add(event) }
            }
        }
        return [.customer: customers, .deal: deals]
    }
}
