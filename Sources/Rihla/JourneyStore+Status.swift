// What a store says of itself: numbers, views, verification.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules
public import JourneyViews

extension JourneyStore {
    /// Where the views are.
    public func projections() async throws -> Answer { try await healing { try await projectionsOnce() } }

    private func projectionsOnce() async throws -> Answer {
        let current = try refreshed()
        let statuses = try current.engine.workers.map { ($0, try $0.status()) }
        // Looked at after the views: none of them is ahead of it.
        let log = try self.log.refresh()
        let head = log.head
        var answer = Answer("projections", position: head.position)
        answer.rules = current.rules.hash
        answer.columns = [
            .init("view"), .init("version", number: true), .init("checkpoint", number: true),
            .init("lag_events", number: true), .init("lag_seconds", number: true), .init("parked", number: true),
            .init("rows", number: true), .init("bytes", number: true),
        ]
        var views: [JSONValue] = []
        for (worker, status) in statuses {
            let lag = head.position.rawValue - min(status.checkpoint.rawValue, head.position.rawValue)
            var seconds = 0.0
            if lag > 0 {
                let next = try log.recordedAt(Position(status.checkpoint.rawValue + 1))
                seconds = Double(try log.recordedAt(head.position).rawValue - next.rawValue) / 1_000
            }
            let kind = worker.projection.key
            let parked = try status.parked.map { entry in
                JSONValue.object([
                    .init("key", .string(try log.symbolText(kind, entry.key))),
                    .init("position", .count(entry.position)),
                    .init("reason", .string(entry.reason)),
                ])
            }
            if !parked.isEmpty { answer.found = true }
            views.append(
                .object([
                    .init("view", .string(worker.projection.name)), .init("version", .count(worker.projection.version)),
                    .init("checkpoint", .count(status.checkpoint.rawValue)), .init("lag_events", .count(lag)),
                    .init("lag_seconds", .double(seconds)), .init("parked", .array(parked)),
                    .init("definition", .string(worker.definition)), .init("rows", .count(status.rows)),
                    .init("bytes", .int(status.bytes)),
                ])
            )
            answer.rows.append([
                .string(worker.projection.name), .count(worker.projection.version),
                .count(status.checkpoint.rawValue), .count(lag), .double(seconds), .count(parked.count),
                .count(status.rows), .int(status.bytes),
            ])
        }
        answer.payload = [.init("head", .count(head.position.rawValue)), .init("views", .array(views))]
        return answer
    }

    /// Makes views anew from the log; with `verify`, only compares them with a fold of the whole log.
    public func rebuild(_ views: [String] = [], verify: Bool = false) async throws -> Answer {
        try await healing { try await rebuildOnce(views, verify: verify) }
    }

    private func rebuildOnce(_ views: [String], verify: Bool) async throws -> Answer {
        let current = try refreshed()
        let engine = current.engine
        let names = views.isEmpty ? engine.workers.map(\.projection.name) : views
        var answer = Answer("rebuild", position: head)
        answer.rules = current.rules.hash
        answer.columns = [.init("view"), .init("rows", number: true), .init("equal")]
        if verify { try await engine.catchUp(names) } else { try await engine.rebuild(names) }
        for name in names {
            let differing = verify ? try engine.differences(name) : []
            let worker = try engine.worker(name)
            let rows = try worker.status().rows
            answer.rows.append([.string(name), .count(rows), verify ? .bool(differing.isEmpty) : .null])
            if !differing.isEmpty {
                answer.found = true
                let moment = log.snapshot
                let keys = try differing.prefix(10).map { try moment.symbolText(worker.projection.key, $0) }
                answer.notes.append("\(name): \(differing.count) rows differ, first \(keys.joined(separator: ", "))")
            }
        }
        answer.payload = [
            .init(
                "views",
                .array(
                    answer.rows.map {
                        .object([.init("view", $0[0]), .init("rows", $0[1]), .init("equal", $0[2])])
                    }
                )
            )
        ]
        if verify, !answer.found { answer.notes = ["every view equals a fold of the whole log"] }
        return answer
    }

    /// Counts and sizes.
    public func stats() async throws -> Answer { try await healing { try await statsOnce() } }

