// Which events are the sales team's and which are marketing's.
internal import JourneyEvents
internal import JourneyLog

/// Tells the two sides apart.
struct SalesSide: Sendable {
    /// The types of the vocabulary that only sales writes.
    static let types: Set<String> = [
        "lead_handed_off", "lead_accepted", "lead_rejected", "lead_disqualified", "sql_reached", "call_made",
        "sales_email_sent", "sales_email_replied", "meeting_booked", "meeting_held", "meeting_missed", "demo_held",
        "proposal_sent", "objection_raised", "objection_resolved", "negotiation_started", "discount_offered",
        "contract_sent", "contract_signed", "follow_up_planned", "follow_up_done",
    ]
    /// Channels that stand for a conversation; a type that the rules give one of them is of sales.
    static let channels: Set<String> = ["call", "meeting", "demo", "sales_email"]
    private let isSales: [Bool]

    init(_ rules: CompiledRules) {
        isSales = rules.types.enumerated().map { index, type in
            let name = rules.typeNames[index]
            let channel = type.channel == 0 ? nil : rules.channelName(type.channel, [])
            return SalesSide.types.contains(name) || channel.map { SalesSide.channels.contains($0) } ?? false
        }
    }

    /// An event of a deal, or of a type of sales.
    func contains(_ event: FoldEvent) -> Bool {
        event.deal != 0 || (Int(event.type) < isSales.count && isSales[Int(event.type)])
    }
}
