// What was said: questions, objections, contacts, and meetings that are to come.
internal import JourneyEvents
internal import JourneyRules

/// The conversation with one customer.
struct BriefTalks {
    /// Something that the customer wants to know.
    struct Question {
        var text: String
        var asked: Int64
        var type: String
        var times = 1
        var isOpen = true
    }

    /// Something that stands in the way.
    struct Objection {
        var id: String
        var deal: String?
        var category: String?
        var text: String?
        var competitor: String?
        var raised: Int64
        var times = 1
        var resolved: Int64?
        var outcome: String?
        var response: String?
    }

    private(set) var questions: [Question] = []
    private(set) var objections: [Objection] = []
    private(set) var contacts: [BriefEvent] = []
    /// Booked meetings by the names of their events, in order.
    private var booked: [(id: String, at: Int64, kind: String?)] = []
    private let contactTypes: Set<String>

    init(_ rules: RuleSet) {
        let names =
            rules.sla.contacts + [
                "call_made", "sales_email_sent", "sales_email_replied", "meeting_booked", "meeting_held",
                "meeting_missed",
                "demo_held",
            ]
        contactTypes = Set(names.map { rules.resolved($0) })
    }

    /// Whether an event is one of sales.
    func isSales(_ event: BriefEvent) -> Bool {
        if event.event.deal != nil || contactTypes.contains(event.type) { return true }
        switch event.effect {
        case .leadAccepted, .leadRejected, .objectionRaised, .objectionResolved, .followUpPlanned, .followUpDone:
            return true
        default: return false
        }
    }

    mutating func add(_ event: BriefEvent) {
        ask(event)
        switch event.effect {
        case .objectionRaised: raise(event)
        case .objectionResolved: resolve(event)
        default: break
        }
        guard contactTypes.contains(event.type) else { return }
        contacts.append(event)
        let meeting = event.text("meeting_id") ?? event.event.id
        switch event.type {
        case "meeting_booked":
            booked.removeAll { $0.id == meeting }
            if let at = event.text("at").flatMap({ Timestamp(rfc3339: $0) }) {
                booked.append((meeting, at.rawValue, event.text("kind")))
            }
        case "meeting_held", "meeting_missed": booked.removeAll { $0.id == meeting }
        default: break
        }
    }

    private func index(ofQuestion text: String) -> Int? {
        questions.firstIndex { $0.text.lowercased() == text.lowercased() }
    }

    private mutating func ask(_ event: BriefEvent) {
        // What is answered in the event that asks is no open question.
        let isAnswered = event.event.property("answered") == "true"
        for text in event.texts("question") + event.texts("questions") {
            if let index = index(ofQuestion: text) {
                questions[index].times += 1
                questions[index].asked = event.at
                questions[index].type = event.type
                questions[index].isOpen = !isAnswered
            } else {
                questions.append(Question(text: text, asked: event.at, type: event.type, isOpen: !isAnswered))
            }
        }
        for text in event.texts("answered") {
            if let index = index(ofQuestion: text) { questions[index].isOpen = false }
        }
    }

    private mutating func raise(_ event: BriefEvent) {
        let id = event.text("objection_id") ?? event.event.id
        var raised = Objection(
            id: id,
            deal: event.event.deal,
            category: event.text("category"),
            text: event.text("text"),
            competitor: event.text("competitor"),
            raised: event.at
        )
        guard let index = objections.firstIndex(where: { $0.id == id && $0.deal == raised.deal }) else {
            objections.append(raised)
            return
        }
        // The same one again: it stands in the way once more.
        let before = objections.remove(at: index)
        raised.times = before.times + 1
        raised.category = raised.category ?? before.category
        raised.text = raised.text ?? before.text
        raised.competitor = raised.competitor ?? before.competitor
        objections.append(raised)
    }

    private mutating func resolve(_ event: BriefEvent) {
        guard let id = event.text("objection_id"),
            let index = objections.lastIndex(where: { $0.id == id && $0.deal == event.event.deal && $0.resolved == nil }
            )
        else { return }
        objections[index].resolved = event.at
        objections[index].outcome = event.text("outcome")
        objections[index].response = event.text("text") ?? event.text("response_id")
    }

    /// Meetings after an instant, the next one first.
    func meetings(after now: Int64) -> [(id: String, at: Int64, kind: String?)] {
        booked.filter { $0.at > now }.sorted { ($0.at, $0.id) < ($1.at, $1.id) }
    }
}

extension BriefTalks.Objection {
    /// `open`, `resolved`, or `unresolved`: said so, or left open when the deal closed.
    func state(closedDeals: Set<String>) -> String {
        if resolved == nil { return deal.map { closedDeals.contains($0) } ?? false ? "unresolved" : "open" }
        return outcome == "unresolved" ? "unresolved" : "resolved"
    }
}
