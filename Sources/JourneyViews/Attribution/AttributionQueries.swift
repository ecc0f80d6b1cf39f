// Which touchpoints earned the conversions, and which paths led to them.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// The definitions that a question is about, by index; of several with one type the first stands for all.
    func definitions(_ name: String?) throws -> Set<Int> {
        guard let name else { return Set(rules.conversions.indices) }
        let type = rules.resolved(name)
        let types = rules.conversions.filter { $0.name == name || rules.resolved($0.type) == type }.map {
            rules.resolved($0.type)
        }
        if types.isEmpty {
            try check(name, "conversion", in: rules.conversions.map(\.name) + rules.conversions.map(\.type))
        }
        return Set(types.compactMap { type in rules.conversions.firstIndex { rules.resolved($0.type) == type } })
    }

    /// The report. A conversion counts at its own time, and what takes value back (a refund, a reopened deal) counts at
    /// its own time too, negative and split like the conversion: reports of periods add up to the report of them all, and a
    /// period's report does not change when money comes back later. Over all time both together are what is left, to the
    /// smallest unit of each touchpoint.
    func attribution(_ query: AttributionQuery) throws -> Answer {
        let models = try models(query.models, halfLife: query.halfLifeMilliseconds)
        try checkOrder(query.order)
        let wantsNulls = models.contains(where: \.needsNulls)
        let gathered = try gather(query, models, wantsPaths: models.contains(where: \.isTotal), wantsNulls: wantsNulls)
        return answer(query, gathered)
    }

    /// The distinct paths that the report is made of, those of most conversions first.
    func paths(_ query: AttributionQuery, limit: Int?) throws -> Answer {
        let gathered = try gather(query, [], wantsPaths: true, wantsNulls: true)
        let names = gathered.credits.keys.rankedNames
        let paths = gathered.credits.table.sorted.enumerated().sorted { a, b in
            let (first, second) = (a.element.tally.conversions, b.element.tally.conversions)
            return first != second ? first > second : a.offset < b.offset
        }.map(\.element)
        var answer = Answer("paths")
        answer.columns = [
            .init("path"), .init("conversions", number: true), .init("value", number: true),
            .init("nulls", number: true),
        ]
        var list: [JSONValue] = []
        for (path, tally) in paths.prefix(limit ?? .max) {
            let names = path.map { names[$0] }
            let figures: [JSONValue] = [.count(tally.conversions), tally.value.json, .count(tally.nulls)]
            answer.rows.append([.string(names.joined(separator: " > "))] + figures)
            list.append(
                .object([
                    .init("path", .array(names.map { .string($0) })), .init("conversions", figures[0]),
                    .init("value", figures[1]), .init("nulls", figures[2]),
                ])
            )
        }
        let nulls = paths.reduce(0) { $0 + $1.tally.nulls }
        answer.payload =
            header(query, gathered) + [
                .init("nulls", .count(nulls)), .init("pending", .count(gathered.credits.table.pending)),
                .init("total", .count(paths.count)), .init("paths", .array(list)),
            ]
        answer.notes = [
            note(gathered),
            "\(paths.count) distinct paths; \(nulls) ended without a conversion, "
                + "\(gathered.credits.table.pending) more are open",
        ]
        return answer
    }

    /// What both questions say first.
    private func header(_ query: AttributionQuery, _ gathered: Gathered) -> [JSONValue.Member] {
        [
            .init("by", .string(query.by)), .init("identity", .string(query.identity.rawValue)),
            .init("mode", .string(gathered.mode)),
            .init("lookback_seconds", .double(Double(gathered.lookback) / 1_000)),
            .init("transform", .array(gathered.transforms.map { .string($0.text) })),
            .init("conversions", .count(gathered.credits.conversions)),
            .init("value", gathered.credits.value.json),
        ]
    }

    private func note(_ gathered: Gathered) -> String {
        let lookback = gathered.lookback
        let window = lookback == 0 ? "without limit" : DurationText.text(milliseconds: lookback)
        let identity = gathered.identity == .asOfNow ? "" : ", identity \(gathered.identity.rawValue)"
        return "\(gathered.credits.conversions) conversions; paths \(gathered.mode), look-back \(window)" + identity
    }

    private func answer(_ query: AttributionQuery, _ gathered: Gathered) -> Answer {
        let credits = gathered.credits
        var answer = Answer("attribution")
        answer.columns = [
            .init("model"), .init(query.by), .init("conversions", number: true), .init("value", number: true),
            .init("touches", number: true),
        ]
        let isConverted = query.currency != nil
        let hasEffects = credits.models.contains(where: \.needsNulls)
        if isConverted { answer.columns.append(.init("converted", number: true)) }
        if hasEffects { answer.columns.append(.init("removal_effect", number: true)) }
        let total = TotalModels(credits.table, names: credits.keys.rankedNames)
        var payload: [JSONValue] = []
        answer.notes = [note(gathered)]
        for (index, model) in credits.models.enumerated() {
            var members: [JSONValue.Member] = [.init("model", .string(model.name))]
            let rows: [CreditRow]
            switch model.kind {
            case .touch: rows = credits.report.rows(model: index, credits.keys.name)
            case .markov:
                let chain = total.markov(order: query.order)
                rows = total.rows(chain)
                members += [
                    .init("order", .count(query.order)), .init("states", .count(chain.states)),
                    .init("conversion_probability", .double(chain.conversionProbability)),
                    .init("null_paths", .count(credits.table.tallies.values.reduce(0) { $0 + $1.nulls })),
                    .init("pending_paths", .count(credits.table.pending)),
                ]
            case .shapley: rows = total.shapleyRows()
            }
            let cells = rows.map { self.cells($0, isConverted: isConverted) }
            members.append(.init("rows", .array(cells.map { .object($0) })))
            answer.rows += zip(rows, cells).map { row, cells in
                let isShort = hasEffects && row.removalEffect == nil
                return [.string(model.name)] + cells.map(\.value) + (isShort ? [.null] : [])
            }
            payload.append(.object(members))
            if credits.replaced[index] > 0 {
                answer.warnings.append(
                    .init(
                        code: "linear_instead",
                        message: "all weights of the model \(model.name) were zero; linear stood in",
                        count: credits.replaced[index]
                    )
                )
            }
        }
        if credits.models.contains(where: \.isTotal) {
            answer.notes.append("markov and shapley credit keys in total, not conversion by conversion")
        }
        answer.payload = header(query, gathered)
        if query.currency != nil {
            answer.payload += [
                .init("converted", credits.converted.json), .init("unconverted", credits.unconverted.value.json),
            ]
            if credits.unconverted.count > 0 {
                answer.warnings.append(
                    .init(
                        code: "no_rate",
                        message: "amounts have no fx_rate to the report's currency and are not in `converted`",
                        count: credits.unconverted.count
                    )
                )
            }
        }
        answer.payload.append(.init("models", .array(payload)))
        return answer
    }

    private func cells(_ row: CreditRow, isConverted: Bool) -> [JSONValue.Member] {
        var cells: [JSONValue.Member] = [
            .init("key", .string(row.key)), .init("conversions", .double(row.conversions)),
            .init("value", row.value.json), .init("touches", .count(row.touches)),
        ]
        if isConverted { cells.append(.init("converted", row.converted.json)) }
        if let effect = row.removalEffect { cells.append(.init("removal_effect", .double(effect))) }
        return cells
    }
}

