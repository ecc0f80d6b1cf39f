// Money in the report's currency, by the rate that the event itself recorded: a report never changes with today's rates.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// A rate: `numerator` × 10^-`scale` units of the report's currency for one unit of the event's.
struct ExchangeRate: Hashable {
    private var numerator: Int128
    private var scale: Int

    /// A positive decimal of at most twelve digits, as the JSON text of a number or of a string.
    init?(json: String) {
        let text = stringValue(ofJSON: json) ?? json
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let digits = parts.joined()
        guard !digits.isEmpty, digits.utf8.count <= 12, digits.utf8.allSatisfy({ (48...57).contains($0) }),
            parts.allSatisfy({ !$0.isEmpty }), let numerator = Int64(digits), numerator > 0
        else { return nil }
        self.numerator = Int128(numerator)
        scale = parts.count > 1 ? parts[1].utf8.count : 0
    }

    /// An amount in 10^-6 as whole units of 10^-`digits` of the other currency, rounded half away from zero.
    func convert(_ micros: Int128, digits: Int) -> Int128 {
        let product = micros.magnitude * numerator.magnitude
        var divisor: UInt128 = 1
        for _ in 0..<(scale + 6 - digits) { divisor *= 10 }
        let (quotient, remainder) = product.quotientAndRemainder(dividingBy: divisor)
        let rounded = Int128(quotient + (remainder >= divisor - remainder ? 1 : 0))
        return micros < 0 ? -rounded : rounded
    }
}

/// Money that a rate made of other money.
struct ConvertedMoney {
    var micros: Int128
    var currency: Currency
    var digits: UInt8
}

/// The rates that lead from conversions to one currency.
struct ExchangeRates {
    /// How one event's money becomes the report's.
    enum Rate {
        /// It is in that currency.
        case same
        case rate(ExchangeRate)
    }

    let currency: Currency
    /// By the position of the conversion.
    private var rates: [UInt64: ExchangeRate] = [:]

    /// Reads `fx_rate` of the events at these positions; where they state `fx_currency` as well, of those that say this one.
    init(to currency: Currency, at positions: [UInt64], _ log: LogSnapshot) throws {
        self.currency = currency
        guard let rateKey = try log.symbol(.propertyKey, "fx_rate") else { return }
        let currencyKey = try log.symbol(.propertyKey, "fx_currency") ?? 0
        let properties = try PropertyTable(
            reading: log,
            keys: [rateKey, currencyKey].filter { $0 != 0 },
            positions: Array(Set(positions)).sorted()
        )
        for position in positions {
            guard let json = properties.json(rateKey, at: position), let rate = ExchangeRate(json: json) else {
                continue
            }
            if properties.contains(currencyKey, at: position),
                properties.text(currencyKey, at: position) != currency.code
            {
                continue
            }
            rates[position] = rate
        }
    }

    /// The way from one event's currency; nil when there is none.
    func rate(from other: Currency, at position: UInt64) -> Rate? {
        other == currency ? .same : rates[position].map { .rate($0) }
    }
}

extension WorthChange {
    /// What the change is in the report's currency.
    func converted(_ rates: ExchangeRates, _ rate: ExchangeRates.Rate) -> ConvertedMoney {
        guard case .rate(let rate) = rate else {
            return ConvertedMoney(micros: micros, currency: rates.currency, digits: digits)
        }
        let digits = rates.currency.minorDigits
        let units = rate.convert(after.micros, digits: digits) - rate.convert(before.micros, digits: digits)
        return ConvertedMoney(
            micros: units * Int128(PowersOfTen[6 - digits]),
            currency: rates.currency,
            digits: UInt8(digits)
        )
    }

    /// The credits in the report's currency: what is left of the conversion is converted once and shared out over what each
    /// touchpoint has of it, before and after, so that the parts sum to the whole and a refund takes back what was given.
    func convertedCredits(_ weights: [Int64], _ rates: ExchangeRates, _ rate: ExchangeRates.Rate) -> [Int128] {
        guard case .rate(let rate) = rate else { return credits(weights) }
        let digits = rates.currency.minorDigits
        let unit = Int128(PowersOfTen[6 - digits])
        func split(_ worth: AttributionRecord.Conversion.Worth) -> [Int128] {
            let own = WorthChange(before: .init(), after: worth, currency: currency).credits(weights)
            let shares = WholeWeights.narrowed(own.map { Int128($0.magnitude) })
            return LargestRemainder.split(rate.convert(worth.micros, digits: digits), weights: shares).map { $0 * unit }
        }
        return zip(split(after), split(before)).map { $0 - $1 }
    }
}
