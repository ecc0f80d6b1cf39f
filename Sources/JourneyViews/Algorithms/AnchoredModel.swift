// Attribution to the touches at the milestones of a deal: the models that HubSpot calls U-shaped, W-shaped and full path.
// Vendors say nothing of milestones that coincide or are missing; the rules for those are Rihla's own.

/// Fixed shares to the touches at milestones, the anchors; the rest evenly to the other touches.
package struct AnchoredModel: Hashable, Sendable {
    /// What a path may have an anchor for.
    package enum Milestone: Hashable, Sendable, CaseIterable {
        /// The first touch: every path has it.
        case first
        /// The lead was created.
        case lead
        /// The opportunity, a deal, was created.
        case opportunity
        /// The deal was won.
        case close
    }

    /// The milestones that have a share, the same for each.
    package let milestones: [Milestone]
    /// The percentage of all milestones together; what is left to 100 goes to the other touches.
    package let anchored: Int64

    /// 40 % to the first touch, 40 % to lead creation, 20 % to the others.
    package static let uShaped = AnchoredModel(milestones: [.first, .lead], anchored: 80)
    /// 30 % each to the first touch, lead and opportunity creation, 10 % to the others.
    package static let wShaped = AnchoredModel(milestones: [.first, .lead, .opportunity], anchored: 90)
    /// 22.5 % each to the first touch, lead and opportunity creation and close, 10 % to the others.
    package static let fullPath = AnchoredModel(milestones: [.first, .lead, .opportunity, .close], anchored: 90)

    /// Where an event stands in a journey: ascending by time, then position in the log.
    package struct Order: Hashable, Comparable, Sendable {
        package var at: Int64
        package var position: UInt64

        package init(at: Int64, position: UInt64) {
            self.at = at
            self.position = position
        }

        package static func < (a: Order, b: Order) -> Bool { a.at != b.at ? a.at < b.at : a.position < b.position }
    }

    /// The place of a milestone's anchor: the last of the ascending `touches` at or before it, so a touch that is the
    /// milestone is its own anchor; nil when all came later. O(log n).
    package static func anchor(of milestone: Order, in touches: [Order]) -> Int? {
        var low = 0
        var high = touches.count
        while low < high {
            let middle = (low + high) / 2
            if touches[middle] <= milestone { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }

    /// The weights of a path of `count` touches, over the ``denominator(count:anchors:)`` of the same path.
    ///
    /// Milestones on one touch add up. The share of a missing one goes evenly to those present (each has the same share, so
    /// pro rata is evenly); so does the rest when no other touch is there to have it.
    ///
    /// - Parameter anchors: The places of the milestones' anchors. The first touch needs none; a milestone that is absent,
    ///   or came after the conversion, is left out.
    package func weights(count: Int, anchors: [Milestone: Int]) -> [Int64] {
        guard count > 0 else { return [] }
        let places = places(anchors)
        var isAnchor = [Bool](repeating: false, count: count)
        for place in places { isAnchor[place] = true }
        let others = Int64(isAnchor.count { !$0 })
        // An anchor has anchored / places.count, another touch (100 − anchored) / others: both over 100 · places · others.
        let share = others > 0 ? anchored * others : 1
        var weights = isAnchor.map { $0 ? 0 : (100 - anchored) * Int64(places.count) }
        for place in places { weights[place] += share }
        return weights
    }

    /// What the weights of such a path add up to; 0 for an empty one.
    package func denominator(count: Int, anchors: [Milestone: Int]) -> Int64 {
        guard count > 0 else { return 0 }
        let places = places(anchors)
        let others = Int64(count - Set(places).count)
        return others > 0 ? 100 * Int64(places.count) * others : Int64(places.count)
    }

    /// The anchors of the milestones that are present, one for each.
    private func places(_ anchors: [Milestone: Int]) -> [Int] {
        milestones.compactMap { $0 == .first ? 0 : anchors[$0] }
    }
}
