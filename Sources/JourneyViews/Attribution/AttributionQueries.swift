// Which touchpoints earned the conversions.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// The reserved key of value that no touchpoint earned.
private let unattributed = "(unattributed)"

extension QueryFrame {
    /// The touchpoints that a path's credit goes to: direct ones are left out unless all are.
    private func path(_ record: AttributionRecord, _ conversion: AttributionRecord.Conversion, dropsDirect: Bool)
        -> [AttributionRecord.Touch]
    {
        let touches = Array(record.touches[conversion.first..<conversion.end])
        guard dropsDirect else { return touches }
        let rest = touches.filter { !compiled.isDirect($0.channel) }
        return rest.isEmpty ? touches : rest
    }

    private func models(_ names: [String], halfLife: Int64?) throws -> [AttributionModel] {
        try names.map { name in
            guard
                let model = AttributionModel(
                    name: name,
                    halfLife: halfLife ?? rules.attribution.halfLifeMilliseconds,
                    first: rules.attribution.positionFirst,
                    last: rules.attribution.positionLast
                )
            else {
                throw RihlaError(
                    .usage,
                    "there is no model \"\(name)\"",
                    hint: Suggestion.nearest(to: name, in: AttributionModel.names).map { "did you mean \"\($0)\"?" }
                        ?? "models: " + AttributionModel.names.joined(separator: ", ")
                )
            }
            return model
        }
    }

    private func weights(_ model: AttributionModel, _ path: [AttributionRecord.Touch], _ at: Int64) -> [Int64] {
        model.weights(times: path.map(\.at), isDirect: path.map { compiled.isDirect($0.channel) }, conversion: at)
    }

    /// A conversion's value split over its path, in units of 10^-6.
    private func credits(_ conversion: AttributionRecord.Conversion, _ weights: [Int64]) -> [Int128] {
        let unit = Int128(PowersOfTen[6 - conversion.digits])
        return LargestRemainder.split(conversion.micros / unit, weights: weights).map { $0 * unit }
    }

    private func definitions(_ name: String?) throws -> Set<Int> {
        guard let name else { return Set(rules.conversions.indices) }
        let found = rules.conversions.indices.filter {
            rules.conversions[$0].name == name || rules.conversions[$0].type == name
        }
        guard !found.isEmpty else {
            let names = rules.conversions.map(\.name)
            throw RihlaError(
                .usage,
                "there is no conversion \"\(name)\"",
                hint: Suggestion.nearest(to: name, in: names).map { "did you mean \"\($0)\"?" }
                    ?? "conversions: " + names.joined(separator: ", ")
            )
        }
        return Set(found)
    }

