// What is won and what is expected, period by period, and what slipped.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    func forecast(_ query: ForecastQuery) throws -> Answer {
        try check(query.period, "period of a forecast", in: ["week", "month", "quarter"])
        guard (1...1_000).contains(query.periods), (0...1_000).contains(query.past) else {
            throw RihlaError(
                .usage,
                "a forecast has 1 to 1000 periods and up to 1000 past ones, not \(query.periods) and \(query.past)"
            )
        }
        let zone = query.zone ?? rules.timeZone
        let now = try latest()
        let book = try dealBook()
        try checkPipeline(query.pipeline, book)
        let probabilities = StageProbabilities(book, rules.pipelines, now: now, calibrated: query.calibrated)
        var run = try ForecastRun(query, zone: zone, now: now, today: try today(zone: zone))
        for entry in book.deals {
            let deal = entry.record
            guard query.pipeline == nil || deal.pipeline == query.pipeline,
                query.owner == nil || deal.owner == query.owner
            else { continue }
            run.add(entry.id, deal, probabilities.of(deal))
        }
        var answer = Answer("forecast")
        var list: [JSONValue] = []
        // Without any event there is no now, and no period that it is in.
        for index in run.sums.indices where now != .min {
            let (sum, slipped) = (run.sums[index], run.slipped[index])
            let name = JSONValue.string(run.periods.name(of: index))
            let total = sum.total
            let money =
                ForecastCategory.allCases.map { JSONValue.Member($0.rawValue, sum.amount($0).json) } + [
                    .init("weighted", total.sum.json)
                ]
            var members: [JSONValue.Member] = [
                .init("period", name), .init("starts", .string(run.periods.firstDate(of: index))),
            ]
            members += money + [.init("deals", .count(sum.items.count)), .init("slipped", slipped.json)]
            if query.listsDeals {
                let rows = dealRows(sum, total.shares)
                members.append(
                    .init("items", .array(rows.map { .object(zip(QueryFrame.itemKeys, $0).map { .init($0, $1) }) }))
                )
                answer.rows += rows.map { [name] + $0 }
            } else {
                answer.rows.append([name] + money.map(\.value) + [.count(slipped.deals), slipped.amount.json])
            }
            list.append(.object(members))
        }
        let keys =
            query.listsDeals
            ? QueryFrame.itemKeys
            : ForecastCategory.allCases.map(\.rawValue) + ["weighted", "slipped_deals", "slipped_amount"]
        let texts: Set<String> = ["deal", "owner", "stage", "expected_close", "category"]
        answer.columns = [.init("period")] + keys.map { .init($0, number: !texts.contains($0)) }
        answer.payload = [
            .init("period", .string(query.period)), .init("zone", .string(zone)),
            .init("calibrated", .bool(query.calibrated)), .init("periods", .array(list)),
            .init("overdue", run.overdue.json), .init("before", run.before.json), .init("later", run.later.json),
            .init("undated", run.undated.json), .init("probabilities", probabilities.json(book)),
        ]
        answer.notes =
            book.deals.isEmpty
            ? [QueryFrame.noDeals]
            : [
                "overdue: \(words(run.overdue))",
                "open before these periods: \(words(run.before)); after them: \(words(run.later)); "
                    + "without a date: \(words(run.undated))",
            ]
        answer.warnings += [probabilities.warning(book)].compactMap { $0 }
        return answer
    }

    private static let itemKeys = [
        "deal", "owner", "stage", "expected_close", "category", "probability", "amount", "weighted",
    ]

    /// The deals of a period, the surest first.
    private func dealRows(_ sum: ForecastSum, _ shares: [Int: Amount]) -> [[JSONValue]] {
        let order = ForecastCategory.allCases
        return sum.items.enumerated().sorted { a, b in
            let (first, second) = (order.firstIndex(of: a.element.category), order.firstIndex(of: b.element.category))
            return first != second ? first ?? 0 < second ?? 0 : a.offset < b.offset
        }
        .map { index, item in
            [
                .string(item.id), .text(item.deal.owner), .text(item.deal.stage), .text(item.deal.expectedClose),
                .string(item.category.rawValue), .double(item.probability.value),
                item.deal.amount.map { MoneySum.json($0) } ?? .null, shares[index].map { MoneySum.json($0) } ?? .null,
            ]
        }
    }

    private func words(_ sum: ForecastSum) -> String {
        let amount = sum.amount().parts.map {
            MoneySum.decimal($0.micros, $0.currency, scale: $0.scale) + " " + $0.currency.code
        }
        return "\(sum.items.count) deals" + (amount.isEmpty ? "" : " (" + amount.joined(separator: "; ") + ")")
    }
}
