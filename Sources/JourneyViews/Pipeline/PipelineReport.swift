// The figures of pipelines as an answer shows them: objects for machines, rows and a summary for people.
internal import JourneyEvents

/// Figures as an answer shows them.
struct PipelineReport {
    private let query: PipelineQuery
    private let probabilities: StageProbabilities
    private var showsStages: Bool { query.by == nil || query.showsStages }
    private(set) var pipelines: [JSONValue] = []
    private(set) var rows: [[JSONValue]] = []
    private(set) var notes: [String] = []

    init(_ query: PipelineQuery, _ probabilities: StageProbabilities) {
        self.query = query
        self.probabilities = probabilities
    }

    private static let stageKeys = [
        "stage", "probability", "open", "amount", "weighted", "entered", "advanced", "moved_back", "won", "lost",
        "skipped", "rate", "dwell", "stuck",
    ]

    var columns: [Answer.Column] {
        var names = ["pipeline"] + (query.by == nil ? [] : ["group"])
        if showsStages {
            names += PipelineReport.stageKeys.filter { $0 != "dwell" } + ["dwell_p50_seconds", "dwell_p90_seconds"]
        } else {
            names += [
                "deals", "open", "open_amount", "won", "lost", "win_rate", "won_amount", "cycle_p50_seconds",
                "velocity_per_day",
            ]
        }
        return names.map { .init($0, number: !["pipeline", "group", "stage"].contains($0)) }
    }

    mutating func add(_ name: GroupName, _ group: PipelineFigures) {
        let stages = stageObjects(name.pipeline, group)
        let currencies = group.money.keys.sorted()
        var velocity = MoneySum()
        for currency in currencies {
            if let amount = group.money[currency]?.velocity(currency) { velocity.add(amount) }
        }
        let (openAmount, wonAmount) = (group.total(\.openAmount).json, group.total(\.wonAmount).json)
        pipelines.append(
            .object([
                .init("pipeline", .string(name.pipeline)), .init("group", .string(name.group)),
                .init("deals", .count(group.deals)), .init("open", .count(group.open)),
                .init("open_amount", openAmount),
                .init(
                    "stages",
                    .array(
                        stages.map { values in .object(zip(PipelineReport.stageKeys, values).map { .init($0, $1) }) }
                    )
                ),
                .init("won", .count(group.won)), .init("lost", .count(group.lost)),
                .init("win_rate", .number(group.winRate)), .init("won_amount", wonAmount),
                .init("lost_amount", group.total(\.lostAmount).json), .init("cycle", group.cycle.json),
                .init("velocity_per_day", velocity.json),
                .init("currencies", .array(currencies.map { inputs($0, group.money[$0] ?? .init()) })),
            ])
        )
        let head: [JSONValue] = [.string(name.pipeline)] + (query.by == nil ? [] : [.string(name.group)])
        if showsStages {
            // Stages that nobody was in are in the JSON only.
            for values in stages where values[5] != .count(0) || query.by == nil {
                rows.append(
                    head + values[..<12] + [values[13], values[12]["p50"] ?? .null, values[12]["p90"] ?? .null]
                )
            }
        } else {
            rows.append(
                head + [
                    .count(group.deals), .count(group.open), openAmount, .count(group.won), .count(group.lost),
                    .number(group.winRate), wonAmount, group.cycle.json["p50"] ?? .null, velocity.json,
                ]
            )
        }
        if query.by == nil { notes += summary(name.pipeline, group, velocity) }
    }

    /// The cells of each stage; deals that were never in one are in a row of their own.
    private func stageObjects(_ pipeline: String, _ group: PipelineFigures) -> [[JSONValue]] {
        var rows = zip(group.names, zip(group.fates.stages, group.stages)).map { name, figures -> [JSONValue] in
            let (fates, stage) = figures
            let known = probabilities.known[PipelinePlace(pipeline: pipeline, stage: name)]
            return cells(
                name,
                known?.isKnown == true ? known?.used.value : nil,
                fates,
                [stage.amount.json, stage.weighted.total().sum.json],
                [stage.dwell.json, .count(stage.stuck)]
            )
        }
        if group.fates.unstaged.entered > 0 {
            let empty: [JSONValue] = [Distribution().json, .count(0)]
            rows.append(cells("(none)", nil, group.fates.unstaged, [group.unstaged.json, .array([])], empty))
        }
        return rows
    }

    private func cells(
        _ name: String,
        _ probability: Double?,
        _ fates: StageFates.Stage,
        _ money: [JSONValue],
        _ dwell: [JSONValue]
    ) -> [JSONValue] {
        [.string(name), .number(probability), .count(fates.open)] + money + [
            .count(fates.entered), .count(fates.advanced), .count(fates.movedBack), .count(fates.won),
            .count(fates.lost), .count(fates.skipped), .number(fates.rate(strictVisits: query.strictVisits)),
        ] + dwell
    }

    /// What the velocity of a currency is made of.
    private func inputs(_ currency: Currency, _ money: PipelineFigures.Money) -> JSONValue {
        func amount(_ amount: Amount?) -> JSONValue { amount.map { MoneySum.json($0) } ?? .null }
        return .object([
            .init("currency", .string(currency.code)), .init("open", .count(money.open)),
            .init("won", .count(money.won)), .init("lost", .count(money.lost)),
            .init("win_rate", .number(money.winRate)), .init("win_rate_amount", .number(money.amountRate)),
            .init("mean_won", amount(money.meanWon(currency))), .init("mean_cycle_days", .number(money.meanCycleDays)),
            .init("velocity_per_day", amount(money.velocity(currency))),
        ])
    }

    private func summary(_ pipeline: String, _ group: PipelineFigures, _ velocity: MoneySum) -> [String] {
        func number(_ value: Double?) -> String {
            value.map { JSONValue.double(($0 * 100).rounded() / 100).text } ?? "–"
        }
        let rate = number(group.winRate)
        let lines = group.money.keys.sorted().map { currency -> String in
            let money = group.money[currency] ?? .init()
            let pace = money.velocity(currency).map { DealStep.text($0) + " a day" } ?? "no velocity"
            return "  \(currency.code): \(pace) = \(money.open) open × win rate \(number(money.winRate)) × "
                + "\(money.meanWon(currency).map { DealStep.text($0) } ?? "–") / \(number(money.meanCycleDays)) days; "
                + "win rate by amount \(number(money.amountRate))"
        }
        return [
            "\(pipeline): \(group.deals) deals: \(group.open) open, \(group.won) won, \(group.lost) lost; win rate \(rate)"
        ] + lines
    }
}
