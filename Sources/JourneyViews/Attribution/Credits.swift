// One pass over the conversions of a question: credits by all models that weigh the touchpoints of a path, and the table of
// paths that the other models are made of.
internal import JourneyEvents

/// The credits of one question, summed up.
struct Credits {
    /// What a question fixes before the pass.
    struct Setting {
        var definitions: Set<Int>
        var from: Int64
        var to: Int64
        var lookback: Int64
        /// Paths whose last touchpoint is not older than the window are open at this instant; nil takes none as open.
        var openAt: Int64?
        /// Whether the table of paths is wanted, and in it those that led to no conversion.
        var wantsPaths: Bool
        var wantsNulls: Bool
        var rates: ExchangeRates?
    }

    let models: [NamedModel]
    let keys: CreditKeys
    private let setting: Setting
    private var path: CreditPath
    /// The ranks of the path's keys. Its room is used again and again; a table that keeps it leaves it a copy.
    private var ranks: [Int] = []
    private(set) var report: CreditReport
    private(set) var table = PathTable()
    private(set) var conversions = 0
    private(set) var value = MoneySum()
    private(set) var converted = MoneySum()
    /// What has no rate to the report's currency, and how many conversions and refunds that are.
    private(set) var unconverted = (value: MoneySum(), count: 0)
    /// For each model the conversions for which the linear model stood in, all of its own weights being zero.
    private(set) var replaced: [Int]

    init(_ models: [NamedModel], _ keys: CreditKeys, _ path: CreditPath, _ setting: Setting) {
        self.models = models
        self.keys = keys
        self.path = path
        self.setting = setting
        report = CreditReport(models: models.count, keys: keys.count)
        replaced = Array(repeating: 0, count: models.count)
    }

    /// Adds what is known of one customer.
    mutating func add(_ records: [KnownRecord]) {
        for known in records { add(known.record) }
        if setting.wantsNulls { addNulls(records) }
    }

    private mutating func add(_ record: AttributionRecord) {
        let (from, to) = (setting.from, setting.to)
        for conversion in record.conversions where setting.definitions.contains(conversion.definition) {
            guard conversion.isTouched(from: from, to: to) else { continue }
            let change = WorthChange(
                before: from == .min ? .init() : conversion.worth(before: from),
                after: conversion.worth(before: to),
                currency: conversion.amount?.currency
            )
            // Won and reopened within the period: it never was.
            if change.conversions == 0, change.micros == 0, !change.after.counts { continue }
            let rate = count(change, at: conversion.position)
            let keys = self.keys
            path.fill(record, conversion) { keys.rank(keys.index($0)) }
            for index in models.indices { add(model: index, record, change, rate) }
            if setting.wantsPaths {
                rankPath(record)
                table.add(ranks, change, converted(change, rate))
            }
        }
        for refund in record.unmatched where setting.definitions.contains(refund.definition) {
            guard refund.at >= from, refund.at < to else { continue }
            let change = WorthChange(
                before: .init(),
                after: .init(micros: refund.amount.micros, digits: refund.amount.digits),
                currency: refund.amount.currency
            )
            let rate = count(change, at: refund.position)
            for index in models.indices { addUnattributed(model: index, change, rate) }
            if setting.wantsPaths { table.add([], change, converted(change, rate)) }
        }
    }

    /// Counts a change in the totals; the way to the report's currency.
    private mutating func count(_ change: WorthChange, at position: UInt64) -> ExchangeRates.Rate? {
        conversions += change.conversions
        guard let currency = change.currency else { return nil }
        value.add(change.micros, currency, scale: change.digits)
        guard let rates = setting.rates else { return nil }
        let rate = rates.rate(from: currency, at: position)
        if let money = converted(change, rate) {
            converted.add(money.micros, money.currency, scale: money.digits)
        } else {
            unconverted.value.add(change.micros, currency, scale: change.digits)
            unconverted.count += 1
        }
        return rate
    }

    private func converted(_ change: WorthChange, _ rate: ExchangeRates.Rate?) -> ConvertedMoney? {
        guard let rates = setting.rates, let rate else { return nil }
        return change.converted(rates, rate)
    }

    private mutating func rankPath(_ record: AttributionRecord) {
        ranks.removeAll(keepingCapacity: true)
        for index in path.indices { ranks.append(keys.rank(keys.index(record.touches[index]))) }
    }

    private mutating func addUnattributed(model: Int, _ change: WorthChange, _ rate: ExchangeRates.Rate?) {
        guard !models[model].isTotal else { return }
        report.addUnattributed(model: model, change)
        if let money = converted(change, rate) { report.addUnattributed(model: model, money) }
    }

    private mutating func add(
        model: Int,
        _ record: AttributionRecord,
        _ change: WorthChange,
        _ rate: ExchangeRates.Rate?
    ) {
        guard case .touch(let touchModel) = models[model].kind else { return }
        guard !path.indices.isEmpty else { return addUnattributed(model: model, change, rate) }
        let money = converted(change, rate)
        if let only = touchModel.only(path) {
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
            if let money {
                let key = keys.index(record.touches[path.indices[only]])
                report.add(model: model, key: key, credit: money.micros, money)
            }
            return
        }
        let weights = touchModel.weights(path, of: record)
        if weights.isLinear { replaced[model] += 1 }
        let credits = change.credits(weights.weights)
        let total = weights.weights.reduce(0, +)
        for (index, touch) in path.indices.enumerated() {
            report.add(
                model: model,
                key: keys.index(record.touches[touch]),
                weight: weights.weights[index],
                of: total,
                credit: credits[index],
                change
            )
        }
        guard let money, let rates = setting.rates, let rate else { return }
        let parts = change.convertedCredits(weights.weights, rates, rate)
        for (index, touch) in path.indices.enumerated() {
            report.add(model: model, key: keys.index(record.touches[touch]), credit: parts[index], money)
        }
    }

    /// Adds the paths of a customer that led to no conversion. They belong to the period of their last touchpoint. Whatever
    /// counts as a conversion at the end of the period, or is made later, has its touchpoints for itself.
    private mutating func addNulls(_ records: [KnownRecord]) {
        let setting = setting
        let keys = keys
        var covered: Set<UInt64> = []
        for known in records {
            for conversion in known.record.conversions where setting.definitions.contains(conversion.definition) {
                guard conversion.worth(before: conversion.at < setting.to ? setting.to : nil).counts else { continue }
                covered.formUnion(known.record.touches[conversion.first..<conversion.end].map(\.position))
            }
        }
        NullPaths.each(records.map(\.touchpoints), covered: covered, lookback: setting.lookback) { index, run in
            let record = records[index].record
            let last = record.touches[run.upperBound - 1].at
            guard last >= setting.from, last < setting.to else { return }
            if let openAt = setting.openAt, setting.lookback > 0, openAt - last <= setting.lookback {
                return table.addPending()
            }
            path.fill(record, run) { keys.rank(keys.index($0)) }
            rankPath(record)
            table.addNull(ranks)
        }
    }
}
