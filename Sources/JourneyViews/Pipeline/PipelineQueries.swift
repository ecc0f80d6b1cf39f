// What is in the pipelines, what became of what was, and how fast: stage tables, win rates, cycles, velocity.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    func pipeline(_ query: PipelineQuery) throws -> Answer {
        try check(query.date, "date of deals", in: ["closed", "created"])
        let now = try latest()
        let book = try dealBook()
        try checkPipeline(query.pipeline, book)
        let probabilities = StageProbabilities(book, rules.pipelines, now: now, calibrated: query.calibrated)
        let groups = try dealGroups(book, by: query.by)
        var figures: [GroupName: PipelineFigures] = [:]
        for (entry, group) in zip(book.deals, groups) {
            let deal = entry.record
            guard query.pipeline == nil || deal.pipeline == query.pipeline, isInRange(deal, query) else { continue }
            let name = GroupName(pipeline: deal.pipeline, group: group)
            figures[name, default: PipelineFigures(book.stages[deal.pipeline] ?? [])]
                .add(deal, probabilities.of(deal), isStuck: book.dwell.isStuck(deal, now: now))
        }
        var totals: [String: Int] = [:]
        for (name, group) in figures { totals[name.pipeline, default: 0] += group.deals }
        let sorted = figures.sorted { a, b in
            let (first, second) = (totals[a.key.pipeline] ?? 0, totals[b.key.pipeline] ?? 0)
            if first != second { return first > second }
            if a.key.pipeline != b.key.pipeline {
                return a.key.pipeline.utf8.lexicographicallyPrecedes(b.key.pipeline.utf8)
            }
            if a.value.deals != b.value.deals { return a.value.deals > b.value.deals }
            return a.key.group.utf8.lexicographicallyPrecedes(b.key.group.utf8)
        }
        var answer = Answer("pipeline")
        var report = PipelineReport(query, probabilities)
        for (name, group) in sorted { report.add(name, group) }
        answer.payload = [
            .init("by", .text(query.by)), .init("date", .string(query.date)),
            .init("from", .time(query.from)), .init("to", .time(query.to)),
            .init("pipelines", .array(report.pipelines)),
        ]
        (answer.columns, answer.rows) = (report.columns, report.rows)
        answer.notes = book.deals.isEmpty ? [QueryFrame.noDeals] : report.notes
        answer.warnings += [probabilities.warning(book)].compactMap { $0 }
        return answer
    }

    /// A range of closing dates is about the deals that closed; the open ones are what the pipeline has now.
    private func isInRange(_ deal: DealRecord, _ query: PipelineQuery) -> Bool {
        guard query.from != nil || query.to != nil else { return true }
        if query.date == "closed", deal.state == .open { return true }
        guard let time = query.date == "closed" ? deal.closed : deal.created else { return false }
        return time >= query.from?.rawValue ?? .min && time < query.to?.rawValue ?? .max
    }
}

/// A group of deals in a pipeline.
struct GroupName: Hashable {
    var pipeline: String
    var group: String
}
