// Which touchpoints earned the conversions.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    func attributionModels(_ names: [String], halfLife: Int64?) throws -> [AttributionModel] {
        try names.map { name in
            try check(name, "model", in: AttributionModel.names)
            guard
                let model = AttributionModel(
                    name: name,
                    halfLife: halfLife ?? rules.attribution.halfLifeMilliseconds,
                    first: rules.attribution.positionFirst,
                    last: rules.attribution.positionLast
                )
            else { throw RihlaError(.usage, "the model \(name) cannot be made of the rules") }
            return model
        }
    }

    /// The definitions that a question is about, by index; of several with one type the first stands for all.
    private func definitions(_ name: String?) throws -> Set<Int> {
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
        let models = try attributionModels(query.models, halfLife: query.halfLifeMilliseconds)
        let definitions = try definitions(query.conversion)
        try check(query.by, "key of attribution", in: CreditKeys.kinds)
        try check(query.path, "mode of paths", in: ["overlap", "reset"])
        try check(query.direct, "policy for direct touchpoints", in: ["drop", "keep"])
        let mode = query.path ?? rules.attribution.path
        let lookback = query.lookbackMilliseconds ?? rules.attribution.lookbackMilliseconds
        let isDefault = lookback == rules.attribution.lookbackMilliseconds && mode == rules.attribution.path
        let projection = AttributionProjection(rules, lookback: lookback, path: mode)
        func eachRecord(_ body: (AttributionRecord) throws -> Void) throws {
            if isDefault {
                try each(projection) { _, bytes in try body(try AttributionRecord(bytes)) }
            } else {
                let found = try engine.fold(projection, bounds: bounds, identity: statements.rules) {
                    try body(try AttributionRecord($1))
                }
                parked.add(projection.name, found)
            }
            if let record = try nobody(projection) { try body(record) }
        }
        var credits: Credits
        switch query.by {
        case "source-medium":
            // The names are in the properties, so the touchpoints come first.
            var records: [AttributionRecord] = []
            try eachRecord { records.append($0) }
            let keys = try CreditKeys.sources(records.flatMap(\.touches), log, compiled)
            credits = Credits(models, keys, query, definitions, self)
            for record in records { credits.add(record) }
        case "campaign":
            credits = Credits(models, try CreditKeys.campaigns(log), query, definitions, self)
            try eachRecord { credits.add($0) }
        case "type":
            credits = Credits(models, try CreditKeys.types(log, compiled), query, definitions, self)
            try eachRecord { credits.add($0) }
        default:
            credits = Credits(models, try CreditKeys.channels(log, compiled), query, definitions, self)
            try eachRecord { credits.add($0) }
        }
        return answer(query, credits, mode: mode, lookback: lookback)
    }

    private func answer(_ query: AttributionQuery, _ credits: Credits, mode: String, lookback: Int64) -> Answer {
        var answer = Answer("attribution")
        answer.columns = [
            .init("model"), .init(query.by), .init("conversions", number: true), .init("value", number: true),
            .init("touches", number: true),
        ]
        var payload: [JSONValue] = []
        for (index, model) in credits.models.enumerated() {
            var rows: [JSONValue] = []
            for (key, tally) in credits.report.rows(model: index, credits.keys.name) {
                let cells: [JSONValue] = [
                    .string(key), .double(tally.conversions.value), tally.value.json, .count(tally.touches),
                ]
                answer.rows.append([.string(model.name)] + cells)
                rows.append(.object(zip(["key", "conversions", "value", "touches"], cells).map { .init($0, $1) }))
            }
            payload.append(.object([.init("model", .string(model.name)), .init("rows", .array(rows))]))
        }
        answer.payload = [
            .init("by", .string(query.by)), .init("mode", .string(mode)),
            .init("lookback_seconds", .double(Double(lookback) / 1_000)),
            .init("conversions", .count(credits.conversions)), .init("value", credits.value.json),
            .init("models", .array(payload)),
        ]
        let window = lookback == 0 ? "without limit" : DurationText.text(milliseconds: lookback)
        answer.notes = ["\(credits.conversions) conversions; paths \(mode), look-back \(window)"]
        return answer
    }
}

/// The credits of one question, summed up.
private struct Credits {
    let models: [AttributionModel]
    let keys: CreditKeys
    private let definitions: Set<Int>
    private let from: Int64?
    private let to: Int64?
    private let dropsDirect: Bool
    private let rules: CompiledRules
    private var path = CreditPath()
    private(set) var report: CreditReport
    private(set) var conversions = 0
    private(set) var value = MoneySum()

    init(
        _ models: [AttributionModel],
        _ keys: CreditKeys,
        _ query: AttributionQuery,
        _ definitions: Set<Int>,
        _ frame: QueryFrame
    ) {
        self.models = models
        self.keys = keys
        self.definitions = definitions
        from = query.from?.rawValue
        to = query.to?.rawValue
        dropsDirect = (query.direct ?? frame.rules.attribution.direct) == "drop"
        rules = frame.compiled
        report = CreditReport(models: models.count, keys: keys.count)
    }

    mutating func add(_ record: AttributionRecord) {
        for conversion in record.conversions where definitions.contains(conversion.definition) {
            guard conversion.isTouched(from: from ?? .min, to: to ?? .max) else { continue }
            let change = WorthChange(
                before: from.map { conversion.worth(before: $0) } ?? .init(),
                after: conversion.worth(before: to),
                currency: conversion.amount?.currency
            )
            // Won and reopened within the period: it never was.
            if change.conversions == 0, change.micros == 0, !change.after.counts { continue }
            conversions += change.conversions
            if let currency = change.currency { value.add(change.micros, currency, scale: change.digits) }
            path.fill(record, conversion, dropsDirect: dropsDirect, rules)
            for index in models.indices { add(model: index, record, conversion, change) }
        }
        for refund in record.unmatched where definitions.contains(refund.definition) {
            guard refund.at >= from ?? .min, refund.at < to ?? .max else { continue }
            value.add(refund.amount)
            let change = WorthChange(
                before: .init(),
                after: .init(micros: refund.amount.micros, digits: refund.amount.digits),
                currency: refund.amount.currency
            )
            for index in models.indices { report.addUnattributed(model: index, change) }
        }
    }

    private mutating func add(
        model: Int,
        _ record: AttributionRecord,
        _ conversion: AttributionRecord.Conversion,
        _ change: WorthChange
    ) {
        guard !path.indices.isEmpty else { return report.addUnattributed(model: model, change) }
        let isDirect = path.isDirect
        if let only = models[model].only(count: path.indices.count, isDirect: { isDirect[$0] }) {
            for (index, touch) in path.indices.enumerated() {
                report.add(
                    model: model,
                    key: keys.index(record.touches[touch]),
                    weight: index == only ? 1 : 0,
                    of: 1,
                    credit: index == only ? change.micros : 0,
                    change
                )
            }
            return
        }
        let weights = path.weights(models[model], conversion: conversion.at)
        let credits = change.credits(weights)
        let total = weights.reduce(0, +)
        for (index, touch) in path.indices.enumerated() {
            report.add(
                model: model,
                key: keys.index(record.touches[touch]),
                weight: weights[index],
                of: total,
                credit: credits[index],
                change
            )
        }
    }
}

extension Amount {
    /// Digits that it is shown and split in.
    var digits: Int { max(Int(scale), currency.minorDigits) }
}
