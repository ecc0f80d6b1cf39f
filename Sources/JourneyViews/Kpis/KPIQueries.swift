// The key figures of marketing, sales and both, each beside that of the period before.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// Each period is counted as it was at its end, by what is known now: the figures of the period before are those that
    /// this report gives with a bound on its last instant. `at` gives the frame of an earlier bound.
    func kpis(_ query: KPIQuery, at frame: (Int64) throws -> QueryFrame) throws -> Answer {
        try check(query.period, "period", in: ["week", "month", "quarter"])
        let unit = CalendarPeriods.Unit(rawValue: query.period) ?? .month
        guard (2...60).contains(query.periods) else {
            throw RihlaError(
                .usage,
                "\(query.periods) periods cannot be compared",
                hint: "from 2, which is the default, to 60"
            )
        }
        let segment = try property(query.segment)
        let zone = query.zone ?? rules.timeZone
        let asOf = try latest()
        var answer = Answer("kpis")
        guard asOf != .min else {
            answer.payload = [.init("period", .null), .init("before", .null)]
            answer.payload += KPIFigure.Section.allCases.map { .init($0.rawValue, .object([])) }
            answer.notes = ["no events yet: `rihla ingest FILE` takes them in"]
            return answer
        }
        let days: Int64 = unit == .week ? 8 : unit == .month ? 32 : 94
        let span = days * 86_400_000 * Int64(query.periods + 1)
        let calendar = try CalendarPeriods(unit, zone: zone, covering: (max(asOf, .min + span) - span)...asOf)
        // The first instant of a period belongs to the one that has just ended, as in a report: a date as a bound is that
        // instant, and nothing of the new period has happened by then.
        guard let index = calendar.index(of: asOf - 1) else {
            throw RihlaError(.usage, "\(Timestamp(milliseconds: asOf).rfc3339) is in no calendar period")
        }
        func period(_ index: Int, until end: Int64) -> KPIPeriod {
            let range = calendar.range(of: index)
            return KPIPeriod(
                name: calendar.name(of: index),
                start: range.lowerBound,
                calendarEnd: range.upperBound,
                end: min(range.upperBound, end),
                startBefore: index > 0 ? calendar.range(of: index - 1).lowerBound : range.lowerBound
            )
        }
        func count(_ index: Int, until end: Int64) throws -> (KPIPeriod, KPICount) {
            let period = period(index, until: end)
            return (period, try frame(period.end - 1).kpiCount(period, segment: segment, zone: zone))
        }
        let now = period(index, until: asOf + 1)
        let current = try (now.end > asOf ? self : frame(now.end - 1)).kpiCount(now, segment: segment, zone: zone)
        let before = index > 0 ? try count(index - 1, until: .max) : nil
        var toDate: (KPIPeriod, KPICount)?
        if let before, !now.isComplete {
            let offsets = try ZoneOffsets(zone: zone, covering: before.0.start...asOf)
            let passed = offsets.local(asOf) - offsets.local(now.start)
            let cut = offsets.instant(ofLocal: offsets.local(before.0.start) + passed)
            toDate = try count(index - 1, until: cut + 1)
        }
        func figures(_ count: KPICount) -> [KPIFigure] {
            count.total.figures(current.pipelines, rules.stages, isSegment: false)
        }
        let table = KPITable(
            figures: figures(current),
            before: before.map { figures($0.1) },
            toDate: toDate.map { figures($0.1) }
        )
        answer.payload = [
            .init("period", json(now, unit, zone)), .init("before", before.map { json($0.0, unit, zone) } ?? .null),
            .init("before_to_date", toDate.map { json($0.0, unit, zone) } ?? .null),
            .init("segment", .text(query.segment)),
        ]
        answer.payload += table.members()
        let columns = ["value", "before"] + (toDate == nil ? [] : ["before_to_date"]) + ["change"]
        answer.columns = ["section", "figure"].map { .init($0) } + columns.map { .init($0, number: true) }
        answer.rows = table.cells()
        answer.notes = [note(now, before?.0, toDate?.0, zone)]
        if segment != nil {
            addSegments(current, before?.1, toDate?.1, to: &answer)
        } else if query.periods > 2 {
            var history = [(now, table.figures)]
            if let before { history.append((before.0, figures(before.1))) }
            for back in 2..<query.periods where index - back >= 0 {
                let (period, counted) = try count(index - back, until: .max)
                history.append((period, figures(counted)))
            }
            addHistory(history, unit, zone, to: &answer)
        }
        return answer
    }

    /// The name of the property that a segment is made of.
    private func property(_ segment: String?) throws -> String? {
        guard let segment else { return nil }
        guard segment.hasPrefix("property:"), segment.utf8.count > 9 else {
            throw RihlaError(
                .usage,
                "customers cannot be split by \"\(segment)\"",
                hint: "write property:NAME, as in property:plan"
            )
        }
        return String(segment.dropFirst(9))
    }

    private func json(_ period: KPIPeriod, _ unit: CalendarPeriods.Unit, _ zone: String) -> JSONValue {
        .object([
            .init("name", .string(period.name)), .init("unit", .string(unit.rawValue)), .init("zone", .string(zone)),
            .init("from", time(period.start)), .init("to", time(period.calendarEnd)),
            .init("complete", .bool(period.isComplete)), .init("until", time(period.end - 1)),
        ])
    }

    private func note(_ now: KPIPeriod, _ before: KPIPeriod?, _ toDate: KPIPeriod?, _ zone: String) -> String {
        func until(_ period: KPIPeriod) -> String { Timestamp(milliseconds: period.end - 1).rfc3339 }
        guard let before else { return "\(now.name) in \(zone)" }
        guard let toDate else { return "\(now.name), complete, and \(before.name) at its end, in \(zone)" }
        return "\(now.name) until \(until(now)), \(before.name) at its end, and until \(until(toDate)), in \(zone)"
    }

    private func addHistory(
        _ history: [(period: KPIPeriod, figures: [KPIFigure])],
        _ unit: CalendarPeriods.Unit,
        _ zone: String,
        to answer: inout Answer
    ) {
        answer.payload.append(
            .init(
                "history",
                .array(
                    history.reversed().map { period, figures in
                        .object(
                            [.init("period", json(period, unit, zone))]
                                + KPITable(figures: figures).members(isPlain: true)
                        )
                    }
                )
            )
        )
        answer.columns = ["section", "figure"].map { .init($0) } + history.map { .init($0.period.name, number: true) }
        answer.rows = (history.first?.figures ?? []).enumerated().map { index, figure in
            [.string(figure.section.rawValue), .string(figure.name)] + history.map { $0.figures[index].value.cell }
        }
    }

    private func addSegments(_ now: KPICount, _ before: KPICount?, _ toDate: KPICount?, to answer: inout Answer) {
        let empty = KPITally(stages: rules.stages.count)
        func figures(_ count: KPICount, _ segment: String) -> [KPIFigure] {
            (count.bySegment[segment] ?? empty).figures(now.pipelines, rules.stages, isSegment: true)
        }
        // Values that everybody has left behind still have the figures of the period before.
        let names = Set(now.bySegment.keys).union(before?.bySegment.keys.map(\.self) ?? [])
        let sorted = names.map { (name: $0, customers: now.bySegment[$0]?.customers ?? 0) }.sorted { a, b in
            a.customers != b.customers
                ? a.customers > b.customers : a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
        }
        var list: [JSONValue] = []
        answer.rows = []
        for (name, customers) in sorted {
            let table = KPITable(
                figures: figures(now, name),
                before: before.map { figures($0, name) },
                toDate: toDate.map { figures($0, name) }
            )
            let head: [JSONValue.Member] = [.init("segment", .string(name)), .init("customers", .count(customers))]
            list.append(.object(head + table.members()))
            answer.rows += table.cells().map { [.string(name)] + $0 }
        }
        answer.columns.insert(.init("segment"), at: 0)
        answer.payload.append(.init("segments", .array(list)))
        answer.notes.append(
            "events and spend of nobody are in no segment; the JSON has the figures of all together too"
        )
    }
}
