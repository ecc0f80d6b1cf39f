// The conversions of one customer with the touchpoints before them: the row of the view `attribution`. A path is a range of
// the touchpoints, so overlapping paths store each touchpoint once.
internal import JourneyEvents
internal import JourneyLog

/// The conversions of one customer.
struct AttributionRecord: Hashable, Sendable {
    struct Touch: Hashable, Sendable {
        var channel: UInt32
        var campaign: UInt32
        var type: UInt32
        var at: Int64
        var position: UInt64
    }

    /// What changed a conversion: money came back, or its deal was reopened and it counts no more.
    struct Change: Hashable, Sendable {
        var position: UInt64
        var at: Int64
        /// What it is worth more, in units of 10^-6 of the conversion's currency; negative when money came back.
        var micros: Int128
        var scale: UInt8
        var voids: Bool
    }

    /// The touchpoint at a milestone: the last one of the path that was not after it.
    struct Anchor: Hashable, Sendable {
        /// The event of the milestone.
        var position: UInt64
        /// Index of the touchpoint.
        var touch: Int
    }

    struct Conversion: Hashable, Sendable {
        var position: UInt64
        var at: Int64
        var definition: Int
        /// What it was worth when it was made.
        var amount: Amount?
        /// The event that stated the amount, when that was an earlier one of the deal; 0 when it is the conversion's own.
        var amountPosition: UInt64 = 0
        /// In journey order; money can come back by an event that is dated before the conversion.
        var changes: [Change] = []
        /// The path: a range of the touchpoints.
        var first = 0
        var end = 0
        /// The latest milestones at or before the conversion that have a touchpoint on its path.
        var lead: Anchor?
        var opportunity: Anchor?
        var close: Anchor?
    }

    /// Money back for a conversion that nobody knows.
    struct Unmatched: Hashable, Sendable {
        var position: UInt64
        var at: Int64
        var definition: Int
        var amount: Amount
    }

    var touches: [Touch] = []
    var conversions: [Conversion] = []
    var unmatched: [Unmatched] = []

    var isEmpty: Bool { touches.isEmpty && conversions.isEmpty && unmatched.isEmpty }
}

extension AttributionRecord.Conversion {
    /// The anchor of a milestone. That of the first touchpoint needs none.
    subscript(_ milestone: AnchoredModel.Milestone) -> AttributionRecord.Anchor? {
        get {
            switch milestone {
            case .first: nil
            case .lead: lead
            case .opportunity: opportunity
            case .close: close
            }
        }
        set {
            switch milestone {
            case .first: break
            case .lead: lead = newValue
            case .opportunity: opportunity = newValue
            case .close: close = newValue
            }
        }
    }

    /// What a conversion is worth at some instant, and whether it counts.
    struct Worth: Hashable {
        var micros: Int128 = 0
        /// The digits that its credits are split in: those of the finest amount so far, at least the currency's own.
        var digits = 0
        var counts = false
    }

    /// What it is worth by the events before an instant; nil for all of them. Nothing before the first of them.
    func worth(before end: Int64?) -> Worth {
        let end = end ?? .max
        var worth = Worth(digits: amount.map { max(Int($0.scale), $0.currency.minorDigits) } ?? 0)
        if at < end {
            worth.counts = true
            worth.micros = amount?.micros ?? 0
        }
        for change in changes where change.at < end {
            worth.micros += change.micros
            worth.digits = max(worth.digits, Int(change.scale))
            if change.voids { worth.counts = false }
        }
        return worth
    }

    /// Whether it or one of its changes happened in a period.
    func isTouched(from: Int64, to: Int64) -> Bool {
        (at >= from && at < to) || changes.contains { $0.at >= from && $0.at < to }
    }
}

extension AttributionRecord {
    /// Forgets everything but the memory that it took.
    mutating func removeAll() {
        touches.removeAll(keepingCapacity: true)
        conversions.removeAll(keepingCapacity: true)
        unmatched.removeAll(keepingCapacity: true)
    }

