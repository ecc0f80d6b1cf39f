// The tour: a store of made-up journeys, the main questions, and what to try next.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews
internal import Rihla

struct DemoCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Builds a store from made-up journeys and asks it the main questions."
    )
    static let examples = ["rihla demo", "rihla demo --store rihla-demo"]

    @Option(name: .long, help: ArgumentHelp("The store's directory.", valueName: "dir"))
    var store = "./rihla-demo"
    @Flag(name: .long, help: "No colour.")
    var noColor = false

    func run() async throws {
        var global = try GlobalOptions.parse(["--store", store])
        global.noColor = noColor
        try await global.withStore(create: true) { store in
            var batch = EventBatch()
            let events = DemoJourneys.make()
            for event in events { event.add(to: &batch) }
            let head = store.head
            _ = try await store.append(batch)
            let isNew = head != store.head
            try say("\(events.count) events of 240 people \(isNew ? "went into" : "are in") \(self.store).")
            for (title, query) in questions {
                try say("\n\(title)")
                let answer = try await store.answer(query)
                try Renderer(FormatOptions.parse([]), global).print(answer)
            }
        }
        try say(next)
    }

    private var questions: [(String, Query)] {
        var attribution = AttributionQuery()
        attribution.models = ["first", "last", "linear"]
        attribution.conversion = "deal_won"
        attribution.lookbackMilliseconds = 90 * 86_400_000
        var funnel = FunnelQuery()
        funnel.steps = ["lead_created", "lead_accepted", "deal_created", "deal_won"]
        funnel.windowMilliseconds = 90 * 86_400_000
        return [
            ("Where is everybody in the lifecycle?", .stages),
            ("How far do leads get within 90 days?", .funnel(funnel)),
            ("Which channels earned the won deals?", .attribution(attribution)),
            ("What happened to deal d-7?", .timeline(.deal("d-7"), from: nil, to: nil, limit: nil)),
            ("Who earned its money, and why?", .explainCredit(conversion: "d-7-won", model: "linear")),
        ]
    }

    private var next: String {
        """

        Try next:
          rihla customer user_id:u-7 --store \(store)
          rihla stages --store \(store) --as-of 2026-02-01
          rihla attribution --store \(store) --model position,time-decay --by campaign
          rihla pipeline --by owner --store \(store)
          rihla brief user_id:u-7 --store \(store)
          rihla report --period month --as-of 2026-03-01 --html report.html --store \(store)
          rihla verify --store \(store)
          rihla rebuild --verify --store \(store)

        """
    }

    private func say(_ text: String) throws { try Output.standard.write(text + "\n") }
}