    func attribution(_ query: AttributionQuery) throws -> Answer {
        let models = try models(query.models, halfLife: query.halfLifeMilliseconds)
        let definitions = try definitions(query.conversion)
        guard ["channel", "campaign", "type"].contains(query.by) else {
            throw RihlaError(.usage, "cannot attribute by \"\(query.by)\"", hint: "by: channel, campaign, type")
        }
        let dropsDirect = (query.direct ?? rules.attribution.direct) == "drop"
        let lookback = query.lookbackMilliseconds ?? rules.attribution.lookbackMilliseconds
        let mode = query.path ?? rules.attribution.path
        let isDefault = lookback == rules.attribution.lookbackMilliseconds && mode == rules.attribution.path
        let projection = AttributionProjection(rules, lookback: lookback, path: mode)
        var report = AttributionReport(models: models.count)
        var conversions = 0
        var value = MoneySum()
        func visit(_ bytes: Span<UInt8>) throws {
            let record = try AttributionRecord(bytes)
            for conversion in record.conversions where definitions.contains(conversion.definition) && !conversion.isVoid
            {
                guard conversion.at >= query.from?.rawValue ?? .min, conversion.at < query.to?.rawValue ?? .max else {
                    continue
                }
                conversions += 1
                if let amount = conversion.amount {
                    value.add(conversion.micros, amount.currency, scale: UInt8(conversion.digits))
                }
                let touches = path(record, conversion, dropsDirect: dropsDirect)
                for (index, model) in models.enumerated() {
                    let weights = weights(model, touches, conversion.at)
                    report.add(
                        model: index,
                        keys: touches.map {
                            query.by == "channel" ? $0.channel : query.by == "campaign" ? $0.campaign : $0.type
                        },
                        weights: weights,
                        credits: credits(conversion, weights),
                        conversion
                    )
                }
            }
            for refund in record.unmatched where query.conversion == nil {
                guard refund.at >= query.from?.rawValue ?? .min, refund.at < query.to?.rawValue ?? .max else {
                    continue
                }
                if let amount = refund.amount { value.add(refund.micros, amount.currency, scale: UInt8(refund.digits)) }
                for index in models.indices { report.addUnattributed(model: index, refund, conversions: 0) }
            }
        }
        if isDefault {
            try each(projection) { _, bytes in try visit(bytes) }
        } else {
            parked.add(projection.name, try engine.fold(projection, bounds: bounds) { _, bytes in try visit(bytes) })
        }
        let names = try keyNames(query.by)
        var answer = Answer("attribution")
        answer.columns = [
            .init("model"), .init(query.by), .init("conversions", number: true), .init("value", number: true),
            .init("touches", number: true),
        ]
        var payload: [JSONValue] = []
        for (index, model) in models.enumerated() {
            let rows = report.rows(model: index, names)
            answer.rows += rows.map {
                [.string(model.name), .string($0.key), .double($0.conversions), $0.value, .count($0.touches)]
            }
            payload.append(
                .object([
                    .init("model", .string(model.name)),
                    .init(
                        "rows",
                        .array(
                            rows.map {
                                .object([
                                    .init("key", .string($0.key)), .init("conversions", .double($0.conversions)),
                                    .init("value", $0.value), .init("touches", .count($0.touches)),
                                ])
                            }
                        )
                    ),
                ])
            )
        }
        answer.payload = [
            .init("by", .string(query.by)), .init("mode", .string(mode)),
            .init("lookback_seconds", .double(Double(lookback) / 1_000)), .init("conversions", .count(conversions)),
            .init("value", value.json), .init("models", .array(payload)),
        ]
        answer.notes = [
            "\(conversions) conversions; paths \(mode), look-back \(lookback == 0 ? "unlimited" : "\(lookback / 86_400_000) days")"
        ]
        return answer
    }

    private func keyNames(_ by: String) throws -> (UInt32) -> String {
        switch by {
        case "channel":
            let given = try log.symbolTexts(.channel)
            return { compiled.channelName($0, given) }
        default:
            let texts = try log.symbolTexts(by == "campaign" ? .campaign : .type)
            return { $0 > 0 && Int($0) <= texts.count ? texts[Int($0) - 1] : "(none)" }
        }
    }

    /// One conversion's credit: every touchpoint of its path with weight and share. Replaying the events that it lists alone
    /// gives the same credits.
    func explainCredit(conversion name: String, model: String) throws -> Answer {
        let model = try models([model], halfLife: nil)[0]
        let position = try conversionPosition(name)
        let fold = try log.folds(at: [position])
        guard let event = fold.first, bounds.contains(event), event.customer != 0,
            let bytes = try row(AttributionProjection(rules), event.customer)
        else { throw unknown("conversion", name) }
        let record = try AttributionRecord(bytes.span)
        guard let conversion = record.conversions.first(where: { $0.position == position }) else {
            throw unknown("conversion", name)
        }
        let touches = path(record, conversion, dropsDirect: rules.attribution.direct == "drop")
        let weights = weights(model, touches, conversion.at)
        let credits = credits(conversion, weights)
        let names = try keyNames("channel")
        let total = weights.reduce(0) { $0 + Double($1) }
        let events = try log.events(at: (touches.map(\.position) + [position]).sorted())
        let byPosition = Dictionary(uniqueKeysWithValues: events.map { ($0.position.rawValue, $0) })
        var answer = Answer("explain")
        answer.columns = [
            .init("position", number: true), .init("occurred_at"), .init("type"), .init("channel"),
            .init("weight", number: true), .init("credit", number: true),
        ]
        var list: [JSONValue] = []
        for (index, touch) in touches.enumerated() {
            guard let event = byPosition[touch.position] else { continue }
            let credit = conversion.amount.map {
                MoneySum.json(credits[index], $0.currency, scale: UInt8(conversion.digits))
            }
            let share = total > 0 ? Double(weights[index]) / total : 0
            answer.rows.append([
                .count(touch.position), .time(event.occurredAt), .string(event.type), .string(names(touch.channel)),
                .double(share), credit ?? .null,
            ])
            list.append(
                .object([
                    .init("event", .raw(event.json)), .init("channel", .string(names(touch.channel))),
                    .init("weight", .double(share)), .init("credit", credit ?? .null),
                ])
            )
        }
        answer.payload = [
            .init("subject", .string("credit")), .init("model", .string(model.name)),
            .init("conversion", byPosition[position].map { .raw($0.json) } ?? .null),
            .init(
                "value",
                conversion.amount.map { MoneySum.json(conversion.micros, $0.currency, scale: UInt8(conversion.digits)) }
                    ?? .null
            ),
            .init("touches", .array(list)),
        ]
        if touches.isEmpty {
            answer.notes = ["no touchpoint inside the look-back window: the value is \(unattributed)"]
        }
        return answer
    }

