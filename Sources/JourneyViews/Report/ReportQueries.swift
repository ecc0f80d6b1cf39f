// One report that both teams read: the period, the one before, and the answers that belong to it, all at one position.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyRules

extension QueryFrame {
    /// The report. `before` is the point of view of the end of the period before: what its own report said.
    func report(
        _ query: ReportQuery,
        _ periods: ReportPeriods?,
        before: QueryFrame?,
        at frame: (Int64) throws -> QueryFrame
    ) throws -> Answer {
        var answer = Answer("report")
        answer.columns = [.init("figure"), .init("now", number: true), .init("before", number: true)]
        let activity = try activity(in: periods?.now ?? 0..<0)
        let facts: [JSONValue.Member] = [
            .init("events", .count(activity.all)), .init("position", .count(activity.last)),
            .init("last_event_at", activity.all == 0 ? .null : time(activity.latest)),
        ]
        guard let periods, let before else {
            answer.payload = [.init("period", .null), .init("facts", .object(facts))]
            answer.notes = ["no events yet: `rihla ingest FILE` takes them in"]
            return answer
        }
        let now = try ReportFacts(self, periods.now, models: query.models)
        let then = try ReportFacts(before, periods.before, models: [ReportQuery.model])
        let figures = zip(try now.figures, try then.figures).map { ($0.name, $0.value, $1.value) }
        answer.rows = figures.map { [.string($0), $1, $2] }
        answer.payload =
            periods.json + [
                .init("facts", .object(facts)),
                .init(
                    "figures",
                    .array(
                        figures.map { .object([.init("figure", .string($0)), .init("now", $1), .init("before", $2)]) }
                    )
                ),
                .init("trend", try trend(periods, now)),
                .init("changes", try ReportChanges(now: now, before: then, periods: periods).json),
                .init("parts", .array(try parts(query, periods, now, at: frame))),
            ]
        return answer
    }

    /// The answers of other questions, each with the command that asks it.
    private func parts(
        _ query: ReportQuery,
        _ periods: ReportPeriods,
        _ facts: ReportFacts,
        at frame: (Int64) throws -> QueryFrame
    ) throws -> [JSONValue] {
        let (from, to) = periods.days
        let range = " --from \(from) --to \(to)"
        let (start, end) = (
            Timestamp(milliseconds: periods.now.lowerBound), Timestamp(milliseconds: periods.now.upperBound)
        )
        var paths = AttributionQuery()
        (paths.from, paths.to) = (start, end)
        var channels = ChannelQuery()
        (channels.model, channels.from, channels.to, channels.zone) = (ReportQuery.model, start, end, query.zone)
        var cohorts = CohortQuery()
        (cohorts.by, cohorts.zone) = (periods.unit.rawValue, query.zone)
        (cohorts.from, cohorts.to) = (Timestamp(milliseconds: periods.trendStart.time), end)
        var bottlenecks = BottleneckQuery()
        bottlenecks.variants = 0
        var deals = bottlenecks
        deals.over = "deals"
        var forecast = ForecastQuery()
        (forecast.period, forecast.past, forecast.zone) = (periods.unit.rawValue, 1, query.zone)
        var kpis = KPIQuery()
        (kpis.period, kpis.zone) = (periods.unit.rawValue, query.zone)
        var handOffs = SLAQuery()
        (handOffs.from, handOffs.to, handOffs.limit) = (start, end, 0)
        let since = " --by \(periods.unit.rawValue) --from \(periods.trendStart.day) --to \(to)"
        return [
            part("kpis", "kpis --period \(periods.unit.rawValue)", try self.kpis(kpis, at: frame)),
            part("stages", "stages", try stages()),
            part("funnel", "funnel", try funnel(FunnelQuery())),
            part("attribution", "attribution --model \(query.models.joined(separator: ","))\(range)", facts.credits),
            part("paths", "paths\(range) --limit 10", try self.paths(paths, limit: 10)),
            part("channels", "channels --model \(ReportQuery.model)\(range)", try self.channels(channels)),
            part("pipeline", "pipeline", try pipeline(PipelineQuery())),
            part("open_deals", "deals --state open", try openDeals(facts.book, zone: query.zone)),
            part("forecast", "forecast --period \(periods.unit.rawValue) --past 1", try self.forecast(forecast)),
            part("cohorts", "cohorts\(since)", try self.cohorts(cohorts)),
            part("objections", "objections", try objections(ObjectionQuery())),
            part("sla", "sla\(range)", try sla(handOffs)),
            part("bottlenecks", "bottlenecks --variants 0", try self.bottlenecks(bottlenecks)),
            part("deal_bottlenecks", "bottlenecks --over deals --variants 0", try self.bottlenecks(deals)),
        ]
    }

    private func part(_ name: String, _ command: String, _ answer: Answer) -> JSONValue {
        part(name, command, answer.payload)
    }

    private func part(_ name: String, _ command: String, _ payload: [JSONValue.Member]) -> JSONValue {
        .object([
            .init("part", .string(name)), .init("command", .string("rihla " + command)),
            .init("answer", .object(payload)),
        ])
    }
}
