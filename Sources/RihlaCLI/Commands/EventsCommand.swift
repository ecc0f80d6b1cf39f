// The log itself, as it was written.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyRules
internal import JourneyViews
internal import Rihla

struct EventsCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "The events of the log in order of position; with --follow also those to come."
    )
    static let examples = [
        "rihla events --store rihla-demo --limit 5", "rihla events --store rihla-demo --type deal_won --format ndjson",
    ]

    @Option(name: .customLong("after"), help: "Start behind this position.")
    var behind: UInt64 = 0
    @Option(name: .long, help: "Only events of this type.")
    var type: String?
    @Option(name: .long, help: "At most so many events.", transform: WholeNumber.read)
    var limit: Int?
    @Flag(name: .long, help: "Wait for more events until interrupted (as ndjson).")
    var follow = false
    @OptionGroup var read: ReadOptions

    /// No position is greater.
    private var after: UInt64 { min(behind, UInt64(Int64.max)) }

    func run() async throws {
        try await read.global.withStore { store in
            let times = try TimeText(zone: try read.bounds.zone ?? store.rules().timeZone)
            let asOf = try times.optional(read.bounds.asOf, "--as-of")
            let through = try store.position(asAt: try read.bounds.asAt.map { try times.asAt($0) })
            if let type { try checkType(type, store) }
            func isWanted(_ event: Event) -> Bool {
                (type == nil || event.type == type) && event.occurredAt <= asOf ?? .distantFuture
            }
            if follow { return try await printLive(store, isWanted) }
            if read.output.format == .ndjson, read.output.fields == nil {
                return try printStored(store, through, isWanted)
            }
            var answer = Answer("events", position: through)
            answer.asOf = asOf
            answer.rowsAreObjects = true
            answer.columns = [
                .init("event"), .init("position", number: true), .init("occurred_at"), .init("type"), .init("customer"),
                .init("deal"), .init("channel"), .init("campaign"), .init("amount", number: true), .init("id"),
                .init("source"),
            ]
            try store.scan(after: Position(after)) { event in
                guard event.position <= through, limit.map({ answer.rows.count < $0 }) ?? true else { return false }
                if isWanted(event) { answer.rows.append(EventsCommand.row(event)) }
                return true
            }
            answer.payload = [.init("events", .array(answer.rows.map { $0[0] }))]
            try Renderer(read.output, read.global).print(answer)
        }
    }

    private func checkType(_ type: String, _ store: JourneyStore) throws {
        let known = Array(Set(try store.eventTypes() + store.rules().knownTypes)).sorted()
        guard !known.contains(type) else { return }
        throw RihlaError(
            .usage,
            "there is no event type \"\(type)\" in the store or the rules",
            hint: Suggestion.nearest(to: type, in: known).map { "did you mean \"\($0)\"?" }
        )
    }

    private static func row(_ event: Event) -> [JSONValue] {
        [
            .raw(event.json), .count(event.position.rawValue), .time(event.occurredAt), .string(event.type),
            .text(event.customer), .text(event.deal), .text(event.channel), .text(event.campaign),
            .text(event.amount.map { $0.decimal + " " + $0.currency.code }), .string(event.id), .string(event.source),
        ]
    }

    private func printStored(_ store: JourneyStore, _ through: Position, _ isWanted: (Event) -> Bool) throws {
        var out: [UInt8] = []
        var count = 0
        try store.scan(after: Position(after)) { event in
            guard event.position <= through, limit.map({ count < $0 }) ?? true, !Task.isCancelled else { return false }
            if isWanted(event) {
                out += Array(event.json.utf8)
                out.append(10)
                count += 1
                if out.count > 262_144 {
                    try Output.standard.write(out)
                    out.removeAll(keepingCapacity: true)
                }
            }
            return true
        }
        try Output.standard.write(out)
    }

    private func printLive(_ store: JourneyStore, _ isWanted: (Event) -> Bool) async throws {
        var count = 0
        var position = Position(after)
        while !Task.isCancelled, limit.map({ count < $0 }) ?? true {
            var out: [UInt8] = []
            try store.scan(after: position) { event in
                position = event.position
                if isWanted(event), limit.map({ count < $0 }) ?? true {
                    out += Array(event.json.utf8)
                    out.append(10)
                    count += 1
                }
                return out.count < 1_048_576
            }
            if out.isEmpty { try await Task.sleep(for: .milliseconds(50)) } else { try Output.standard.write(out) }
        }
    }
}
