// Hand-offs and follow-ups written with clock times, and what a store says of them.
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

/// An event at an RFC 3339 time.
func timed(
    _ id: String,
    _ type: String,
    _ time: String,
    customer: String? = "customer_id:a",
    deal: String? = nil,
    actor: String? = nil,
    cause: String? = nil,
    _ properties: [String: String] = [:]
) -> Event {
    var event = make(id, type, 0, customer: customer, deal: deal, cause: cause, properties)
    event.occurredAt = Timestamp(rfc3339: time) ?? .distantPast
    event.actor = actor
    return event
}

/// What a store of the events answers under rules, as of an instant.
func asking(_ query: Query, _ events: [Event], rules yaml: String = "", asOf: String? = nil) async throws -> JSON {
    let rules = yaml.isEmpty ? nil : try RuleSet(yaml: yaml, path: "rules")
    return try await withStore(events) { store in
        try await store.ask(query, bounds(asOf: asOf.flatMap { Timestamp(rfc3339: $0) }, rules: rules))
    }
}
