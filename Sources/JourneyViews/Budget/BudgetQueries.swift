// A proposal for the next period's budget, or the reason why the data do not allow one.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// What channels cost and brought over the periods that a proposal looks at, in one currency.
private struct BudgetHistory {
    struct Channel {
        /// Millionths by period.
        var spend: [Int128]
        var returned: [Int128]
        var conversions = ShareSum()
    }

    var channels: [String: Channel] = [:]
    let periods: Int

    init(periods: Int) { self.periods = periods }

    mutating func change(_ name: String, _ body: (inout Channel) -> Void) {
        let zeros = [Int128](repeating: 0, count: periods)
        body(&channels[name, default: Channel(spend: zeros, returned: zeros)])
    }
}

extension QueryFrame {
    func budget(_ query: BudgetQuery) throws -> Answer {
        try check(query.period, "period", in: ["week", "month", "quarter"])
        let unit = CalendarPeriods.Unit(rawValue: query.period) ?? .month
        guard (BudgetPlan.leastPeriods...31).contains(query.periods) else {
            throw RihlaError(
                .usage,
                "a proposal cannot look at \(query.periods) periods",
                hint: "from \(BudgetPlan.leastPeriods) to 31"
            )
        }
        let named = try model(query.model)
        guard case .touch(let touchModel) = named.kind else {
            throw RihlaError(
                .usage,
                "the model \(query.model) credits channels in total, not period by period",
                hint: "use one that weighs the touchpoints of a path, such as linear"
            )
        }
        let zone = query.zone ?? rules.timeZone
        let entries = try spend(zone: zone)
        let currencies = Set(entries.map(\.amount.currency)).sorted()
        let currency = try currency(query, currencies)
        let units = try units(query.total, digits: currency?.minorDigits ?? 6)
        guard let currency else {
            let codes = currencies.map(\.code).joined(separator: ", ")
            return currencies.isEmpty
                ? refused(query, nil, "no_spend", "there is no spend: no event `spend_recorded` with an amount")
                : refused(query, nil, "several_currencies", "spend is in \(codes); name one by --currency")
        }
        let total = Amount(units: units, scale: UInt8(currency.minorDigits), currency: currency)
        let asOf = try latest()
        let days: Int64 = unit == .week ? 8 : unit == .month ? 32 : 94
        let span = days * 86_400_000 * Int64(query.periods + 1)
        let calendar = try CalendarPeriods(unit, zone: zone, covering: (max(asOf, .min + span) - span)...asOf)
        // Complete ones alone: of one that runs the return is not in yet.
        let complete = (0..<calendar.count).filter { calendar.range(of: $0).upperBound <= asOf + 1 }
        var ranges = complete.suffix(query.periods).map { calendar.range(of: $0) }
        let own = entries.filter { $0.amount.currency == currency }
        let spending = try ranges.map { range in
            let days = try SpendPeriod(range, zone: zone)
            return own.map { days.part(of: $0.amount, over: $0.days) }
        }
        guard let first = spending.firstIndex(where: { $0.contains { $0 != 0 } }) else {
            let message = "no spend in \(currency.code) in the last \(ranges.count) complete periods"
            return refused(query, total, "no_spend", message)
        }
        // Before the first spend nothing was there to bring a return.
        ranges.removeFirst(first)
        let keys = try CreditKeys.channels(log, compiled)
        var history = BudgetHistory(periods: ranges.count)
        for (period, parts) in spending.dropFirst(first).enumerated() {
            for (entry, part) in zip(own, parts) where part != 0 {
                history.change(keys.name(channel: entry.channel)) { $0.spend[period] += part }
            }
        }
        try addReturns(to: &history, ranges, currency, keys, touchModel)
        return answer(query, history, total, ranges, calendar)
    }

    private func currency(_ query: BudgetQuery, _ known: [Currency]) throws -> Currency? {
        guard let code = query.currency else { return known.count == 1 ? known[0] : nil }
        guard let currency = Currency(code) else {
            throw RihlaError(.usage, "\"\(code)\" is no currency of ISO 4217", hint: "three letters such as EUR")
        }
        return currency
    }

