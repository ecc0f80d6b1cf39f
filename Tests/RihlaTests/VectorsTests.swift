// Known answers through the front door: data sets of paths, funnels, made journeys, and a public data set of real paths.
import Foundation
import JourneyEvents
import JourneyLog
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

/// A rough equality for figures that an oracle rounded.
private func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-9) -> Bool {
    abs(a - b) <= tolerance * max(1, abs(b))
}

/// The value of "a/b" or of a decimal.
private func fraction(_ text: String?) -> Double? {
    let parts = (text ?? "").split(separator: "/").map { Double($0) }
    guard let first = parts.first, let first else { return nil }
    guard parts.count > 1 else { return first }
    return parts[1].map { first / $0 }
}

private struct PathRow {
    var channels: [String]
    var conversions: Int
    var nulls = 0
    var minor: Int64
}

/// One customer for each conversion and each failure of a row, touchpoints a second apart; the row's value is split by
/// largest remainder.
private func journeys(_ rows: [PathRow]) -> [Event] {
    var events: [Event] = []
    for (number, row) in rows.enumerated() {
        for copy in 0..<(row.conversions + row.nulls) {
            let name = "\(number)-\(copy)"
            var event = make("", "ad_clicked", 0, customer: "customer_id:" + name)
            for (step, channel) in row.channels.enumerated() {
                event.id = "\(name):\(step)"
                event.channel = channel
                event.occurredAt = Timestamp(milliseconds: instant(0).rawValue + Int64(step) * 1_000)
                events.append(event)
            }
            guard copy < row.conversions else { continue }
            event.id = name + ":won"
            event.type = "order_completed"
            event.channel = nil
            event.occurredAt = Timestamp(milliseconds: instant(0).rawValue + Int64(row.channels.count) * 1_000)
            let part = row.minor / Int64(row.conversions) + (Int64(copy) < row.minor % Int64(row.conversions) ? 1 : 0)
            event.amount = Currency("USD").map { Amount(units: part, scale: 2, currency: $0) }
            events.append(event)
        }
    }
    return events
}

