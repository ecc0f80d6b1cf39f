// The milestones that models with anchors look for, as one walk over a customer's events comes upon them.
internal import JourneyLog
internal import JourneyRules

/// The milestones so far, of the customer and of each deal.
struct MilestoneMarks {
    struct Mark {
        var position: UInt64
        var deal: UInt32
        /// How many touchpoints there were at or before it.
        var touches: Int
    }

    /// Those that an event marks, in the order of rows.
    static let kinds: [AnchoredModel.Milestone] = [.lead, .opportunity, .close]

    private var leads: [Mark] = []
    private var opportunities: [Mark] = []
    private var wins: [Mark] = []

    /// Forgets all marks.
    mutating func removeAll() {
        leads.removeAll(keepingCapacity: true)
        opportunities.removeAll(keepingCapacity: true)
        wins.removeAll(keepingCapacity: true)
    }

    /// Notes an event that is a milestone; again, when it turns out to be a touchpoint too.
    mutating func note(_ milestone: AnchoredModel.Milestone, _ event: FoldEvent, touches: Int) {
        let mark = Mark(position: event.position, deal: event.deal, touches: touches)
        switch milestone {
        case .first: break
        case .lead: MilestoneMarks.note(mark, in: &leads)
        case .opportunity: MilestoneMarks.note(mark, in: &opportunities)
        case .close: MilestoneMarks.note(mark, in: &wins)
        }
    }

    /// Of each deal the latest mark alone can be asked for.
    private static func note(_ mark: Mark, in marks: inout [Mark]) {
        marks.removeAll { $0.deal == mark.deal }
        marks.append(mark)
    }

    /// A deal was reopened: it was never won.
    mutating func reopen(_ deal: UInt32) {
        if deal != 0 { wins.removeAll { $0.deal == deal } }
    }

    /// The latest milestone of the conversion's own deal, else the customer's latest.
    func mark(_ milestone: AnchoredModel.Milestone, deal: UInt32) -> Mark? {
        let marks =
            switch milestone {
            case .first: [Mark]()
            case .lead: leads
            case .opportunity: opportunities
            case .close: wins
            }
        return (deal != 0 ? marks.last { $0.deal == deal } : nil) ?? marks.last
    }
}

extension Effect {
    /// The milestone that events with this effect are.
    var milestone: AnchoredModel.Milestone? {
        switch self {
        case .leadCreated: .lead
        case .dealCreated: .opportunity
        case .dealWon: .close
        default: nil
        }
    }
}
