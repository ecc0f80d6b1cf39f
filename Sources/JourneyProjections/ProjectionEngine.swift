// The engine brings views to the head of the log before they answer, makes them anew when they must be, and folds into
// memory when a question has bounds. All three run the same folds over the same groups.
internal import JourneyEvents
public import JourneyLog

/// Runs the read models of a store.
public final class ProjectionEngine: Sendable {
    /// The log that is folded.
    public let log: EventLog
    /// One worker for each view.
    public let workers: [ProjectionWorker]

    /// Opens the views of these projections.
    public init(log: EventLog, projections: [any Projection]) throws {
        self.log = log
        workers = try projections.map { try ProjectionWorker($0, log: log) }
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

    /// Brings views to the head of the log; returns the names of those that were made anew.
    @discardableResult
    public func catchUp(_ names: [String]? = nil) async throws -> [String] {
        let chosen = try names.map { try $0.map { try worker($0) } } ?? workers
        let head = log.head
        guard !log.isReadOnly else { return [] }
        let stale = try chosen.filter { try $0.needsRebuild(for: head) }
        let staleNames = stale.map(\.projection.name)
        try await rebuild(stale, head)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in chosen where !staleNames.contains(worker.projection.name) {
                group.addTask { try await worker.catchUp(to: head) }
            }
            try await group.waitForAll()
        }
        return staleNames
    }

    /// Makes views anew from the log.
    public func rebuild(_ names: [String]? = nil) async throws {
        let chosen = try names.map { try $0.map { try worker($0) } } ?? workers
        try await rebuild(chosen, log.head)
    }

    private func rebuild(_ chosen: [ProjectionWorker], _ head: LogHead) async throws {
        guard !chosen.isEmpty else { return }
        let bounds = EventBounds(through: head.position)
        let log = self.log
        // Views of one key share the groups when all events fit into one range; else each view goes over the ranges.
        for key in [SymbolKind.customer, .deal] {
            let workers = chosen.filter { $0.projection.key == key }
            guard !workers.isEmpty else { continue }
            let shared = head.position.rawValue <= UInt64(EventGroups.capacity) && workers.count > 1
            var groups: [EventGroups] = []
            if shared {
                var ranges = try EventGroups.Ranges(log, key: key, bounds: bounds)
                while let part = try ranges.next() { groups.append(part) }
            }
            let parts = groups
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in workers {
                    group.addTask {
                        let source =
                            shared
                            ? GroupSource.made(parts)
                            : .ranges(try EventGroups.Ranges(log, key: key, bounds: bounds))
                        try await worker.rebuild(head: head, source)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Visits the rows of a view at the head: stored ones, after ``catchUp(_:)``.
    public func eachRow(_ name: String, _ body: (UInt32, Span<UInt8>) throws -> Void) throws {
        try worker(name).eachRow(body)
    }

    /// Folds the events inside bounds into rows in memory, in ascending order of key.
    public func fold(
        _ projection: any Projection,
        bounds: EventBounds,
        _ body: (UInt32, Span<UInt8>) throws -> Void
    ) throws {
        let projection = try projection.prepared(for: log)
        var ranges = try EventGroups.Ranges(log, key: projection.key, bounds: bounds)
        while let groups = try ranges.next() {
            for row in try ProjectionWorker.fold(projection, groups, log).rows {
                if let bytes = row.bytes { try body(row.key, bytes.span) }
            }
        }
    }

    /// Folds the events of one key inside bounds; nil when it has no row.
    public func foldOne(_ projection: any Projection, key: UInt32, bounds: EventBounds) throws -> [UInt8]? {
        let projection = try projection.prepared(for: log)
        let positions = try log.positions(projection.key, key, through: bounds.through)
        let events = try log.folds(at: positions).filter { bounds.contains($0) }
        guard !events.isEmpty else { return nil }
        return try ProjectionWorker.fold(projection, EventGroups(key: key, events: events), log).rows.first?.bytes
    }

    /// Compares the stored rows of a view with a fold of the whole log; the keys that differ.
    public func differences(_ name: String) throws -> [UInt32] {
        let worker = try worker(name)
        let checkpoint = try worker.status().checkpoint
        var stored: [(UInt32, [UInt8])] = []
        try worker.eachRow { key, bytes in
            var copy: [UInt8] = []
            for index in bytes.indices { copy.append(bytes[index]) }
            stored.append((key, copy))
        }
        var differing: [UInt32] = []
        var at = 0
        try fold(worker.projection, bounds: EventBounds(through: checkpoint)) { key, bytes in
            while at < stored.count, stored[at].0 < key {
                differing.append(stored[at].0)
                at += 1
            }
            var same = at < stored.count && stored[at].0 == key && stored[at].1.count == bytes.count
            if same { for index in bytes.indices where bytes[index] != stored[at].1[index] { same = false } }
            if !same { differing.append(key) }
            if at < stored.count, stored[at].0 == key { at += 1 }
        }
        return differing + stored[at...].map(\.0)
    }
}