    /// An amount in units of so many decimals, which it must not have more of.
    private func units(_ text: String, digits: Int) throws -> Int64 {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : ""
        guard (1...2).contains(parts.count), !parts[0].isEmpty, parts[0].utf8.count <= 12,
            parts.count == 1 || !fraction.isEmpty, fraction.utf8.count <= digits,
            (parts[0] + fraction).utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }),
            let units = Int64(parts[0] + fraction + String(repeating: "0", count: digits - fraction.utf8.count)),
            units > 0
        else {
            throw RihlaError(
                .usage,
                "\"\(text)\" is no amount to spend",
                hint: "above zero, with at most \(digits) decimals, such as 10000"
            )
        }
        return units
    }

    /// Adds what the model gives each channel of each period: sales at their time, money back at its own.
    private func addReturns(
        to history: inout BudgetHistory,
        _ ranges: [Range<Int64>],
        _ currency: Currency,
        _ keys: CreditKeys,
        _ model: TouchModel
    ) throws {
        var credits = try ChannelCredits(self, model)
        try each(AttributionProjection(rules)) { _, bytes in
            let record = try AttributionRecord(bytes)
            for conversion in record.conversions {
                for (period, range) in ranges.enumerated()
                where conversion.isTouched(from: range.lowerBound, to: range.upperBound) {
                    let isMoney = conversion.amount?.currency == currency
                    let change = WorthChange(
                        before: conversion.worth(before: range.lowerBound),
                        after: conversion.worth(before: range.upperBound),
                        currency: conversion.amount?.currency
                    )
                    for share in credits.shares(of: conversion, in: record, change) {
                        guard let key = share.key else { continue }
                        history.change(keys.name(key)) { channel in
                            if isMoney { channel.returned[period] += share.credit }
                            let sign = Int128(change.conversions)
                            channel.conversions.add(share.weight, over: share.total, sign: sign)
                        }
                    }
                }
            }
        }
    }

    private func refused(_ query: BudgetQuery, _ total: Amount?, _ code: String, _ message: String) -> Answer {
        var answer = Answer("budget")
        answer.payload = [
            .init("total", total.map { MoneySum.json($0) } ?? .null), .init("model", .string(query.model)),
            .init("possible", .bool(false)), .init("reason", BudgetText.reason(code, message)),
            .init("rows", .array([])),
            .init("caveat", .string(BudgetText.caveat)),
        ]
        answer.columns = BudgetText.columns
        answer.notes = ["no proposal: \(message)"]
        return answer
    }

    private func answer(
        _ query: BudgetQuery,
        _ history: BudgetHistory,
        _ total: Amount,
        _ ranges: [Range<Int64>],
        _ calendar: CalendarPeriods
    ) -> Answer {
        let currency = total.currency
        let entries = history.channels.filter { $0.key != "(none)" && $0.value.spend.reduce(0, +) > 0 }
            .sorted { a, b in
                let (p, q) = (a.value.spend.reduce(0, +), b.value.spend.reduce(0, +))
                return p != q ? p > q : a.key.utf8.lexicographicallyPrecedes(b.key.utf8)
            }
        let plan = BudgetPlan(
            entries.map { entry in
                BudgetPlan.Channel(
                    spend: entry.value.spend.map { Double($0) / 1e6 },
                    returned: entry.value.returned.map { Double($0) / 1e6 },
                    conversions: entry.value.conversions.value
                )
            }
        )
        // A share is rounded to 2^-48 before the amount is split, so that every machine gives the same cents.
        let weights = plan.parts.map { Int64(($0.share * 281_474_976_710_656).rounded()) }
        let amounts = LargestRemainder.split(Int128(total.units), weights: weights)
        func money(_ micros: Int128) -> JSONValue {
            MoneySum.json(micros, currency, scale: UInt8(currency.minorDigits))
        }
        var answer = Answer("budget")
        answer.columns = BudgetText.columns
        for (index, (name, channel)) in entries.enumerated() {
            let part = plan.parts[index]
            let count = Int128(ranges.count)
            let now = MoneyMetrics.nearest(channel.spend.reduce(0, +), currency, over: count)
            let returned = MoneyMetrics.nearest(channel.returned.reduce(0, +), currency, over: count)
            let unit = Int128(PowersOfTen[6 - currency.minorDigits])
            let proposed: Int128? = plan.refusal == nil ? amounts[index] * unit : nil
            let (code, sentence) = BudgetText.reason(part, plan)
            answer.rows.append([
                .string(name), money(now), money(returned), .double(channel.conversions.value),
                .double(part.returnOnSpend.value), .double(part.returnOnSpend.low), .double(part.returnOnSpend.high),
                part.gap == nil ? .double(part.cautious) : .null, .double(part.shareNow),
                plan.refusal == nil ? .double(part.target) : .null,
                plan.refusal == nil ? .double(part.share) : .null, proposed.map(money) ?? .null,
                proposed.map { money($0 - now) } ?? .null, .text(part.bound?.rawValue), .string(code),
                .string(sentence),
            ])
        }
        let refusal = plan.refusal.map { ($0.rawValue, BudgetText.sentence($0, plan, ranges.count)) }
        let names = ["channel"] + BudgetText.names
        answer.payload = [
            .init("total", MoneySum.json(total)), .init("model", .string(query.model)),
            .init(
                "periods",
                .array(
                    ranges.compactMap { calendar.index(of: $0.lowerBound) }.map { .string(calendar.name(of: $0)) }
                )
            ),
            .init("blended_roas", .number(plan.blended)), .init("possible", .bool(refusal == nil)),
            .init("reason", refusal.map { BudgetText.reason($0.0, $0.1) } ?? .null),
            .init("rows", .array(answer.rows.map { .object(zip(names, $0).map { .init($0, $1) }) })),
            .init("caveat", .string(BudgetText.caveat)),
        ]
        if history.channels["(none)"]?.spend.contains(where: { $0 != 0 }) ?? false {
            answer.warnings.append(
                .init(code: "spend_without_channel", message: "spend that names no channel is left out", count: 1)
            )
        }
        answer.notes = refusal.map { ["no proposal: \($0.1)"] } ?? []
        answer.notes.append(BudgetText.caveat)
        return answer
    }
}