    /// Drops the touchpoints that no path has.
    mutating func trim() {
        var (first, last) = (Int.max, 0)
        for conversion in conversions where conversion.first < conversion.end {
            first = min(first, conversion.first)
            last = max(last, conversion.end)
        }
        first = min(first, last)
        touches.removeLast(touches.count - last)
        touches.removeFirst(first)
        for index in conversions.indices {
            let isEmpty = conversions[index].first >= conversions[index].end
            conversions[index].first = isEmpty ? 0 : conversions[index].first - first
            conversions[index].end = isEmpty ? 0 : conversions[index].end - first
            for milestone in MilestoneMarks.kinds { conversions[index][milestone]?.touch -= first }
        }
    }

    func write(to out: inout RowWriter) {
        out.number(touches.count)
        for touch in touches {
            out.number(touch.channel)
            out.number(touch.campaign)
            out.number(touch.type)
            out.signed(touch.at)
            out.number(touch.position)
        }
        out.number(conversions.count)
        for conversion in conversions {
            out.number(conversion.position)
            out.signed(conversion.at)
            out.number(conversion.definition)
            out.amount(conversion.amount)
            out.number(conversion.amountPosition)
            out.number(conversion.changes.count)
            for change in conversion.changes {
                out.number(change.position)
                out.signed(change.at)
                out.wide(change.micros)
                out.number(change.scale)
                out.number(change.voids ? 1 : 0)
            }
            out.number(conversion.first)
            out.number(conversion.end)
            for milestone in MilestoneMarks.kinds {
                let anchor = conversion[milestone]
                out.number(anchor?.position ?? 0)
                if let anchor { out.number(anchor.touch - conversion.first) }
            }
        }
        out.number(unmatched.count)
        for refund in unmatched {
            out.number(refund.position)
            out.signed(refund.at)
            out.number(refund.definition)
            out.amount(refund.amount)
        }
    }

    init(_ bytes: Span<UInt8>) throws {
        var row = RowReader(bytes)
        let count = try row.number(bytes)
        // A touchpoint takes five bytes at least, whatever a damaged count says.
        touches.reserveCapacity(min(count, bytes.count / 5))
        for _ in 0..<count {
            let channel = try row.symbol(bytes)
            let campaign = try row.symbol(bytes)
            let type = try row.symbol(bytes)
            let at = try row.signed(bytes)
            touches.append(
                Touch(channel: channel, campaign: campaign, type: type, at: at, position: try row.position(bytes))
            )
        }
        for _ in 0..<(try row.number(bytes)) {
            var conversion = Conversion(position: try row.position(bytes), at: try row.signed(bytes), definition: 0)
            conversion.definition = try row.number(bytes)
            conversion.amount = try row.amount(bytes)
            conversion.amountPosition = try row.position(bytes)
            for _ in 0..<(try row.number(bytes)) {
                let position = try row.position(bytes)
                let at = try row.signed(bytes)
                let micros = try row.wide(bytes)
                let scale = UInt8(truncatingIfNeeded: try row.number(bytes))
                let voids = try row.number(bytes) == 1
                conversion.changes.append(
                    Change(position: position, at: at, micros: micros, scale: scale, voids: voids)
                )
            }
            conversion.first = try row.number(bytes)
            conversion.end = try row.number(bytes)
            guard conversion.first >= 0, conversion.first <= conversion.end, conversion.end <= touches.count else {
                throw AttributionRecord.damaged
            }
            for milestone in MilestoneMarks.kinds {
                let position = try row.position(bytes)
                guard position > 0 else { continue }
                let touch = conversion.first + (try row.number(bytes))
                guard touch >= 0, touch < conversion.end else { throw AttributionRecord.damaged }
                conversion[milestone] = Anchor(position: position, touch: touch)
            }
            conversions.append(conversion)
        }
        for _ in 0..<(try row.number(bytes)) {
            let position = try row.position(bytes)
            let at = try row.signed(bytes)
            let definition = try row.number(bytes)
            guard let amount = try row.amount(bytes) else { throw AttributionRecord.damaged }
            unmatched.append(Unmatched(position: position, at: at, definition: definition, amount: amount))
        }
    }

    private static var damaged: RihlaError {
        RihlaError(.damaged, "a row of the view attribution is damaged", hint: "rihla rebuild attribution")
    }
}