    private func statsOnce() async throws -> Answer {
        let current = try refreshed()
        let moment = log.snapshot
        let (head, hidden) = (moment.head, moment.hiddenCounts)
        var counts = [Int](repeating: 0, count: moment.symbolCount(.type) + 1)
        // Statements about identity name identifiers that no event is of.
        var isCustomer = [Bool](repeating: false, count: moment.symbolCount(.customer) + 1)
        var isDeal = [Bool](repeating: false, count: moment.symbolCount(.deal) + 1)
        var first = Int64.max
        var last = Int64.min
        try moment.scanFolds(after: 0, through: head.position.rawValue) { event in
            counts[Int(event.type)] += 1
            isCustomer[Int(event.customer)] = true
            isDeal[Int(event.deal)] = true
            first = min(first, event.occurredAt)
            last = max(last, event.occurredAt)
        }
        let names = try moment.symbolTexts(.type)
        let byType = names.enumerated().map { ($1, counts[$0 + 1]) }.filter { $0.1 > 0 }
            .sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
        let views = try current.engine.workers.reduce(Int64(0)) { try $0 + $1.status().bytes }
        var answer = Answer("stats", position: head.position)
        answer.rules = current.rules.hash
        let hasEvents = first <= last
        answer.payload = [
            .init("store_id", .string(head.storeIDText)), .init("epoch", .count(head.epoch)), .init("format", .int(2)),
            .init("head", .count(head.position.rawValue)),
            .init("events", .count(Int(head.position.rawValue) - hidden.own - hidden.takenBack)),
            .init("own_events", .count(hidden.own)), .init("taken_back", .count(hidden.takenBack)),
            .init("customers", .count(isCustomer.dropFirst().count { $0 })),
            .init("deals", .count(isDeal.dropFirst().count { $0 })),
            .init(
                "bytes",
                .object([
                    .init("log", .int(log.logBytes)), .init("index", .int(log.indexBytes)), .init("views", .int(views)),
                ])
            ),
            .init("by_type", .object(byType.map { .init($0.0, .count($0.1)) })),
            .init("first_event_at", hasEvents ? .time(Timestamp(milliseconds: first)) : .null),
            .init("last_event_at", hasEvents ? .time(Timestamp(milliseconds: last)) : .null),
        ]
        answer.columns = [.init("field"), .init("value")]
        answer.rows = answer.payload.map { [.string($0.key), $0.value] }
        return answer
    }

    /// Reads the whole store and says what is not as it was written. What is derived and damaged is made anew, and the answer
    /// says so.
    public func verify() async throws -> Answer {
        var report = try log.verify()
        if report.findings.isEmpty { try await verifyViews(&report) }
        return JourneyStore.answer(for: report)
    }

    /// Verifies the store in a directory, which may be too damaged to be opened: no damage ends the process, what cannot be
    /// opened is a finding. What is derived and damaged is made anew, where the store may be written.
    ///
    /// - Throws: `RihlaError` with code `noStore`, `notAStore`, `newerFormat`, `olderFormat` or `permission`.
    public static func verify(at path: String) async throws -> Answer {
        var report = try EventLog.examine(at: path)
        guard report.findings.isEmpty else { return answer(for: report) }
        let store = try await open(at: path)
        report.healed += store.log.notices.filter { $0.contains("made anew") }
        do {
            try store.log.verifyIndex(&report)
            try await store.verifyViews(&report)
        } catch {
            try await store.close()
            throw error
        }
        try await store.close()
        return answer(for: report)
    }

    /// Reads the files of all views. One that is damaged is made anew from the log.
    private func verifyViews(_ report: inout VerifyReport) async throws {
        let engine = try refreshed().engine
        var healed: [String] = []
        for worker in engine.workers {
            guard let reason = try worker.verify() else { continue }
            let name = worker.projection.name
            if log.isReadOnly {
                report.findings.append(
                    .init(kind: "view", position: nil, offset: nil, message: "the view \(name) is damaged: \(reason)")
                )
            } else {
                healed.append(name)
                report.healed.append("the view \(name) was made anew from the log: \(reason)")
            }
        }
        if !healed.isEmpty { try await healing { _ = try await engine.catchUp(healed) } }
    }

    static func answer(for report: VerifyReport) -> Answer {
        var answer = Answer("verify", position: report.head.position)
        answer.found = !report.findings.isEmpty
        answer.columns = [
            .init("kind"), .init("position", number: true), .init("offset", number: true), .init("message"),
        ]
        answer.rows = report.findings.map { finding in
            [
                .string(finding.kind), finding.position.map { .count($0.rawValue) } ?? .null,
                finding.offset.map { .int($0) } ?? .null, .string(finding.message),
            ]
        }
        answer.payload = [
            .init("ok", .bool(report.findings.isEmpty)),
            .init("healed", .array(report.healed.map { .string($0) })),
            .init(
                "checked",
                .object([
                    .init("events", .count(report.events)), .init("blocks", .count(report.blocks)),
                    .init("bytes", .int(report.bytes)),
                ])
            ),
            .init(
                "findings",
                .array(answer.rows.map { row in .object(zip(answer.columns, row).map { .init($0.name, $1) }) })
            ),
            .init(
                "head",
                .object([
                    .init("position", .count(report.head.position.rawValue)),
                    .init("hash", .string(report.head.chainText)),
                ])
            ),
        ]
        answer.notes = [
            report.findings.isEmpty
                ? "\(report.events) events in \(report.blocks) blocks verify; head \(report.head.chainText)"
                : "\(report.findings.count) findings"
        ]
        answer.notes += report.healed
        return answer
    }
}
