// Sums of credits by key and model.
internal import JourneyEvents

/// What one key earned under one model.
struct CreditTally {
    var conversions = ShareSum()
    var value = MoneySum()
    /// The value in the report's currency.
    var converted = MoneySum()
    /// Touchpoints on the paths of conversions that count.
    var touches = 0
    /// Whether anything was added, if only nothing.
    var isUsed = false

    mutating func add(_ other: CreditTally) {
        conversions.add(other.conversions)
        value.add(other.value)
        converted.add(other.converted)
        touches += other.touches
        isUsed = isUsed || other.isUsed
    }
}

/// What a period changed in the worth of one conversion.
struct WorthChange {
    var before: AttributionRecord.Conversion.Worth
    var after: AttributionRecord.Conversion.Worth
    var currency: Currency?

    /// 1 for a conversion of the period, -1 for an older one that was taken back in it, else 0.
    var conversions: Int { (after.counts ? 1 : 0) - (before.counts ? 1 : 0) }
    var micros: Int128 { after.micros - before.micros }
    var digits: UInt8 { UInt8(max(before.digits, after.digits)) }

    /// The change split over a path. What is left of the conversion is split anew and compared with the split before, so
    /// that the parts of a refund take back exactly what each touchpoint was given.
    func credits(_ weights: [Int64]) -> [Int128] {
        func split(_ worth: AttributionRecord.Conversion.Worth) -> [Int128] {
            let unit = Int128(PowersOfTen[6 - worth.digits])
            return LargestRemainder.split(worth.micros / unit, weights: weights).map { $0 * unit }
        }
        if before.micros == 0 { return split(after) }
        return zip(split(after), split(before)).map { $0 - $1 }
    }
}

/// Sums of credits by key for several models.
struct CreditReport {
    /// For each model the tallies by number of key.
    private var tallies: [[CreditTally]]
    /// For each model what no touchpoint earned.
    private var rest: [CreditTally]

    init(models: Int, keys: Int) {
        tallies = Array(repeating: Array(repeating: CreditTally(), count: keys), count: models)
        rest = Array(repeating: CreditTally(), count: models)
    }

    /// Adds one touchpoint's share of a conversion.
    mutating func add(
        model: Int,
        key: Int,
        weight: Int64,
        of total: Int64,
        credit: Int128,
        _ change: WorthChange
    ) {
        tallies[model][key].isUsed = true
        if change.conversions > 0 { tallies[model][key].touches += 1 }
        if change.conversions != 0 {
            tallies[model][key].conversions.add(weight, over: total, sign: Int128(change.conversions))
        }
        if weight != 0 || credit != 0, let currency = change.currency {
            tallies[model][key].value.add(credit, currency, scale: change.digits)
        }
    }

    /// Adds one touchpoint's share in the report's currency.
    mutating func add(model: Int, key: Int, credit: Int128, _ converted: ConvertedMoney) {
        if credit != 0 { tallies[model][key].converted.add(credit, converted.currency, scale: converted.digits) }
    }

    /// Adds what no touchpoint earned, in the report's currency.
    mutating func addUnattributed(model: Int, _ converted: ConvertedMoney) {
        rest[model].converted.add(converted.micros, converted.currency, scale: converted.digits)
    }

    /// Adds what no touchpoint earned.
    mutating func addUnattributed(model: Int, _ change: WorthChange) {
        rest[model].isUsed = true
        rest[model].conversions.add(1, over: 1, sign: Int128(change.conversions))
        if let currency = change.currency { rest[model].value.add(change.micros, currency, scale: change.digits) }
    }

    /// The rows of one model in order. Keys of one name are one row.
    func rows(model: Int, _ name: (Int) -> String) -> [CreditRow] {
        var byName: [String: CreditTally] = [:]
        for (key, tally) in tallies[model].enumerated() where tally.isUsed {
            byName[name(key), default: CreditTally()].add(tally)
        }
        if rest[model].isUsed { byName[CreditKeys.unattributed, default: CreditTally()].add(rest[model]) }
        return byName.map { name, tally in
            CreditRow(
                key: name,
                conversions: tally.conversions.value,
                value: tally.value,
                converted: tally.converted,
                touches: tally.touches
            )
        }.sorted(by: CreditRow.inOrder)
    }
}
