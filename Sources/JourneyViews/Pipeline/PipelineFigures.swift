// The figures of one group of deals in one pipeline, added up deal by deal.
internal import JourneyEvents

/// What a group of deals comes to.
struct PipelineFigures {
    /// What is counted of one stage beside the fates of deals.
    struct Stage {
        var amount = MoneySum()
        var weighted = WeightedMoney()
        var dwell = Distribution()
        var stuck = 0
    }

    /// What is counted of one currency.
    struct Money {
        var open = 0
        var openAmount = MoneySum()
        var won = 0
        var lost = 0
        var wonAmount = MoneySum()
        var lostAmount = MoneySum()
        /// Milliseconds from creation to winning, of those of the won that have both.
        var cycle: Int128 = 0
        var cycles = 0
    }

    let names: [String]
    private let index: [String: Int]
    private(set) var fates: StageFates
    private(set) var stages: [Stage]
    /// Open deals that were never in any stage.
    private(set) var unstaged = MoneySum()
    private(set) var deals = 0
    private(set) var open = 0
    private(set) var won = 0
    private(set) var lost = 0
    private(set) var cycle = Distribution()
    private(set) var money: [Currency: Money] = [:]

    init(_ names: [String]) {
        self.names = names
        index = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        fates = StageFates(count: names.count)
        stages = Array(repeating: Stage(), count: names.count)
    }

    mutating func add(_ deal: DealRecord, _ probability: Probability, isStuck: Bool) {
        deals += 1
        let visits = deal.stays.compactMap { index[$0.stage] }
        fates.add(visits, deal.state == .open ? .open : deal.state == .won ? .won : .lost)
        for (stay, stage) in zip(deal.stays, visits) {
            if let left = stay.left { stages[stage].dwell.add(left - stay.entered) }
        }
        let duration = deal.closed.flatMap { closed in deal.created.map { closed - $0 } }
        switch deal.state {
        case .open:
            open += 1
            if let stage = visits.last {
                if isStuck { stages[stage].stuck += 1 }
                if let amount = deal.amount {
                    stages[stage].amount.add(amount)
                    stages[stage].weighted.add(amount, probability, item: deals)
                }
            } else if let amount = deal.amount {
                unstaged.add(amount)
            }
        case .won:
            won += 1
            if let duration { cycle.add(duration) }
        case .lost: lost += 1
        }
        guard let amount = deal.amount else { return }
        var sums = money[amount.currency] ?? Money()
        switch deal.state {
        case .open:
            sums.open += 1
            sums.openAmount.add(amount)
        case .won:
            sums.won += 1
            sums.wonAmount.add(amount)
            if let duration {
                sums.cycle += Int128(duration)
                sums.cycles += 1
            }
        case .lost:
            sums.lost += 1
            sums.lostAmount.add(amount)
        }
        money[amount.currency] = sums
    }

    var winRate: Double? { Ratio.of(won, won + lost) }

    /// The sums of all currencies of one kind.
    func total(_ kind: KeyPath<Money, MoneySum>) -> MoneySum {
        money.values.reduce(into: MoneySum()) { $0.add($1[keyPath: kind]) }
    }
}

extension PipelineFigures.Money {
    var winRate: Double? { Ratio.of(won, won + lost) }
    /// Mean days from creation to winning; nil without any.
    var meanCycleDays: Double? { cycles == 0 ? nil : Double(cycle) / Double(cycles) / 86_400_000 }

    /// The share of the money of closed deals that was won.
    var amountRate: Double? {
        let (won, lost) = (wonAmount.parts.first?.micros ?? 0, lostAmount.parts.first?.micros ?? 0)
        return Ratio.of(won, won + lost)
    }

    /// The mean of the won amounts, rounded once to the minor unit.
    func meanWon(_ currency: Currency) -> Amount? {
        won == 0 ? nil : SalesVelocity.rounded(wonAmount.parts.first?.micros ?? 0, 1, over: Int128(won), currency)
    }

    /// Open deals × win rate × mean won amount / mean cycle days. The number of won deals stands above and below the line
    /// and goes out: what is left is exact and rounded once, to the minor unit. Nil without a win, or a cycle that is positive.
    func velocity(_ currency: Currency) -> Amount? {
        guard won > 0, cycles > 0, cycle > 0 else { return nil }
        return SalesVelocity.rounded(
            wonAmount.parts.first?.micros ?? 0,
            Int128(open) * Int128(cycles) * 86_400_000,
            over: Int128(won + lost) * cycle,
            currency
        )
    }
}
