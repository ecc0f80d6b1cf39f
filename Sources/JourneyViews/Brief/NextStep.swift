// What to do next with a customer: rules that are tried in order. The first one that applies is the suggestion; the others
// that apply follow it.
internal import JourneyEvents
internal import JourneyRules

/// Something to do, and why.
struct NextStep: Hashable {
    /// The rules, in the order in which they are tried.
    enum Rule: String, CaseIterable {
        case givenBack = "given_back", disqualified, accept, firstContact = "first_contact"
        case overdueFollowUp = "overdue_follow_up", meeting, objection, question, closeDate = "close_date", stuck
        case followUp = "follow_up", missedMeeting = "missed_meeting", callAgain = "call_again", deal
        case handOff = "hand_off", lost, customer, nurture
    }

    var rule: Rule
    /// What it is about, in the data's own words.
    var subject: String?
    var due: Int64?

    init(_ rule: Rule, _ subject: String? = nil, due: Int64? = nil) {
        (self.rule, self.subject, self.due) = (rule, subject, due)
    }

    private var sentence: String {
        switch rule {
        case .givenBack: "Leave the lead with marketing: it was given back"
        case .disqualified: "Do nothing: the lead was disqualified"
        case .accept: "Accept or reject the lead"
        case .firstContact: "Make the first contact"
        case .overdueFollowUp: "Do what was promised"
        case .meeting: "Prepare the meeting"
        case .objection: "Answer the objection"
        case .question: "Answer the question"
        case .closeDate: "Agree on a new close date"
        case .stuck: "Move the deal on: it is in its stage for longer than nine of ten others were"
        case .followUp: "Keep the follow-up"
        case .missedMeeting: "Offer another time: the last meeting was missed"
        case .callAgain: "Call again: the last call reached nobody"
        case .deal: "Plan the next step: the deal is open and nothing is planned"
        case .handOff: "Hand the lead to sales: it is qualified"
        case .lost: "Ask what has changed: the last deal was lost"
        case .customer: "Stay in touch: a customer without an open deal"
        case .nurture: "Leave it to marketing: nothing asks for sales yet"
        }
    }

    var json: JSONValue {
        .object([
            .init("rule", .string(rule.rawValue)), .init("text", .string(sentence)), .init("subject", .text(subject)),
            .init("due_at", .time(due.map { Timestamp(milliseconds: $0) })),
        ])
    }
}

/// What the rules look at.
struct NextStepFacts {
    var handOff: HandOff?
    var reading: HandOffReading?
    /// The last of: handed off, qualified, deal created, disqualified.
    var lastMilestone: Effect?
    var followUps: [(plan: FollowUp, due: Int64?, state: FollowUp.State)] = []
    var meetings: [(id: String, at: Int64, kind: String?)] = []
    var objections: [BriefTalks.Objection] = []
    var questions: [BriefTalks.Question] = []
    /// Open deals, the oldest first.
    var deals: [(id: String, stage: String?, isOverdue: Bool, isStuck: Bool, expectedClose: String?)] = []
    /// Whether a deal of the customer has events after the last hand-off.
    var hasDealSinceHandOff = false
    /// The last contact, unless a deal went on after it.
    var lastContact: BriefEvent?
    var lostReason: String?
    var hasLost = false
    var isCustomer = false
    /// Qualified since the last hand-off, by an event or by the score.
    var isQualified = false

    var steps: [NextStep] {
        if deals.isEmpty {
            if let handOff, handOff.clock.rejected != nil, lastMilestone == .leadHandedOff {
                return [NextStep(.givenBack, handOff.reason)]
            }
            if lastMilestone == .leadDisqualified { return [NextStep(.disqualified)] }
        }
        let steps = handOffSteps + promises + conversation + dealSteps
        if !steps.isEmpty { return steps }
        if hasLost { return [NextStep(.lost, lostReason)] }
        return [NextStep(isCustomer ? .customer : .nurture)]
    }

    private var handOffSteps: [NextStep] {
        guard let handOff, let reading, !hasDealSinceHandOff, handOff.clock.rejected == nil,
            handOff.clock.contacted == nil
        else { return [] }
        let contact = NextStep(.firstContact, due: reading.contactBy)
        return handOff.clock.accepted == nil ? [NextStep(.accept, due: reading.acceptBy), contact] : [contact]
    }

    private var promises: [NextStep] {
        followUps.filter { $0.state == .overdue }.map { NextStep(.overdueFollowUp, $0.plan.note, due: $0.due) }
            + meetings.prefix(1).map { NextStep(.meeting, $0.kind, due: $0.at) }
    }

    private var conversation: [NextStep] {
        objections.map { objection in
            let parts = [objection.category, objection.text].compactMap { $0 }
            return NextStep(.objection, parts.isEmpty ? objection.id : parts.joined(separator: ": "))
        } + questions.map { NextStep(.question, $0.text) }
    }

    private var dealSteps: [NextStep] {
        func named(_ id: String, _ more: String?) -> String { more.map { id + ", " + $0 } ?? id }
        var steps: [NextStep] = []
        for deal in deals where deal.isOverdue {
            steps.append(NextStep(.closeDate, named(deal.id, deal.expectedClose)))
        }
        for deal in deals where deal.isStuck { steps.append(NextStep(.stuck, named(deal.id, deal.stage))) }
        steps += followUps.filter { $0.state == .open }.map { NextStep(.followUp, $0.plan.note, due: $0.due) }
        if let lastContact {
            if lastContact.type == "meeting_missed" { steps.append(NextStep(.missedMeeting)) }
            if lastContact.type == "call_made", lastContact.text("direction") != "inbound",
                let outcome = lastContact.text("outcome"), outcome != "connected"
            {
                steps.append(NextStep(.callAgain, outcome))
            }
        }
        if followUps.isEmpty, meetings.isEmpty {
            for deal in deals where !deal.isOverdue && !deal.isStuck {
                steps.append(NextStep(.deal, named(deal.id, deal.stage)))
            }
        }
        if isQualified, deals.isEmpty { steps.append(NextStep(.handOff)) }
        return steps
    }
}