private func everyTouch(order: Int = 1) -> Query {
    var query = AttributionQuery()
    query.models = ["first", "last", "linear", "markov", "shapley", "position"]
    query.order = order
    query.lookbackMilliseconds = 0
    query.path = "reset"
    query.direct = "keep"
    return .attribution(query)
}

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct VectorsTests {
    @Test(arguments: ["tiny_no_null", "classic_null", "loops", "repeats_matter", "six_channels"])
    func `All models of the known paths`(_ name: String) async throws {
        let json = try JSON(file: "vectors/attribution.json")
        let set = json["datasets"].first("name", name)
        let rows = set["rows"].list.map { row in
            PathRow(
                channels: (row["path"].text ?? "").split(separator: ">").map(String.init),
                conversions: row["conversions"].int ?? 0,
                nulls: row["null"].int ?? 0,
                minor: Int64(row["value_minor"].int ?? 0)
            )
        }
        let total = rows.reduce(0) { $0 + $1.conversions }
        try await withStore(journeys(rows)) { store async throws in
            let answer = try await store.ask(everyTouch())
            #expect(answer["conversions"].int == total)
            for model in ["first", "last", "linear"] {
                let expected = set["heuristics"][model].members
                let values = set["heuristics"]["\(model)_value"]
                let found = answer["models"].first("model", model)["rows"]
                #expect(!expected.isEmpty)
                for (channel, share) in expected {
                    let row = found.first("key", channel)
                    let conversions = try #require(share["num"].double)
                    #expect(isClose(row["conversions"].double ?? 0, conversions), "\(model) \(channel)")
                    // Cents are whole here, fractions there: each conversion may differ by less than one.
                    let value = try #require(values[channel]["num"].double) / 100
                    let amount = Double(row["value"][0]["amount"].text ?? "0") ?? -1
                    #expect(abs(amount - value) <= 0.01 * Double(total), "\(model) \(channel) \(amount) \(value)")
                }
                let sum = found.list.reduce(Int64(0)) { sum, row in
                    sum + (Int64((row["value"][0]["amount"].text ?? "0").replacing(".", with: "")) ?? 0)
                }
                #expect(sum == rows.reduce(0) { $0 + ($1.conversions > 0 ? $1.minor : 0) }, "\(model)")
            }
            try await expectTotals(store, set)
            let check = try JSON(file: "vectors/attribution_cross_check.json")["datasets"].first("name", name)
            let position = answer["models"].first("model", "position")["rows"]
            for (channel, figure) in check["position_based_conversions"].members {
                let row = position.first("key", channel)["conversions"].double ?? 0
                #expect(isClose(row, try #require(fraction(figure.text))), "position \(channel) \(figure)")
            }
        }
    }

    /// Markov of each known order, and Shapley.
    private func expectTotals(_ store: JourneyStore, _ set: JSON) async throws {
        for order in 1...3 {
            let models = try await store.ask(everyTouch(order: order))["models"]
            let (markov, known) = (models.first("model", "markov"), set["markov"]["\(order)"])
            let p = try #require(known["p_conversion"]["num"].double)
            #expect(isClose(markov["conversion_probability"].double ?? 0, p) && markov["order"].int == order)
            #expect(markov["pending_paths"].int == 0)
            for (channel, effect) in known["removal_effect"].members {
                let row = markov["rows"].first("key", channel)
                #expect(isClose(row["removal_effect"].double ?? -1, try #require(effect["num"].double)), "\(channel)")
                let conversions = try #require(known["conversions"][channel]["num"].double)
                #expect(isClose(row["conversions"].double ?? -1, conversions), "\(order) \(channel)")
                let minor = try #require(known["value_minor"][channel].int)
                let text = row["value"][0]["amount"].text ?? "0.00"
                #expect(text == decimalText(units: Int128(minor), scale: 2), "\(order) \(channel)")
            }
            let shapley = models.first("model", "shapley")["rows"]
            for (channel, credit) in set["shapley_conversions"].members {
                let row = shapley.first("key", channel)
                #expect(isClose(row["conversions"].double ?? 0, try #require(credit["num"].double)), "\(channel)")
                let value = try #require(set["shapley_value"][channel]["num"].double) / 100
                let amount = Double(row["value"][0]["amount"].text ?? "0") ?? -1
                #expect(abs(amount - value) < 0.01, "\(channel) \(amount) \(value)")
            }
        }
    }

    @Test func `Funnels of a store equal ClickHouse in every case that types can say`() async throws {
        let json = try JSON(file: "vectors/window_funnel.json")
        // A step of several types cannot be asked for; the matcher itself is tested with those.
        let cases = json["cases"].list.filter { entry in entry["steps"].list.allSatisfy { $0.list.count == 1 } }
        #expect(cases.count == 76)
        var events: [Event] = []
        for (number, entry) in cases.enumerated() {
            for (index, pair) in entry["events"].list.enumerated() {
                var event = make("\(number):\(index)", "case_\(number)_\(pair[1].text ?? "")", 0)
                event.customer = "customer_id:\(number)"
                event.occurredAt = Timestamp(milliseconds: instant(0).rawValue + Int64(pair[0].int ?? 0) * 1_000)
                events.append(event)
            }
        }
        try await withStore(events) { store async throws in
            for (number, entry) in cases.enumerated() {
                var query = FunnelQuery()
                query.steps = entry["steps"].list.map { "case_\(number)_\($0[0].text ?? "")" }
                query.windowMilliseconds = Int64(entry["window"].int ?? 0) * 1_000
                let known = Set(entry["events"].list.compactMap { $0[1].text })
                guard entry["steps"].list.allSatisfy({ known.contains($0[0].text ?? "") }) else { continue }
                for (mode, key) in [("ordered", "strict_once"), ("strict-time", "strict_once+strict_increase")] {
                    query.mode = mode
                    // By the fast pass, and by the way that funnels with conditions go.
                    for rule in ["first_touch", "last_touch"] {
                        query.attribution = rule
                        let steps = try await store.ask(.funnel(query))["groups"][0]["steps"].list
                        let level = steps.reduce(0) { $0 + ($1["reached"].int ?? 0) }
                        #expect(level == entry["expected"][key].int, "\(entry["label"]) \(mode) \(rule)")
                    }
                }
            }
        }
    }

    @Test(
        .enabled(if: TestData.hasShared("pathdata/to_events.py"), "the data set is not shipped"),
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "no python3")
    )
    func `All models of ten thousand real paths`() async throws {
        let directory = TestData.shared + "/pathdata"
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("rihla-" + UUID().uuidString)
        try Data().write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = [directory + "/to_events.py"]
        process.standardOutput = try FileHandle(forWritingTo: file)
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        // All 397,994 events take a debug build too long. Customers without a conversion have no say in any model but Markov,
        // so all who have one are a complete sample; RIHLA_LONG_TESTS=1 takes in everybody, and Markov.
        let isLong = ProcessInfo.processInfo.environment["RIHLA_LONG_TESTS"] != nil
        var lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        if !isLong {
            func customer(_ line: Substring) -> Substring {
                line.dropFirst(7).prefix { $0 != ":" }
            }
            let buyers = Set(lines.filter { $0.contains("\"order_completed\"") }.map(customer))
            lines = lines.filter { buyers.contains(customer($0)) }
            try (lines.joined(separator: "\n") + "\n").write(to: file, atomically: true, encoding: .utf8)
        }
        let data = try Data(contentsOf: URL(fileURLWithPath: directory + "/expected.json"))
        let expected = try JSONDecoder().decode(JSON.self, from: data)
        try await withStore([]) { store async throws in
            let summary = try await store.ingest([file.path])
            #expect(summary.accepted == lines.count && summary.rejected == 0)
            let answer = try await store.ask(everyTouch())
            #expect(answer["conversions"].int == 19_785)
            #expect(answer["value"].money == "74802.971582 USD")
            let channels = expected["by_channel"].members
            #expect(channels.count == 12)
            for (channel, figures) in channels {
                var names = ["first": "first", "last": "last", "linear": "linear", "shapley": "shapley_set"]
                if isLong { names["markov"] = "markov_order_1" }
                for (model, name) in names {
                    let row = answer["models"].first("model", model)["rows"].first("key", channel)
                    let known = figures[name]
                    if let effect = known["removal_effect"].text.flatMap({ Double($0) }) {
                        #expect(isClose(row["removal_effect"].double ?? -1, effect), "\(channel)")
                    }
                    let conversions = try #require(Double(known["conversions"].text ?? ""))
                    #expect(isClose(row["conversions"].double ?? 0, conversions), "\(model) \(channel)")
                    // Values were rounded to six decimals in each of 10,000 rows, and credits are whole millionths.
                    let value = try #require(Double(known["value"].text ?? ""))
                    let amount = Double(row["value"][0]["amount"].text ?? "0") ?? -1
                    #expect(abs(amount - value) < 19_785 * 0.5e-6, "\(model) \(channel) \(amount) \(value)")
                }
            }
        }
    }
}
