// Shares of a budget within bounds.
import Testing

@testable import JourneyViews

@Suite struct BudgetPlanTests {
    @Test func `Shares between bounds are in proportion to their weights`() {
        let shares = BudgetPlan.bounded([4, 1, 1], [0.1, 0.1, 0.1], [0.5, 0.5, 0.5], sum: 1)
        // 4/6 is more than 0.5; the rest is shared evenly.
        #expect(shares.map { ($0 * 1e12).rounded() / 1e12 } == [0.5, 0.25, 0.25])
        let free = BudgetPlan.bounded([3, 1], [0.1, 0.1], [0.9, 0.9], sum: 1)
        #expect(free.map { ($0 * 1e12).rounded() / 1e12 } == [0.75, 0.25])
        let none = BudgetPlan.bounded([0, 1], [0.2, 0.1], [0.9, 0.9], sum: 1)
        #expect(none.map { ($0 * 1e12).rounded() / 1e12 } == [0.2, 0.8])
    }

    @Test func `A small channel does not fall below the floor, one below it does not fall at all`() {
        func channel(_ spend: Double, _ rate: Double) -> BudgetPlan.Channel {
            let spend = [spend * 0.5, spend, spend * 1.5]
            return .init(spend: spend, returned: spend.map { $0 * rate }, conversions: 50)
        }
        let plan = BudgetPlan([channel(890, 5), channel(60, 1), channel(50, 1)])
        #expect(plan.refusal == nil)
        #expect(plan.parts[1].share == BudgetPlan.floor && plan.parts[1].bound == .floor)
        #expect(plan.parts[2].share == 0.05 && plan.parts[2].bound == .floor)
        #expect(abs(plan.parts.reduce(0) { $0 + $1.share } - 1) < 1e-12)
    }

    @Test func `An interval that has the average in it is taken for the average`() {
        let clear = BudgetPlan.Channel(spend: [50, 100, 150], returned: [200, 400, 600], conversions: 50)
        let loose = BudgetPlan.Channel(spend: [50, 100, 150], returned: [400, 0, 100], conversions: 50)
        let plan = BudgetPlan([clear, loose])
        #expect(plan.blended == 1_700.0 / 600)
        #expect(plan.parts[0].cautious == 4 && plan.parts[1].cautious == plan.blended)
        #expect(plan.parts[0].share > 0.5 && plan.refusal == nil)
    }
}