/// What one pass found, and how it looked.
struct Gathered {
    var credits: Credits
    var mode: String
    var identity: IdentityView
    var lookback: Int64
    var transforms: [TransformRule]
}

extension QueryFrame {
    /// One pass over the records of the customers, and of nobody.
    func gather(_ query: AttributionQuery, _ models: [NamedModel], wantsPaths: Bool, wantsNulls: Bool) throws
        -> Gathered
    {
        let definitions = try definitions(query.conversion)
        try check(query.by, "key of attribution", in: CreditKeys.kinds)
        try check(query.path, "mode of paths", in: ["overlap", "reset"])
        try check(query.direct, "policy for direct touchpoints", in: ["drop", "keep"])
        let transforms = try query.transforms.map { try $0.map(transform) } ?? rules.attribution.transforms
        let currency = try query.currency.map { code in
            guard let currency = Currency(code) else {
                throw RihlaError(.usage, "\"\(code)\" is no currency of ISO 4217", hint: "three letters such as EUR")
            }
            return currency
        }
        let mode = query.path ?? rules.attribution.path
        let lookback = query.lookbackMilliseconds ?? rules.attribution.lookbackMilliseconds
        let isDefault = lookback == rules.attribution.lookbackMilliseconds && mode == rules.attribution.path
        let projection = AttributionProjection(rules, lookback: lookback, path: mode, keepsAll: wantsNulls)
        func eachRecord(_ body: ([KnownRecord]) throws -> Void) throws {
            try self.eachRecord(projection, query.identity, isDefault: isDefault && !wantsNulls) { try body($1) }
        }
        var setting = Credits.Setting(
            definitions: definitions,
            from: query.from?.rawValue ?? .min,
            to: query.to?.rawValue ?? .max,
            lookback: lookback,
            openAt: nil,
            wantsPaths: wantsPaths,
            wantsNulls: wantsNulls
        )
        if wantsNulls, !(query.countsPendingAsNull ?? rules.attribution.countsPendingAsNull) {
            setting.openAt = try latest()
        }
        // The names of sources, most of campaigns and the rates of money are in the properties, so the records come first.
        var records: [[KnownRecord]] = []
        let isDerived = query.by == "source-medium" || (query.by == "campaign" && Campaigns.mayDerive(compiled))
        let isKept = isDerived || currency != nil
        if isKept { try eachRecord { records.append($0) } }
        if let currency {
            let positions = records.joined().map(\.record).flatMap { record in
                record.conversions.map(\.position) + record.unmatched.map(\.position)
            }
            setting.rates = try ExchangeRates(to: currency, at: positions, log)
        }
        let keys =
            switch query.by {
            case "source-medium": try CreditKeys.sources(records.joined().flatMap(\.record.touches), log, compiled)
            case "campaign": try CreditKeys.campaigns(records.joined().flatMap(\.record.touches), log, compiled)
            case "type": try CreditKeys.types(log, compiled)
            default: try CreditKeys.channels(log, compiled)
            }
        let path = CreditPath(
            transforms: transforms.compactMap { PathTransform($0, key: keys.rank(named:)) },
            dropsDirect: (query.direct ?? rules.attribution.direct) == "drop",
            compiled
        )
        var credits = Credits(models, keys, path, setting)
        if isKept { for record in records { credits.add(record) } } else { try eachRecord { credits.add($0) } }
        return Gathered(
            credits: credits,
            mode: mode,
            identity: query.identity,
            lookback: lookback,
            transforms: transforms
        )
    }

    private func transform(_ text: String) throws -> TransformRule {
        guard let rule = TransformRule(text) else {
            throw RihlaError(.usage, "there is no transform \"\(text)\"", hint: "known: \(TransformRule.forms)")
        }
        return rule
    }
}

extension Amount {
    /// Digits that it is shown and split in.
    var digits: Int { max(Int(scale), currency.minorDigits) }
}
