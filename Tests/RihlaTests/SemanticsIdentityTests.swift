// Who is linked by the default rules: what is nobody, how many identifiers a person may have, and what force does.
import JourneyEvents
import JourneyViews
import Rihla
import TestSupport
import Testing

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct SemanticsIdentityTests {
    private func link(_ id: String, _ a: String, _ b: String, force: Bool = false) -> Event {
        var event = make(id, "identity_linked", 1, customer: a, ["a": a, "b": b, "reason": "test"])
        if force { event.properties.append(.init(key: "force", json: "true")) }
        return event
    }

    @Test(arguments: [
        "null", "undefined", "anonymous", "0", "-1", "guest", "none", "nil", "unknown", "test", "true", "false", "NULL",
        "Guest",
    ])
    func `Two who were both called by a name of nobody are not one person`(value: String) async throws {
        let events = [
            link("1", "email:a@x.example", "user_id:" + value), link("2", "email:b@x.example", "user_id:" + value),
        ]
        try await withStore(events) { store async throws in
            let identity = try await store.ask(.identity(nil, limit: nil))
            #expect(identity["conflicts"].list.map { $0["reason"].text } == ["blocked", "blocked"])
            #expect(identity["persons"].list.isEmpty)
        }
    }

    @Test(arguments: [("user_id", 1), ("email", 5), ("device", 100), ("anonymous_id", 100)])
    func `A person has at most so many identifiers of a kind; one more is refused and keeps its events`(
        kind: String,
        most: Int
    ) async throws {
        let names = (0...most).map { kind == "email" ? "email:\($0)@x.example" : "\(kind):n\($0)" }
        let events =
            names.enumerated().map { link("l\($0)", "customer_id:c", $1) }
            + names.enumerated().map { make("e\($0)", "ad_clicked", 2, customer: $1) }
        try await withStore(events) { store async throws in
            let identity = try await store.ask(.identity(nil, limit: nil))
            #expect(identity["conflicts"].list.map { $0["reason"].text } == ["limit:\(kind)"])
            let refused = try #require(names.last)
            let alone = try await store.ask(.customer(refused))
            #expect(alone["events"].int == 1 && alone["identifiers"].list.map(\.text) == [refused])
            let person = try await store.ask(.customer("customer_id:c"))
            // Its links, the refused one too, are events of the identifier that made them.
            #expect(person["events"].int == 2 * most + 1 && person["identifiers"].list.count == most + 1)
        }
    }

    @Test(arguments: [false, true])
    func `Another user is a person of its own, and one person only by force`(isForced: Bool) async throws {
        let events = [
            make("c", "ad_clicked", 0, customer: "user_id:u-1", channel: "search"),
            make("o", "order_completed", 2, customer: "user_id:u-2", money: "5 EUR"),
            link("l", "user_id:u-1", "user_id:u-2", force: isForced),
        ]
        try await withStore(events) { store async throws in
            let credits = try await store.credits("last")
            #expect(credits == [isForced ? "search" : "(unattributed)": "1.0 5.00 EUR"])
            let conflicts = try await store.ask(.identity(nil, limit: nil))["conflicts"].list
            #expect(conflicts.map { $0["reason"].text } == (isForced ? [] : ["limit:user_id"]))
        }
    }
}
