// Persons of the made journeys, against plain code that reads the file for itself: every link of the file is within the
// limits, so a person is what hangs together by links that were not taken back, and a device is its last owner's by time.
import Foundation
import JourneyEvents
import JourneyLog
import JourneyViews
import Rihla
import TestSupport
import Testing

/// One event of the file as far as identity goes.
private struct Line {
    var at: Date
    var order: Int
    var type: String
    var customer: String?
    var a = ""
    var b = ""
}

private func normal(_ identifier: String) -> String {
    guard let colon = identifier.firstIndex(of: ":") else { return "customer_id:" + identifier }
    return identifier.hasPrefix("email:")
        ? identifier.lowercased() : String(identifier[..<colon]) + identifier[colon...]
}

/// The distinct events of the file, in journey order.
private func lines() throws -> [Line] {
    let formats = [Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle()]
    var seen: Set<String> = []
    var lines: [Line] = []
    for text in String(decoding: try TestData.bytes("journeys/small.ndjson"), as: UTF8.self).split(separator: "\n") {
        let json = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
        guard seen.insert("\(json["source"]) \(json["id"])").inserted else { continue }
        let time = try #require(json["occurred_at"].text)
        let at = try #require(formats.lazy.compactMap { try? $0.parse(time) }.first)
        lines.append(
            Line(
                at: at,
                order: lines.count,
                type: json["type"].text ?? "",
                customer: json["customer"].text.map(normal),
                a: normal(json["properties"]["a"].text ?? ""),
                b: normal(json["properties"]["b"].text ?? "")
            )
        )
    }
    return lines.sorted { ($0.at, $0.order) < ($1.at, $1.order) }
}

/// Who is who, without an index, a limit or a fold of its own.
private struct NaivePersons {
    private var person: [String: Set<String>] = [:]
    private var owners: [String: [(at: Date, identifier: String)]] = [:]

    init(_ lines: [Line]) {
        var links: Set<[String]> = []
        for line in lines where line.type.hasPrefix("identity_") {
            if line.a.hasPrefix("anonymous_id:") {
                owners[line.a, default: []].append((line.at, line.b))
            } else if line.type == "identity_linked" {
                links.insert([line.a, line.b])
            } else {
                links.remove([line.a, line.b])
            }
        }
        for link in links {
            let all = (person[link[0]] ?? [link[0]]).union(person[link[1]] ?? [link[1]])
            for identifier in all { person[identifier] = all }
        }
    }

    /// The identifiers of the person that an event of the identifier is of; devices apart.
    func owner(_ identifier: String, _ at: Date) -> Set<String> {
        guard let all = owners[identifier] else { return person[identifier] ?? [identifier] }
        let owner = all.last { $0.at <= at } ?? all[0]
        return person[owner.identifier] ?? [owner.identifier]
    }
}

@Suite(.serialized)
struct IdentitySmallTests {
    @Test func `each person of the made journeys has the events that plain code finds`() async throws {
        let lines = try lines()
        #expect(lines.filter { $0.type == "identity_linked" }.count == 152)
        #expect(lines.filter { $0.type == "identity_unlinked" }.count == 5)
        let persons = NaivePersons(lines)
        var expected: [Set<String>: Int] = [:]
        for line in lines {
            if let customer = line.customer { expected[persons.owner(customer, line.at), default: 0] += 1 }
        }
        try await withStore([]) { store async throws in
            _ = try await store.ingest([TestData.path("journeys/small.ndjson")])
            let identity = try await store.ask(.identity(nil, limit: nil))
            #expect(identity["conflicts"].list.isEmpty)
            var identifiers: [String: Set<String>] = [:]
            for person in identity["persons"].list {
                let known = person["identifiers"].list.compactMap(\.text).filter { !$0.hasPrefix("anonymous_id:") }
                identifiers[person["customer"].text ?? ""] = Set(known)
            }
            var found: [Set<String>: Int] = [:]
            for customer in try await store.ask(.customers(stage: nil, after: nil, limit: nil))["customers"].list {
                let name = customer["customer"].text ?? ""
                found[identifiers[name] ?? [name]] = customer["events"].int
            }
            #expect(found == expected)
            #expect(found.count == 201)
            let shared = identity["shared_devices"].list
            #expect(shared.compactMap { $0["identifier"].text } == ["anonymous_id:dev-shared"])
            #expect(
                Set(shared[0]["stretches"].list.compactMap { $0["customer"].text })
                    == ["email:user003@example.com", "email:user006@example.com"]
            )
            for person in ["user000@example.com", "user120@example.com"] {
                let identifiers = try await store.ask(.customer("email:" + person))["identifiers"].list
                #expect(!identifiers.contains { ($0.text ?? "").hasPrefix("phone:") })
            }
            #expect(try await !store.rebuild(verify: true).found)
            #expect(try await !store.verify().found)
        }
    }
}
