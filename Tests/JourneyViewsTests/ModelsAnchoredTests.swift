// The models with anchors against known answers, and the rules for anchors that coincide or are missing.
import JourneyViews
import TestSupport
import Testing

@Suite struct `Anchored attribution` {
    private static let models: [AnchoredModel] = [.uShaped, .wShaped, .fullPath]

    @Test func `gives the known answers`() throws {
        let vectors = try AttributionVectors.read().anchored
        #expect(vectors.count == 5)
        let milestones: [String: AnchoredModel.Milestone] = [
            "first": .first, "lead_created": .lead, "opportunity_created": .opportunity, "closed": .close,
        ]
        for vector in vectors {
            let model: AnchoredModel = vector.model.hasPrefix("w_shaped") ? .wShaped : .fullPath
            var anchors: [AnchoredModel.Milestone: Int] = [:]
            for (name, place) in vector.anchors { anchors[try #require(milestones[name])] = place }
            let count = vector.touches.count
            let weights = model.weights(count: count, anchors: anchors)
            let denominator = model.denominator(count: count, anchors: anchors)
            #expect(weights.count == vector.weights.count)
            for (weight, text) in zip(weights, vector.weights) {
                let known = try #require(fraction(text))
                #expect(weight * known.denominator == known.numerator * denominator, "\(vector.model)")
            }
            let split = LargestRemainder.split(100_000, weights: weights)
            #expect(split.map { Int($0) } == vector.splitOf100000Minor, "\(vector.model)")
        }
    }

    private func shares(_ model: AnchoredModel, _ count: Int, _ anchors: [AnchoredModel.Milestone: Int]) -> [Double] {
        let denominator = Double(model.denominator(count: count, anchors: anchors))
        return model.weights(count: count, anchors: anchors).map { Double($0) / denominator }
    }

    @Test func `has the shares of its name`() {
        let anchors: [AnchoredModel.Milestone: Int] = [.lead: 1, .opportunity: 2, .close: 3]
        #expect(shares(.uShaped, 6, anchors) == [0.4, 0.4, 0.05, 0.05, 0.05, 0.05])
        #expect(shares(.wShaped, 5, anchors) == [0.3, 0.3, 0.3, 0.05, 0.05])
        #expect(shares(.fullPath, 5, anchors) == [0.225, 0.225, 0.225, 0.225, 0.1])
    }

    @Test func `a touch with several milestones has all their shares`() {
        #expect(shares(.uShaped, 3, [.lead: 0]) == [0.8, 0.1, 0.1])
        #expect(shares(.fullPath, 4, [.lead: 3, .opportunity: 3, .close: 3]) == [0.225, 0.05, 0.05, 0.675])
    }

    @Test func `the share of a missing milestone goes to those present`() {
        #expect(shares(.wShaped, 4, [.opportunity: 3]) == [0.45, 0.05, 0.05, 0.45])
        #expect(shares(.wShaped, 3, [:]) == [0.9, 0.05, 0.05])
        #expect(shares(.fullPath, 3, [.close: 2, .lead: 0]) == [0.6, 0.1, 0.3])
    }

    @Test func `where every touch is an anchor the rest goes to the anchors`() {
        #expect(shares(.uShaped, 2, [.lead: 1]) == [0.5, 0.5])
        #expect(shares(.fullPath, 2, [.lead: 0, .opportunity: 0, .close: 1]) == [0.75, 0.25])
    }

    @Test(arguments: models)
    func `a single touch has everything, no touch nothing`(model: AnchoredModel) {
        #expect(shares(model, 1, [.lead: 0]) == [1])
        #expect(shares(model, 1, [:]) == [1])
        #expect(model.weights(count: 0, anchors: [:]).isEmpty)
        #expect(model.denominator(count: 0, anchors: [:]) == 0)
    }

    @Test(arguments: models)
    func `weights are never negative and add up to the denominator`(model: AnchoredModel) {
        var generator = SplitMix.fresh()
        for _ in 0..<300 {
            let count = Int.random(in: 1...12, using: &generator)
            var anchors: [AnchoredModel.Milestone: Int] = [:]
            for milestone in [AnchoredModel.Milestone.lead, .opportunity, .close]
            where Bool.random(using: &generator) {
                anchors[milestone] = Int.random(in: 0..<count, using: &generator)
            }
            let weights = model.weights(count: count, anchors: anchors)
            #expect(weights.count == count && weights.allSatisfy { $0 >= 0 }, "seed \(generator.seed)")
            let denominator = model.denominator(count: count, anchors: anchors)
            #expect(weights.reduce(0, +) == denominator, "seed \(generator.seed)")
        }
    }

    @Test func `an anchor is the last touch at or before its milestone`() {
        let touches = [(10, 1), (20, 2), (20, 5), (30, 4)].map { AnchoredModel.Order(at: $0.0, position: $0.1) }
        func anchor(_ at: Int64, _ position: UInt64) -> Int? {
            AnchoredModel.anchor(of: .init(at: at, position: position), in: touches)
        }
        #expect(anchor(9, 9) == nil)
        #expect(anchor(10, 1) == 0)
        #expect(anchor(20, 4) == 1)
        #expect(anchor(20, 6) == 2)
        #expect(anchor(99, 0) == 3)
        #expect(AnchoredModel.anchor(of: .init(at: 1, position: 1), in: []) == nil)
    }
}