/// What a proposal says in words.
private enum BudgetText {
    static let caveat =
        "attribution shows what went together, not what spend caused: move budgets in steps and test before you trust this"
    static let names = [
        "spend_now", "return_now", "conversions", "roas", "low", "high", "roas_used", "share_now", "share_target",
        "share_proposed", "proposed", "change", "bound", "code", "reason",
    ]
    static var columns: [Answer.Column] {
        let texts: Set<String> = ["channel", "bound", "code", "reason"]
        return (["channel"] + names).map { .init($0, number: !texts.contains($0)) }
    }

    static func reason(_ code: String, _ message: String) -> JSONValue {
        .object([.init("code", .string(code)), .init("message", .string(message))])
    }

    static func reason(_ part: BudgetPlan.Part, _ plan: BudgetPlan) -> (String, String) {
        switch part.gap {
        case .tooFewPeriods:
            return (gap(part), "keeps its share: spend in fewer than \(BudgetPlan.leastPeriods) periods")
        case .tooFewConversions:
            return (gap(part), "keeps its share: fewer than \(Int(BudgetPlan.leastConversions)) conversions")
        case .noVariation: return (gap(part), "keeps its share: spend was the same in every period, within 5 %")
        case nil: break
        }
        guard let blended = plan.blended else { return ("as_average", "nothing to compare with") }
        if part.cautious > blended { return ("more", "returns more than the average, even at the low end") }
        if part.cautious < blended { return ("less", "returns less than the average, even at the high end") }
        return ("as_average", "its interval has the average in it")
    }

    private static func gap(_ part: BudgetPlan.Part) -> String { part.gap?.rawValue ?? "" }

    static func sentence(_ refusal: BudgetPlan.Refusal, _ plan: BudgetPlan, _ periods: Int) -> String {
        switch refusal {
        case .oneChannel: "fewer than two channels have spend: there is nothing to choose between"
        case .tooFewPeriods: "\(periods) complete periods with spend; at least \(BudgetPlan.leastPeriods) are needed"
        case .tooFewChannels:
            "\(plan.parts.count { $0.gap == nil }) of \(plan.parts.count) channels can be judged, two are needed; each "
                + "row says what is missing"
        case .noReturn: "the channels that can be judged brought nothing"
        case .noDifference: "no channel's return differs from the average of all by more than its uncertainty"
        }
    }
}
