// Stage tables that add up, weighted sums that are rounded once, and when a deal slips.
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyViews

private func order(_ listed: [String], _ deals: [(String, [(stage: String, entered: Int64)])]) -> [String] {
    var order = StageOrder(listed)
    for (id, stays) in deals { order.add(stays, of: id) }
    return order.stages
}

@Suite struct AlgorithmsSalesTests {
    @Test func `Stages that the rules do not list stand where deals first came into them, however deals are added`() {
        let deals: [(String, [(stage: String, entered: Int64)])] = [
            ("b", [("b0", 1), ("new", 5), ("close", 9)]), ("a", [("start", 1), ("a", 2), ("new", 4), ("extra", 4)]),
            ("c", [("b", 3), ("new", 5)]),
        ]
        let expected = ["start", "b0", "a", "new", "extra", "b", "close"]
        var random = SplitMix.fresh()
        for _ in 0..<20 {
            #expect(order(["a", "b", "close"], deals.shuffled(using: &random)) == expected, "seed \(random.seed)")
        }
        #expect(order(["a"], []) == ["a"])
        // At one instant the first by name counts, and without rules deals alone make the order.
        #expect(order([], [("y", [("q", 1)]), ("x", [("p", 1), ("q", 1)])]) == ["p", "q"])
    }

    @Test func `Every deal has one fate in each stage that it entered`() {
        var fates = StageFates(count: 4)
        fates.add([0, 1, 3], .won)
        fates.add([0, 2, 1], .open)
        fates.add([1, 1], .lost)
        fates.add([], .won)
        let columns = fates.stages.map {
            [$0.entered, $0.advanced, $0.movedBack, $0.won, $0.lost, $0.open, $0.skipped]
        }
        #expect(
            columns == [
                [2, 2, 0, 0, 0, 0, 0], [3, 1, 0, 0, 1, 1, 0], [1, 0, 1, 0, 0, 0, 1], [1, 0, 0, 1, 0, 0, 0],
            ]
        )
        // Stage 1: the first deal came further, the third was lost, the second is still there.
        #expect(fates.stages[1].rate(strictVisits: false) == 0.5)
        // Stage 2: one moved back; one jumped over it.
        #expect(fates.stages[2].rate(strictVisits: true) == 0 && fates.stages[2].rate(strictVisits: false) == 0.5)
        #expect(fates.unstaged.entered == 1 && fates.unstaged.won == 1)
        #expect(StageFates(count: 1).stages[0].rate(strictVisits: false) == nil)
    }

    @Test func `Fates add up for any visits`() {
        var random = SplitMix.fresh()
        var fates = StageFates(count: 6)
        var ends: [StageFates.End: Int] = [:]
        for _ in 0..<500 {
            let visits = (0..<Int.random(in: 0...7, using: &random)).map { _ in Int.random(in: 0..<6, using: &random) }
            let end: StageFates.End = [.open, .won, .lost][Int.random(in: 0..<3, using: &random)]
            ends[end, default: 0] += 1
            fates.add(visits, end)
        }
        for stage in fates.stages {
            let sum = stage.advanced + stage.movedBack + stage.won + stage.lost + stage.open
            #expect(stage.entered == sum && stage.passed <= stage.entered - stage.open, "seed \(random.seed)")
        }
        let all = fates.stages + [fates.unstaged]
        #expect(all.reduce(0) { $0 + $1.won } == ends[.won], "seed \(random.seed)")
        #expect(all.reduce(0) { $0 + $1.lost } == ends[.lost], "seed \(random.seed)")
        #expect(all.reduce(0) { $0 + $1.open } == ends[.open], "seed \(random.seed)")
    }

    @Test func `A weighted sum is rounded once, and its parts are products rounded down or up`() {
        let third = Probability(1, of: 3)
        // 33 1/3 + 33 1/3 + 33 1/3 = 100: the first has the unit that is left.
        #expect(WeightedSum.split(Array(repeating: (amount: 100, probability: third), count: 3)) == [34, 33, 33])
        // 0.5 + 0.2 = 0.7: rounded to 1, which goes to the largest remainder.
        #expect(WeightedSum.split([(1, Probability(0.2)), (1, Probability(0.5))]) == [0, 1])
        // Exactly a half, of fractions that doubles do not have: rounded up.
        #expect(WeightedSum.split([(1, third), (1, Probability(1, of: 6))]) == [1, 0])
        #expect(WeightedSum.split([(-3, Probability(0.5))]) == [-1])
        #expect(WeightedSum.split([]) == [])
        #expect(Probability(0.35) == Probability(7, of: 20) && Probability(0.7).isAtLeast(7, of: 10))
        #expect(!Probability(0.699_999_999).isAtLeast(7, of: 10))
        var random = SplitMix.fresh()
        for _ in 0..<200 {
            let products = (0..<Int.random(in: 1...9, using: &random)).map { _ in
                let whole = Int64.random(in: 1...40, using: &random)
                return (
                    amount: Int128(Int64.random(in: 0...1_000_000, using: &random)),
                    probability: Probability(Int64.random(in: 0...whole, using: &random), of: whole)
                )
            }
            let parts = WeightedSum.split(products)
            let exact = products.reduce(0.0) { $0 + Double($1.amount) * $1.probability.value }
            #expect(abs(Double(parts.reduce(0, +)) - exact) <= 0.5 + 1e-6, "seed \(random.seed)")
            for (part, product) in zip(parts, products) {
                #expect(
                    abs(Double(part) - Double(product.amount) * product.probability.value) < 1,
                    "seed \(random.seed)"
                )
            }
        }
    }

    @Test func `Money by time is exact and rounded once, halves away from zero`() throws {
        let euro = try #require(Currency("EUR"))
        #expect(SalesVelocity.rounded(1_000_000, 1, over: 3, euro)?.decimal == "0.33")
        #expect(SalesVelocity.rounded(25_000, 1, over: 5, euro)?.decimal == "0.01")
        #expect(SalesVelocity.rounded(-25_000, 1, over: 5, euro)?.decimal == "-0.01")
        #expect(SalesVelocity.rounded(1_000_000, 0, over: 3, euro)?.decimal == "0.00")
        #expect(SalesVelocity.rounded(1, 1, over: 0, euro) == nil)
        #expect(SalesVelocity.rounded(.max, 7, over: 3, euro) == nil)
    }

    @Test(
        arguments: [
            ("2026-02-28", 20_512), ("2026-02-28T23:59:59+09:00", 20_512), ("1970-01-01", 0), ("2026-02-30", nil),
            ("2026-13-01", nil), ("soon", nil), ("20260228xx", nil), ("", nil), ("2026-2-28", nil),
        ] as [(String, Int64?)]
    )
    func `An expected close date is the date as it is written`(_ text: String, _ day: Int64?) {
        #expect(LocalDay.number(text) == day)
    }
}

