// The runs of touchpoints that are on the path of no conversion: what models of all paths know of journeys that failed.
internal import JourneyEvents

/// Finds the paths that led to nothing.
enum NullPaths {
    /// The touchpoints of a customer, in order, as far as one view of who that is goes.
    struct Touchpoints {
        var touches: [AttributionRecord.Touch]
        /// Where those begin that no earlier view has reported.
        var own = 0
        /// Where those end that could have led to the conversion.
        var end: Int
    }

    /// Visits runs of adjacent touchpoints without a gap above the look-back window between them. The latest touchpoint
    /// decides whose a run is, so views are taken from the last to the first and each touchpoint is in one run.
    ///
    /// - Parameters:
    ///   - views: Of one customer; earlier ones first.
    ///   - covered: Positions of the touchpoints on paths of conversions.
    static func each(
        _ views: [Touchpoints],
        covered: Set<UInt64>,
        lookback: Int64,
        _ body: (Int, Range<Int>) -> Void
    ) {
        var taken = covered
        for (index, view) in views.enumerated().reversed() {
            let touches = view.touches
            var end = min(view.end, touches.count)
            while end > view.own {
                guard !taken.contains(touches[end - 1].position) else {
                    end -= 1
                    continue
                }
                var start = end - 1
                while start > 0, !taken.contains(touches[start - 1].position),
                    lookback == 0 || touches[start].at - touches[start - 1].at <= lookback
                {
                    start -= 1
                }
                // One view has each touchpoint once; with several, a later one may have taken it.
                if views.count > 1 { taken.formUnion(touches[start..<end].map(\.position)) }
                body(index, start..<end)
                end = start
            }
        }
    }
}