    private func conversionPosition(_ name: String) throws -> UInt64 {
        if let number = UInt64(name), number > 0, number <= through.rawValue { return number }
        var position: UInt64?
        try log.scan(after: .start, through: through) {
            if $0.id == name, rules.conversions.map(\.type).contains($0.type) { position = $0.position.rawValue }
            return position == nil
        }
        guard let position else { throw unknown("conversion", name) }
        return position
    }
}

/// Sums of credits by key for several models.
private struct AttributionReport {
    private struct Sum {
        var fractions = FractionSum()
        var value = MoneySum()
        var touches = 0
    }

    private var sums: [[UInt32: Sum]]
    private var rest: [Sum]

    init(models: Int) {
        sums = Array(repeating: [:], count: models)
        rest = Array(repeating: Sum(), count: models)
    }

    mutating func add(
        model: Int,
        keys: [UInt32],
        weights: [Int64],
        credits: [Int128],
        _ conversion: AttributionRecord.Conversion
    ) {
        guard !keys.isEmpty else { return addUnattributed(model: model, conversion, conversions: 1) }
        let total = weights.reduce(0, +)
        for index in keys.indices {
            sums[model][keys[index], default: Sum()].touches += 1
            if total > 0 { sums[model][keys[index]]?.fractions.add(weights[index], over: total) }
            if let amount = conversion.amount, credits[index] != 0 {
                sums[model][keys[index]]?.value.add(credits[index], amount.currency, scale: UInt8(conversion.digits))
            }
        }
    }

    mutating func addUnattributed(model: Int, _ conversion: AttributionRecord.Conversion, conversions: Int64) {
        rest[model].fractions.add(conversions, over: 1)
        if let amount = conversion.amount {
            rest[model].value.add(conversion.micros, amount.currency, scale: UInt8(conversion.digits))
        }
        rest[model].touches += 0
    }

    /// The rows of one model: most conversions first, ties by key.
    func rows(model: Int, _ name: (UInt32) -> String) -> [(
        key: String, conversions: Double, value: JSONValue, touches: Int
    )] {
        var byName: [String: Sum] = [:]
        for (key, sum) in sums[model] {
            let text = name(key)
            if let known = byName[text] {
                byName[text] = AttributionReport.merge(known, sum)
            } else {
                byName[text] = sum
            }
        }
        if !rest[model].value.byCurrency.isEmpty || rest[model].fractions.value != 0 {
            byName[unattributed] = rest[model]
        }
        return byName.map { ($0.key, $0.value.fractions.value, $0.value.value.json, $0.value.touches) }
            .sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    }

    private static func merge(_ a: Sum, _ b: Sum) -> Sum {
        var sum = a
        sum.touches += b.touches
        sum.fractions.add(b.fractions)
        for (currency, part) in b.value.byCurrency { sum.value.add(part.micros, currency, scale: part.scale) }
        return sum
    }
}