// A deal's promises, told as what was said on which day of a month of thirty days from day 0 on.
@Suite struct SlippageTests {
    private static let day: Int64 = 86_400_000
    /// 2026-04-01.
    private static let april: Int64 = 1_775_001_600_000

    /// A deal that was created in March for `date`, with later dates and states by the day of April.
    private func deal(_ date: String, moves: [(Double, String)] = [], states: [(Double, DealRecord.State)] = [])
        -> DealRecord
    {
        func time(_ day: Double) -> Int64 { SlippageTests.april + Int64(day * Double(SlippageTests.day)) }
        var deal = DealRecord()
        deal.firstEvent = time(-20)
        deal.closeDates = ([(-20, date)] + moves).map { .init(at: time($0.0), position: 1, text: $0.1) }
        deal.expectedClose = deal.closeDates.last?.text
        deal.states = states.map { .init(at: time($0.0), position: 2, state: $0.1) }
        deal.state = states.last?.1 ?? .open
        return deal
    }

    private func isSlipped(_ deal: DealRecord, now: Double) -> Bool {
        let end = SlippageTests.april + 30 * SlippageTests.day
        return Slippage.isSlipped(
            deal,
            out: SlippageTests.april..<end,
            number: (2026 - 1970) * 12 + 3,
            unit: .month,
            now: SlippageTests.april + Int64(now * Double(SlippageTests.day))
        )
    }

    @Test func `Open at the end of its month: slipped`() {
        #expect(isSlipped(deal("2026-04-20"), now: 40))
    }

    @Test func `While the month lasts a deal that is late in it has not slipped yet`() {
        #expect(!isSlipped(deal("2026-04-20"), now: 25))
    }

    @Test func `Moved to the next month: slipped at once`() {
        #expect(isSlipped(deal("2026-04-20", moves: [(10, "2026-05-02")]), now: 11))
        #expect(!isSlipped(deal("2026-04-20", moves: [(10, "2026-04-30")]), now: 11))
    }

    @Test func `Moved out of the month and won in it all the same: not slipped`() {
        let won = deal("2026-04-20", moves: [(10, "2026-05-02")], states: [(29, .won)])
        #expect(!isSlipped(won, now: 40))
    }

    @Test func `Lost is closed: not slipped`() {
        #expect(!isSlipped(deal("2026-04-20", states: [(12, .lost)]), now: 40))
    }

    @Test func `Won after the month: slipped`() {
        #expect(isSlipped(deal("2026-04-20", states: [(33, .won)]), now: 40))
    }

    @Test func `Won in the month and reopened in it: slipped`() {
        #expect(isSlipped(deal("2026-04-20", states: [(5, .won), (9, .open)]), now: 40))
        #expect(!isSlipped(deal("2026-04-20", states: [(5, .won), (31, .open)]), now: 40))
    }

    @Test func `A date that was moved into the month after it began was not promised for it`() {
        #expect(!isSlipped(deal("2026-05-20", moves: [(3, "2026-04-20")]), now: 40))
        #expect(!isSlipped(deal("2026-05-20", moves: [(0, "2026-04-20")]), now: 40))
        #expect(isSlipped(deal("2026-05-20", moves: [(-0.001, "2026-04-20")]), now: 40))
    }

    @Test func `Closed before the month, or without a date: not slipped`() {
        #expect(!isSlipped(deal("2026-04-20", states: [(-3, .won)]), now: 40))
        #expect(!isSlipped(deal("soon"), now: 40))
    }

    @Test func `Each move to a later period is a slip, moves within it and back are none`() {
        let moves = [(1.0, "2026-04-30"), (2, "2026-05-02"), (3, "2026-04-02"), (4, "2026-06-30"), (5, "2026-07-01")]
        let moved = deal("2026-04-20", moves: moves)
        #expect(moved.slips(.month).map(\.text) == ["2026-05-02", "2026-06-30", "2026-07-01"])
        #expect(moved.slips(.quarter).map(\.text) == ["2026-07-01"])
    }
}
