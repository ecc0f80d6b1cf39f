// When the customers that a channel acquired have brought back what it cost: what each brought, by months of its own age.
internal import JourneyEvents

/// What acquired customers have brought, by channel and by month since they were acquired.
struct Payback {
    /// A month of a customer's age, in milliseconds: 30 days.
    static let month: Int64 = 30 * 86_400_000

    /// Why there is no figure.
    enum Gap: String {
        case noSpend = "no_spend"
        case severalCurrencies = "several_currencies"
        case noCustomers = "no_customers"
        case notYet = "not_yet"
    }

    /// A customer's first purchase, with the parts that channels have in it.
    struct Acquisition {
        var at: Int64
        var parts: [(channel: Int, weight: Int64)]
    }

    /// By position of the first purchase.
    private var acquisitions: [UInt64: Acquisition] = [:]
    /// The first purchase behind a conversion or an unmatched refund, by positions.
    private var customers: [UInt64: UInt64] = [:]
    /// Money by channel and month.
    private var brought: [Int: [Int64: MoneySum]] = [:]

    mutating func acquire(_ acquisition: Acquisition, at position: UInt64) { acquisitions[position] = acquisition }

    /// Says whose a conversion or an unmatched refund is.
    mutating func note(_ position: UInt64, ofCustomerSince first: UInt64) { customers[position] = first }

    /// Adds what conversions brought, without those that were taken back by a reopening, and what refunds took.
    mutating func add(_ record: AttributionRecord) {
        for conversion in record.conversions where conversion.worth(before: nil).counts {
            guard let amount = conversion.amount else { continue }
            let currency = amount.currency
            add(
                .init(currency: currency, micros: amount.micros, scale: amount.scale),
                conversion.at,
                conversion.position
            )
            for change in conversion.changes {
                add(
                    .init(currency: currency, micros: change.micros, scale: change.scale),
                    change.at,
                    conversion.position
                )
            }
        }
        for refund in record.unmatched {
            let amount = refund.amount
            let part = MoneySum.Part(currency: amount.currency, micros: amount.micros, scale: amount.scale)
            add(part, refund.at, refund.position)
        }
    }

    private mutating func add(_ money: MoneySum.Part, _ time: Int64, _ position: UInt64) {
        guard let customer = customers[position], let acquisition = acquisitions[customer] else { return }
        let month = Payback.month(ofAge: time - acquisition.at)
        let split = LargestRemainder.split(money.micros / money.unit, weights: acquisition.parts.map(\.weight))
        for (part, units) in zip(acquisition.parts, split) {
            brought[part.channel, default: [:]][month, default: MoneySum()].add(
                units * money.unit,
                money.currency,
                scale: money.scale
            )
        }
    }

    /// The month of an age: 0 for the purchase itself and what is dated before it, 1 for what comes up to 30 days later, that
    /// instant included, and so on.
    static func month(ofAge age: Int64) -> Int64 { age <= 0 ? 0 : (age - 1) / month + 1 }

    /// The month by whose end the sums of a channel, times a margin in millionths, cover a cost and cover it from then on.
    ///
    /// - Parameter share: What of the sums is the channel's own; all of it unless it says less.
    func months(
        of channel: Int,
        toCover cost: MoneySum.Part,
        margin: Int128,
        share: (Int128) -> Int128 = { $0 }
    ) -> Int64? {
        let months = brought[channel] ?? [:]
        var (sum, covered) = (Int128(0), Int64?.none)
        for month in months.keys.sorted() {
            sum += months[month]?.micros(cost.currency) ?? 0
            covered = share(sum) * margin >= cost.micros * 1_000_000 ? covered ?? month : nil
        }
        return covered
    }
}
