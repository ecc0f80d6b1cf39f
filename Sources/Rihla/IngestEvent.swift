// A draft of a batch as a whole event, where events are shown or compared one by one.
internal import JourneyEvents

extension EventBatch {
    /// The event with this index, without position and time of recording.
    func event(at index: Int) -> Event {
        let draft = events[index]
        return Event(
            id: text(draft.id) ?? "",
            source: text(draft.source) ?? "",
            type: text(draft.type) ?? "",
            occurredAt: Timestamp(milliseconds: draft.occurredAt),
            customer: text(draft.customer),
            deal: text(draft.deal),
            account: text(draft.account),
            channel: text(draft.channel),
            campaign: text(draft.campaign),
            amount: draft.amount,
            actor: text(draft.actor),
            correlation: text(draft.correlation),
            causation: text(draft.causation),
            properties: draft.properties.map {
                let property = properties[Int($0)]
                return Event.Property(key: text(property.key) ?? "", json: text(property.value) ?? "")
            }
        )
    }
}
