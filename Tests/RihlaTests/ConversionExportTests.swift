// Conversions for advertisers: which click, which value, in whose form, and what a second export has to say.
import Foundation
import JourneyEvents
import JourneyViews
import Rihla
import TestSupport
import Testing

private func query(_ audience: String, after: Int = 0, _ change: (inout ConversionQuery) -> Void = { _ in }) -> Query {
    var query = ConversionQuery()
    (query.audience, query.after) = (audience, Position(UInt64(after)))
    change(&query)
    return .conversions(query)
}

private func click(_ id: String, _ days: Double, _ parameter: String) -> Event {
    make(id, "ad_clicked", days, ["url": "https://a.example/?" + parameter])
}

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct ConversionExportTests {
    @Test(arguments: [
        ([click("1", 0, "gclid=g1"), click("2", 1, "gclid=g2")], "g2", "", ""),
        ([click("1", 0, "gclid=g1"), click("2", 1, "wbraid=w2")], "", "", "w2"),
        ([click("1", 1, "gbraid=b1&gclid=g1")], "g1", "", ""),
        // Thirty days before, to the millisecond, and a moment earlier.
        ([click("1", -20, "gclid=g1")], "g1", "", ""), ([click("1", -20.001, "gclid=g1")], nil, "", ""),
        // After the conversion, in a form that no click id has, of another advertiser.
        ([click("1", 10.5, "gclid=g1")], nil, "", ""), ([click("1", 1, "gclid=%3DSUM(1)")], nil, "", ""),
        ([click("1", 1, "fbclid=f1")], nil, "", ""),
        // What a form or the CRM has noted counts where no touchpoint has a click id.
        ([click("1", 1, "gclid=g1"), make("2", "lead_created", 2, ["gclid": "g2"])], "g1", "", ""),
        ([make("2", "lead_created", 2, ["gbraid": "b2"])], "", "b2", ""),
    ])
    func `Google gets the last click inside the look-back`(
        _ events: [Event],
        _ gclid: String?,
        _ gbraid: String,
        _ wbraid: String
    ) async throws {
        let order = make("o", "order_completed", 10, money: "12.5 EUR", ["order_id": "x"])
        try await withStore(events + [order]) { store async throws in
            let answer = try await store.ask(query("google"))
            guard let gclid else {
                #expect(answer["conversions"].list.isEmpty && answer["skipped"].int == 1)
                return
            }
            let row = answer["conversions"][0]
            #expect(row["Google Click ID"].text ?? "" == gclid)
            #expect(row["GBRAID"].text ?? "" == gbraid && row["WBRAID"].text ?? "" == wbraid)
            #expect(row["Conversion Name"].text == "order" && row["Order ID"].text == "test:o")
            #expect(row["Conversion Time"].text == "2026-01-11 00:00:00+0000")
            #expect(row["Conversion Value"].text == "12.50" && row["Conversion Currency"].text == "EUR")
            #expect(answer["next"].int == events.count + 1)
        }
    }

    @Test func `a conversion's own event may name its click, also that of nobody, and the look-back may be another`()
        async throws
    {
        let events = [
            click("1", 0, "gclid=g1"), make("w", "deal_won", 60, deal: "d", money: "5 EUR"),
            make("n", "deal_won", 60, customer: nil, deal: "e", ["gclid": "own"]),
        ]
        try await withStore(events) { store async throws in
            let own = try await store.ask(query("google"))["conversions"].list
            #expect(own.map { $0["Google Click ID"].text } == ["own"] && own[0]["Conversion Value"].isNull)
            let all = try await store.ask(query("google") { $0.lookbackMilliseconds = 60 * day })["conversions"].list
            #expect(all.map { $0["Google Click ID"].text } == ["g1", "own"])
            let deals = try await store.ask(query("generic") { $0.conversion = "order" })
            #expect(deals["conversions"].list.isEmpty)
            let late = try await store.ask(query("generic") { $0.from = instant(60.5) })
            #expect(late["conversions"].list.isEmpty)
        }
    }

    @Test func `money back restates or retracts what was told, once, and tells only the rest of what was not`()
        async throws
    {
        func order(_ id: String) -> Event { make(id, "order_completed", 1, money: "100 EUR", ["order_id": id]) }
        func refund(_ id: String, _ order: String, _ amount: String) -> Event {
            make(id, "order_refunded", 2, money: amount + " EUR", ["order_id": order])
        }
        try await withStore([click("1", 0, "gclid=g1"), order("a"), order("b"), order("c")]) { store async throws in
            var answer = try await store.ask(query("google"))
            #expect(answer["conversions"].list.count == 3 && answer["next"].int == 4)
            _ = try await store.append(
                batch([
                    refund("ra", "a", "30"), refund("rb1", "b", "60"), refund("rb2", "b", "40"), order("d"), order("e"),
                    refund("rd", "d", "25.5"), refund("re", "e", "100"),
                ])
            )
            answer = try await store.ask(query("google", after: 4))
            // Of the new ones one is worth less by now, and one came back as a whole.
            #expect(answer["conversions"].list.map { $0["Order ID"].text } == ["test:d"])
            #expect(answer["conversions"][0]["Conversion Value"].text == "74.50")
            let adjustments = answer["adjustments"].list
            #expect(adjustments.map { $0["Order ID"].text } == ["test:a", "test:b"])
            #expect(adjustments.map { $0["Adjustment Type"].text } == ["RESTATE", "RETRACT"])
            #expect(adjustments[0]["Adjusted Value"].text == "70.00" && adjustments[1]["Adjusted Value"].isNull)
            #expect(adjustments[0]["Adjusted Value Currency"].text == "EUR")
            #expect(adjustments[0]["Conversion Name"].text == "order")
            #expect(adjustments[0]["Adjustment Time"].text?.hasSuffix("+0000") == true)
            let next = try #require(answer["next"].int)
            answer = try await store.ask(query("google", after: next))
            #expect(answer["conversions"].list.isEmpty && answer["adjustments"].list.isEmpty)
        }
    }

    @Test func `a reopened deal is retracted, and winning it again is another conversion`() async throws {
        let events = [
            make("c", "deal_created", 0, deal: "d", money: "10 EUR"),
            make("w", "deal_won", 1, deal: "d", ["gclid": "g"]),
        ]
        try await withStore(events) { store async throws in
            _ = try await store.append(batch([make("x", "deal_reopened", 2, deal: "d")]))
            let reopened = try await store.ask(query("google", after: 2))
            #expect(reopened["adjustments"][0]["Adjustment Type"].text == "RETRACT")
            _ = try await store.append(batch([make("w2", "deal_won", 3, deal: "d")]))
            let again = try await store.ask(query("google", after: 3))
            #expect(again["conversions"].list.map { $0["Order ID"].text } == ["test:w2"])
            #expect(again["conversions"][0]["Conversion Value"].text == "10.00" && again["adjustments"].list.isEmpty)
            // One export after both knows nothing of the first.
            let both = try await store.ask(query("google"))
            #expect(both["conversions"].list.map { $0["Order ID"].text } == ["test:w2"])
        }
    }

    @Test func `what arrives late counts when it arrives: an amount, and the click that makes it known`() async throws {
        let events = [
            make("w", "deal_won", 5, deal: "d", ["gclid": "g"]), make("o", "order_completed", 5, money: "7 EUR"),
        ]
        try await withStore(events) { store async throws in
            let first = try await store.ask(query("google"))
            #expect(first["conversions"].list.count == 2)
            _ = try await store.append(batch([make("m", "deal_amount_changed", 4, deal: "d", money: "50 EUR")]))
            let late = try await store.ask(query("google", after: 2))
            #expect(late["adjustments"][0]["Adjusted Value"].text == "50.00")
        }
        let order = make("o", "order_completed", 5, money: "7 EUR")
        try await withStore([order]) { store async throws in
            #expect(try await store.ask(query("google"))["skipped"].int == 1)
            _ = try await store.append(batch([click("1", 4, "gclid=g")]))
            #expect(try await store.ask(query("google", after: 1))["conversions"].list.count == 1)
        }
    }

    @Test func `conversions with a wbraid are not adjusted, and a position past the end is refused`() async throws {
        let order = make("o", "order_completed", 1, money: "9 EUR", ["order_id": "o"])
        try await withStore([click("1", 0, "wbraid=w"), order]) { store async throws in
            let refund = make("r", "order_refunded", 2, money: "9 EUR", ["order_id": "o"])
            _ = try await store.append(batch([refund]))
            let answer = try await store.ask(query("google", after: 2))
            #expect(answer["adjustments"].list.isEmpty && answer["unadjusted"].int == 1)
            #expect(answer["warnings"][0]["code"].text == "unadjusted")
            let error = await #expect(throws: RihlaError.self) { try await store.answer(query("google", after: 99)) }
            #expect(error?.code == .usage)
        }
    }

    /// The digests are those of `printf '%s' a@b.example | sha256sum` and of the digits of the number.
    @Test func `Meta gets its own names, the click as its cookie writes it, and contacts only as digests`() async throws
    {
        let events = [
            make("f", "ad_clicked", 0, customer: "email:a@b.example", ["url": "https://a.example/?fbclid=IwAR-Ab_1"]),
            make("i", "identity_linked", 0, customer: "email:a@b.example", ["b": "phone:+4915550000"]),
            make("o", "order_completed", 1.000011, customer: "email:a@b.example", money: "12.50 EUR"),
            make("w", "deal_won", 2, customer: "phone:+4915550000", deal: "d"),
            make("n", "order_completed", 3, customer: "customer_id:x", money: "1 EUR"),
        ]
        try await withStore(events) { store async throws in
            let answer = try await store.ask(query("meta"))
            #expect(answer["conversions"].list.count == 2 && answer["skipped"].int == 1)
            let event = answer["conversions"][0]
            #expect(event["event_name"].text == "Purchase" && event["event_id"].text == "test:o")
            #expect(event["event_time"].int == 1_767_225_600 + 86_400)
            #expect(event["action_source"].text == "system_generated")
            #expect(event["custom_data"]["value"].double == 12.5 && event["custom_data"]["currency"].text == "EUR")
            let user = event["user_data"]
            #expect(user["fbc"].text == "fb.1.1767225600000.IwAR-Ab_1")
            #expect(
                user["em"].list.map(\.text) == ["ebb18a030bf15174f5714e24d63af1a81355c951ea7389bd2a9bd18e3d0c2477"]
            )
            #expect(
                user["ph"].list.map(\.text) == ["cec0b835646d7e515af3bd18a4ecbdb755c53179ee790e090cd9253fe8d2154a"]
            )
            #expect(!"\(event)".contains("b.example") && !"\(event)".contains("4915550000"))
            // A purchase must have a value; one without is an event of another name.
            #expect(answer["conversions"][1]["event_name"].text == "deal_won")
            let text = try await store.answer(query("meta"))
            #expect(text.rowsAreObjects && text.rows[0][0].text.contains(#""value":12.50,"#))
            let other = try await store.ask(query("meta") { $0.actionSource = "website" })
            #expect(other["conversions"][0]["action_source"].text == "website")
            let error = await #expect(throws: RihlaError.self) {
                try await store.answer(query("meta") { $0.actionSource = "web" })
            }
            #expect(error?.hint?.contains("website") == true)
        }
    }

    @Test func `everybody else gets everything`() async throws {
        let events = [
            make("a", "ad_clicked", 0, ["msclkid": "m1", "click_id": "c1"]),
            make("b", "page_viewed", 1, ["url": "https://a.example/?gclid=g1&ttclid=t1"]),
            make("o", "order_completed", 2, money: "0.125 EUR", ["order_id": "=x"]),
        ]
        try await withStore(events) { store async throws in
            let entry = try await store.ask(query("generic"))["conversions"][0]
            #expect(entry["change"].text == "conversion" && entry["definition"].text == "order")
            #expect(entry["value"].text == "0.125" && entry["order_id"].text == "=x")
            #expect(["msclkid", "click_id", "gclid", "ttclid"].map { entry[$0].text } == ["m1", "c1", "g1", "t1"])
            #expect(entry["click_at"].text == "2026-01-02T00:00:00.000Z" && entry["fbclid"].isNull)
            _ = try await store.append(batch([make("r", "order_refunded", 3, money: "0.025 EUR", ["order_id": "=x"])]))
            let change = try await store.ask(query("generic", after: 3))["adjustments"][0]
            #expect(change["change"].text == "restatement" && change["value"].text == "0.100")
            #expect(change["previous_value"].text == "0.125" && change["changed_at"].text != nil)
        }
    }
}
