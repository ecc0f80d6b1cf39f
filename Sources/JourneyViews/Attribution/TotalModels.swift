// The rows of the models that are made of all paths together: Markov and Shapley.
internal import JourneyEvents

/// One row of a report.
struct CreditRow {
    var key: String
    var conversions: Double
    var value = MoneySum()
    var converted = MoneySum()
    var touches = 0
    /// For Markov: how much less often walks would convert without the key.
    var removalEffect: Double?

    /// Most conversions first, ties by key.
    static func inOrder(_ a: CreditRow, _ b: CreditRow) -> Bool {
        a.conversions != b.conversions
            ? a.conversions > b.conversions : a.key.utf8.lexicographicallyPrecedes(b.key.utf8)
    }
}

/// The paths of a report as the models of whole paths see them.
struct TotalModels {
    private let names: [String]
    private let paths: [(path: [Int], tally: PathTally)]
    /// The value of all paths, which says in how many digits each currency is split.
    private let value: MoneySum
    private let converted: MoneySum

    init(_ table: PathTable, names: [String]) {
        self.names = names
        paths = table.sorted
        var value = MoneySum()
        var converted = MoneySum()
        for (_, tally) in paths {
            value.add(tally.value)
            converted.add(tally.converted)
        }
        self.value = value
        self.converted = converted
    }

    /// The Markov chain of these paths.
    func markov(order: Int) -> MarkovModel {
        MarkovModel(
            paths: paths.map { PathCount(channels: $0.path, conversions: $0.tally.made, nulls: $0.tally.nulls) },
            channels: names.count,
            order: order
        )
    }

    /// The rows of a model of all paths; none for one that weighs the touchpoints of a path.
    func rows(of model: NamedModel, order: Int) -> [CreditRow] {
        switch model.kind {
        case .touch: []
        case .markov: rows(markov(order: order))
        case .shapley: shapleyRows()
        }
    }

    /// The rows of a Markov model: each key's share of all conversions and of all money, shared out once in each currency.
    func rows(_ model: MarkovModel) -> [CreditRow] {
        var rows = rows { path, tally in !path.isEmpty && tally.made + tally.nulls > 0 }
        let all = paths.reduce(0) { $0 + $1.tally.conversions }
        let untouched = paths.reduce(0) { $0 + ($1.path.isEmpty ? $1.tally.conversions : 0) }
        let hasShares = model.shares.contains { $0 > 0 }
        for index in names.indices {
            rows[index]?.conversions = model.shares[index] * Double(all - untouched)
            rows[index]?.removalEffect = model.removalEffects[index]
        }
        rows[names.count]?.conversions = Double(hasShares ? untouched : all)
        for (field, sums) in MoneyField.all(value, converted) {
            for part in sums.parts {
                let unit = part.unit
                var (touched, untouched) = (Int128(0), Int128(0))
                for (path, tally) in paths {
                    let micros = field.sum(tally).micros(part.currency)
                    if path.isEmpty { untouched += micros } else { touched += micros }
                }
                let split = model.split(touched / unit, untouched: untouched / unit)
                field.add(split, part, to: &rows)
            }
        }
        return rows.finished(hasRest: paths.contains { $0.path.isEmpty } || (!hasShares && !paths.isEmpty))
    }

    /// What the paths of one set of keys brought.
    struct Coalition {
        var keys: [Int]
        var conversions = 0
        var value = MoneySum()
    }

    /// The sets of keys that brought something, in ascending order: the game that the Shapley values are of is worth, for
    /// some keys, what all the sets brought that lie in them.
    var coalitions: [Coalition] {
        var found: [[Int]: Coalition] = [:]
        for (path, tally) in paths where !path.isEmpty {
            let keys = Set(path).sorted()
            found[keys, default: Coalition(keys: keys)].conversions += tally.conversions
            found[keys]?.value.add(tally.value)
        }
        return found.values.filter { $0.conversions != 0 || !$0.value.parts.isEmpty }
            .sorted { $0.keys.lexicographicallyPrecedes($1.keys) }
    }

    /// The Shapley values of the conversions.
    var shapley: ShapleyModel {
        ShapleyModel(
            paths: paths.map { PathCount(channels: $0.path, conversions: $0.tally.conversions) },
            channels: names.count
        )
    }

    /// The rows of the Shapley values.
    func shapleyRows() -> [CreditRow] {
        var rows = rows { path, tally in !path.isEmpty && (tally.conversions != 0 || !tally.value.parts.isEmpty) }
        let counts = shapley
        for (index, credit) in counts.conversionCredits.enumerated() { rows[index]?.conversions = credit }
        rows[names.count]?.conversions = Double(counts.unattributedConversions)
        for (field, sums) in MoneyField.all(value, converted) {
            for part in sums.parts {
                let model = ShapleyModel(
                    paths: paths.map {
                        PathCount(channels: $0.path, value: field.sum($0.tally).micros(part.currency) / part.unit)
                    },
                    channels: names.count
                )
                field.add(model.split, part, to: &rows)
            }
        }
        return rows.finished(hasRest: paths.contains { $0.path.isEmpty })
    }

    /// Rows for the keys of the paths that take part, by rank, and one behind them for what no key earned.
    private func rows(_ takesPart: ([Int], PathTally) -> Bool) -> [Int: CreditRow] {
        var rows = [names.count: CreditRow(key: CreditKeys.unattributed, conversions: 0)]
        for (path, tally) in paths where takesPart(path, tally) {
            for key in path {
                rows[key, default: CreditRow(key: names[key], conversions: 0)].touches += tally.made
            }
        }
        return rows
    }
}

/// One of the two sums of a tally: in the conversions' own currencies, or in the report's.
private enum MoneyField {
    case own, converted

    static func all(_ value: MoneySum, _ converted: MoneySum) -> [(MoneyField, MoneySum)] {
        [(.own, value), (.converted, converted)]
    }

    func sum(_ tally: PathTally) -> MoneySum {
        switch self {
        case .own: tally.value
        case .converted: tally.converted
        }
    }

    func add(_ split: ChannelSplit, _ part: MoneySum.Part, to rows: inout [Int: CreditRow]) {
        for (key, units) in (split.channels + [split.unattributed]).enumerated() where units != 0 {
            switch self {
            case .own: rows[key]?.value.add(units * part.unit, part.currency, scale: part.scale)
            case .converted: rows[key]?.converted.add(units * part.unit, part.currency, scale: part.scale)
            }
        }
    }
}

extension [Int: CreditRow] {
    /// The rows in order; the one of what no key earned, the last by number, only when there is such.
    fileprivate func finished(hasRest: Bool) -> [CreditRow] {
        let last = keys.max()
        return filter { $0.key != last || hasRest }.map(\.value).sorted(by: CreditRow.inOrder)
    }
}

extension MoneySum {
    /// The sum in one currency, 0 when there is none.
    func micros(_ currency: Currency) -> Int128 { parts.first { $0.currency == currency }?.micros ?? 0 }
}

extension MoneySum.Part {
    /// The smallest unit that it is split in, in 10^-6.
    var unit: Int128 { Int128(PowersOfTen[6 - max(Int(scale), currency.minorDigits)]) }
}
