// What persons mean to each question: links, devices that change hands, links that are taken back or refused.
import Foundation
import JourneyEvents
import JourneyLog
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

private func linked(_ id: String, _ a: String, _ b: String, _ days: Double, _ more: [String: String] = [:]) -> Event {
    make(id, "identity_linked", days, customer: a, ["a": a, "b": b].merging(more) { $1 })
}

private let device = "anonymous_id:dev"
private let mail = "email:a@x.example"
private let user = "user_id:u-1"

/// A visit on a device, a link, an order under a mail address, a link of that.
private let story = [
    make("click", "ad_clicked", 0, customer: device, channel: "social"),
    linked("login", device, user, 1),
    make("order", "order_completed", 2, customer: mail, money: "10.00 EUR"),
    linked("profile", user, mail, 3, ["reason": "profile"]),
]

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct IdentityTests {
    @Test(arguments: [device, mail, user, "email: A@X.example "])
    func `any identifier finds the person, with all events`(_ name: String) async throws {
        try await withStore(story) { store async throws in
            let person = try await store.ask(.customer(name))
            #expect(person["customer"].text == user)
            #expect(person["identifiers"].list.compactMap(\.text) == [user, mail, device])
            #expect(person["events"].int == 4 && person["conversions"].int == 1)
            let timeline = try await store.ask(.timeline(.customer(name), from: nil, to: nil, limit: nil))
            #expect(timeline["events"].list.compactMap { $0["id"].text } == ["click", "login", "order", "profile"])
            #expect(try await store.ask(.explainStage(name))["value"].text == "purchase")
            let rows = try await store.rows(of: "customers")
            #expect(rows.rows.map(\.key) == [user])
            #expect(try await store.row(of: "customers", key: name) == rows.rows[0].bytes)
            let early = try await store.row(of: "customers", key: name, asAt: .position(Position(1)))
            #expect((early != nil) == (name == device))
            #expect(try JSON(try await store.stats())["customers"].int == 3)
        }
    }

    @Test func `totals count persons, and a touch on the device earns the order of the mail address`() async throws {
        try await withStore(story) { store async throws in
            let customers = try await store.ask(.customers(stage: nil, after: nil, limit: nil))
            #expect(customers["customers"].list.compactMap { $0["customer"].text } == [user])
            #expect(try await store.ask(.stages)["customers"].int == 1)
            #expect(try await store.credits("last") == ["social": "1.0 10.00 EUR"])
            var funnel = FunnelQuery()
            funnel.steps = ["ad_clicked", "order_completed"]
            let steps = try await store.ask(.funnel(funnel))["groups"][0]["steps"]
            #expect(steps[0]["reached"].int == 1 && steps[1]["reached"].int == 1)
            let credit = try await store.ask(.explainCredit(conversion: "order", model: "last"))
            #expect(credit["identity"].list.compactMap { $0["id"].text } == ["login", "profile"])
            // Before the link was known, or had happened, nobody earned it.
            #expect(try await store.credits("last", bounds: bounds(asAt: 3)) == ["(unattributed)": "1.0 10.00 EUR"])
            let then = bounds(asOf: instant(2.5))
            #expect(try await store.credits("last", bounds: then) == ["(unattributed)": "1.0 10.00 EUR"])
        }
    }

    @Test func `an unlink gives both their own events back`() async throws {
        let unlink = make("no", "identity_unlinked", 4, customer: user, ["a": mail, "b": user])
        try await withStore(story + [unlink]) { store async throws in
            let expected = try await withStore(story.filter { $0.id != "profile" }) {
                try await $0.answers([.customer(mail), .timeline(.customer(mail), from: nil, to: nil, limit: nil)])
            }
            let found = try await store.answers([
                .customer(mail), .timeline(.customer(mail), from: nil, to: nil, limit: nil),
            ])
            #expect(found == expected)
            #expect(try await store.ask(.customer(user))["identifiers"].list.count == 2)
        }
    }

    @Test func `a device that changes hands has its events with the owner of the time`() async throws {
        let events = [
            make("one", "ad_clicked", 0, customer: device), linked("to-1", device, user, 1),
            make("two", "ad_clicked", 2, customer: device), linked("to-2", device, "user_id:u-2", 3),
            make("three", "ad_clicked", 4, customer: device),
        ]
        try await withStore(events) { store async throws in
            func ids(_ name: String) async throws -> [String] {
                let timeline = try await store.ask(.timeline(.customer(name), from: nil, to: nil, limit: nil))
                return timeline["events"].list.compactMap { $0["id"].text }
            }
            #expect(try await ids(user) == ["one", "to-1", "two"])
            #expect(try await ids("user_id:u-2") == ["to-2", "three"])
            #expect(try await ids(device) == ["to-2", "three"])
            for query in [Query.customer(device), .explainStage(device)] {
                let answer = try await store.ask(query)
                #expect(answer["warnings"][0]["code"].text == "shared_device")
                #expect(answer["customer"].text == "user_id:u-2")
            }
            #expect(try await store.ask(.customer(user))["warnings"].list.isEmpty)
            let shared = try await store.ask(.identity(user, limit: nil))["shared_devices"][0]
            #expect(shared["identifier"].text == device)
            #expect(shared["stretches"].list.compactMap { $0["customer"].text } == [user, "user_id:u-2"])
            #expect(shared["stretches"][0]["from"].isNull && shared["stretches"][1]["from"].text != nil)
        }
    }

    @Test func `a link beyond the limits is refused and shown, by force it is made`() async throws {
        let other = "user_id:u-2"
        try await withStore(story + [linked("merge", user, other, 5)]) { store async throws in
            let refused = try await store.ask(.identity(nil, limit: nil))
            #expect(refused["total"].int == 1)
            #expect(refused["conflicts"].list.map { $0["reason"].text } == ["limit:user_id"])
            #expect(refused["conflicts"][0]["position"].int == 5)
            let said = try await store.ask(.identity(other, limit: nil))["statements"].list
            #expect(said.last?["refused"].text == "limit:user_id" && said.count == 3)
            // Rules without the limit make the same events one person, and nothing is stored by them.
            let rules = try RuleSet(yaml: "identity: {limits: {user_id: 2}}", path: "rules.yaml")
            let free = try await store.ask(.customer(other), bounds(rules: rules))
            #expect(free["customer"].text == user && free["identifiers"].list.count == 4)
            await #expect(throws: RihlaError.self) { _ = try await store.ask(.customer(other)) }
        }
        // As text too, which is what a mapping gives.
        for (force, isMade) in [
            ("true", true), ("\"true\"", true), ("\"false\"", false), ("false", false), ("1", false),
        ] {
            var forced = linked("merge", user, other, 5, ["reason": "same"])
            forced.properties.append(.init(key: "force", json: force))
            try await withStore(story + [forced]) { store async throws in
                guard isMade else {
                    #expect(try await store.ask(.identity(nil, limit: nil))["conflicts"].list.count == 1)
                    return
                }
                let person = try await store.ask(.customer(other))
                #expect(person["customer"].text == user && person["events"].int == 5)
            }
        }
    }

    @Test func `a statement that names no two identifiers is refused`() async throws {
        let events = [
            make("half", "identity_linked", 0, customer: user),
            make("mail", "identity_linked", 1, customer: user, ["b": "email:nobody"]),
            make("guest", "identity_linked", 2, customer: user, ["b": "customer_id:Guest"]),
        ]
        try await withStore(events) { store async throws in
            let answer = try await store.ask(.identity(nil, limit: nil))
            #expect(answer["conflicts"].list.compactMap { $0["reason"].text } == ["invalid", "invalid", "blocked"])
            #expect(try await store.ask(.customer(user))["identifiers"].list.compactMap(\.text) == [user])
        }
    }

    @Test func `a deal of a merged customer has the credits of the person`() async throws {
        let events = [
            make("touch", "ad_clicked", 0, customer: device, channel: "social"), linked("login", device, user, 1),
            make("won", "deal_won", 2, customer: user, deal: "d", money: "9.00 EUR"),
        ]
        try await withStore(events) { store async throws in
            let deal = try await store.ask(.deal("d"))
            #expect(deal["credits"].list.compactMap { $0["channel"].text } == ["social"])
            let timeline = try await store.ask(.timeline(.deal("d"), from: nil, to: nil, limit: nil))
            #expect(timeline["events"][0]["derived"]["stage"].text == "purchase")
        }
    }

    @Test func `a statement made by hand tells what it changed`() async throws {
        try await withStore(Array(story.prefix(3))) { store async throws in
            let link = try JSON(try await store.state(.link(user, mail, force: false), at: instant(3)))
            #expect(link["event"]["position"].int == 4)
            #expect(link["changed"].list.count == 1)
            let change = link["changed"][0]
            #expect(change["conversion"].int == 3)
            #expect(change["customer_before"].text == mail && change["customer_after"].text == user)
            #expect(change["touches_before"].int == 0 && change["touches_after"].int == 1)
            #expect(link["before"].list.compactMap { $0["customer"].text } == [mail, user])
            #expect(link["after"].list.compactMap { $0["customer"].text } == [user])
            let unlink = try JSON(try await store.state(.unlink(mail, user), at: instant(4)))
            #expect(unlink["changed"][0]["touches_after"].int == 0)
            #expect(unlink["after"].list.compactMap { $0["customer"].text } == [mail, user])
            let refused = try await store.state(.link(user, "user_id:u-2", force: false), at: instant(5))
            #expect(refused.found)
            #expect(try JSON(refused)["refused"].text == "limit:user_id")
            let merged = try JSON(
                try await store.state(.link(user, "user_id:u-2", force: true), reason: "one", at: instant(6))
            )
            #expect(merged["refused"].isNull && merged["after"].list.count == 1)
            let blocked = try JSON(try await store.state(.block(device), at: instant(7)))
            #expect(blocked["after"].list.compactMap { $0["customer"].text } == [device, user])
            for claim in [
                IdentityClaim.link(user, user, force: false), .link(user, "email:x", force: false), .block(" "),
            ] {
                await #expect(throws: RihlaError.self) { _ = try await store.state(claim) }
            }
            await #expect(throws: RihlaError.self) { _ = try await store.state(.link(user, mail, force: true)) }
            #expect(store.head.rawValue == 8)
            #expect(try await !store.rebuild(verify: true).found)
            let verified = try await store.verify()
            #expect(!verified.found, "\(verified.notes)")
        }
    }

    @Test func `a link that is taken back leaves every figure as if it had never been`() async throws {
        var random = SplitMix.fresh()
        var compared = 0
        for _ in 0..<8 {
            let events = randomEvents(60, &random)
            let names = Set(events.compactMap(\.customer)).sorted().shuffled(using: &random)
            // Two that no statement names together, or it would be that one's link that is taken back.
            let pairs = names.flatMap { a in names.filter { $0 > a }.map { [a, $0] } }
            let pair = pairs.first { pair in
                !events.contains { event in
                    let said = [event.customer, event.property("a"), event.property("b")].compactMap { $0 }
                    return event.type.hasPrefix("identity_")
                        && pair.allSatisfy { name in said.contains { $0.contains(name) } }
                }
            }
            guard let pair, pair.count == 2 else { continue }
            func said(_ type: String, _ id: String, _ days: Double) -> Event {
                make(id, type, days, customer: pair[0], ["a": pair[0], "b": pair[1], "reason": "r"])
            }
            let last = events.reduce(0) { max($0, Double($1.occurredAt.rawValue - instant(0).rawValue) / Double(day)) }
            let taken = [said("identity_linked", "l", last + 1), said("identity_unlinked", "u", last + 2)]
            let never = [said("something", "l", last + 1), said("something", "u", last + 2)]
            var attribution = AttributionQuery()
            attribution.models = AttributionModel.names
            let queries: [Query] =
                [
                    .customers(stage: nil, after: nil, limit: nil), .stages, .attribution(attribution),
                    .funnel(FunnelQuery()),
                ] + names.map { .customer($0) }
            let expected = try await withStore(events + never) { try await $0.answers(queries) }
            let found = try await withStore(permuted(events + taken, &random)) { try await $0.answers(queries) }
            #expect(difference(found, expected, queries) == nil, "seed \(random.seed)")
            compared += 1
        }
        #expect(compared > 0)
    }
}
