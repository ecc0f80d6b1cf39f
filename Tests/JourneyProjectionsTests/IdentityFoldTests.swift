// Who is who, case by case.
import JourneyEvents
import JourneyProjections
import TestSupport
import Testing

@Suite struct IdentityFoldTests {
    private static let names = [
        "", "user_id:u-1", "user_id:u-2", "email:a@x.example", "email:b@x.example", "anonymous_id:dev-1",
        "anonymous_id:dev-2", "customer_id:c-1", "phone:+49301", "user_id:u-3", "customer_id:guest",
        "email:c@x.example",
    ]

    private func symbol(_ name: String) -> UInt32 { UInt32(IdentityFoldTests.names.firstIndex(of: name) ?? 0) }

    private func resolve(_ statements: [IdentityStatement], _ limits: IdentityLimits = IdentityLimits()) throws
        -> IdentityMap
    {
        try IdentityFold.resolve(
            statements.sorted(by: IdentityStatement.inJourneyOrder),
            limits: limits,
            text: { IdentityFoldTests.names[Int($0)] }
        )
    }

    private func said(_ at: Int64, _ kind: IdentityStatement.Kind, _ a: String, _ b: String = "") -> IdentityStatement {
        IdentityStatement(at: at, position: UInt64(at), kind: kind, a: symbol(a), b: symbol(b))
    }

    private func person(_ map: IdentityMap, _ name: String, at time: Int64 = 0) -> String {
        IdentityFoldTests.names[Int(map.person(symbol(name), at: time))]
    }

    @Test func `the strongest kind names a person, then the one that was named first`() throws {
        let map = try resolve([
            said(1, .link, "email:b@x.example", "email:a@x.example"),
            said(2, .link, "email:a@x.example", "phone:+49301"),
        ])
        #expect(person(map, "phone:+49301") == "email:a@x.example")
        let stronger = try resolve([
            said(1, .link, "email:b@x.example", "email:a@x.example"),
            said(9, .link, "email:a@x.example", "user_id:u-1"),
        ])
        #expect(person(stronger, "email:b@x.example") == "user_id:u-1")
        #expect(stronger.identifiers(of: symbol("user_id:u-1")).count == 3)
    }

    @Test func `an anonymous device moves to its person with all its past`() throws {
        let map = try resolve([said(50, .link, "user_id:u-1", "anonymous_id:dev-1")])
        #expect(person(map, "anonymous_id:dev-1", at: 1) == "user_id:u-1")
        #expect(map.identifiers(of: symbol("user_id:u-1")) == [symbol("user_id:u-1"), symbol("anonymous_id:dev-1")])
    }

    @Test func `a known user is not merged with another one, unless it is forced`() throws {
        let statements = [
            said(1, .link, "user_id:u-1", "email:a@x.example"), said(2, .link, "user_id:u-2", "email:a@x.example"),
        ]
        let refused = try resolve(statements)
        #expect(person(refused, "user_id:u-2") == "user_id:u-2")
        #expect(refused.conflicts.map(\.reason) == ["limit:user_id"])
        let forced = try resolve([statements[0], said(2, .forcedLink, "user_id:u-2", "email:a@x.example")])
        #expect(person(forced, "user_id:u-2") == "user_id:u-1")
        #expect(forced.conflicts.isEmpty)
    }

    @Test func `a shared device goes to whom it was linked most recently, before the first link to the first`() throws {
        let map = try resolve([
            said(10, .link, "anonymous_id:dev-1", "user_id:u-1"), said(20, .link, "anonymous_id:dev-1", "user_id:u-2"),
            said(30, .link, "anonymous_id:dev-1", "user_id:u-1"),
        ])
        let owners = [5, 10, 19, 20, 29, 30, 99].map { person(map, "anonymous_id:dev-1", at: $0) }
        #expect(owners == ["u-1", "u-1", "u-1", "u-2", "u-2", "u-1", "u-1"].map { "user_id:" + $0 })
        #expect(map.persons(of: symbol("anonymous_id:dev-1")).count == 2)
    }

    @Test func `a device of two identifiers of one person is not shared`() throws {
        let map = try resolve([
            said(10, .link, "anonymous_id:dev-1", "user_id:u-1"),
            said(20, .link, "anonymous_id:dev-1", "email:a@x.example"),
            said(30, .link, "email:a@x.example", "user_id:u-1"),
        ])
        #expect(map.stretches(symbol("anonymous_id:dev-1")).isEmpty)
        #expect(person(map, "anonymous_id:dev-1", at: 25) == "user_id:u-1")
    }

    @Test func `an unlink leaves exactly what was there without the link`() throws {
        let first = said(1, .link, "user_id:u-1", "email:a@x.example")
        let second = said(2, .link, "email:a@x.example", "customer_id:c-1")
        let map = try resolve([first, second, said(3, .unlink, "customer_id:c-1", "email:a@x.example")])
        #expect(person(map, "customer_id:c-1") == "customer_id:c-1")
        #expect(person(map, "email:a@x.example") == "user_id:u-1")
        // A second way between two identifiers keeps them together.
        let round = try resolve([
            first, second, said(3, .link, "customer_id:c-1", "user_id:u-1"),
            said(4, .unlink, "customer_id:c-1", "email:a@x.example"),
        ])
        #expect(person(round, "customer_id:c-1") == "user_id:u-1")
    }

    @Test func `an unlinked device is nobody's again`() throws {
        let map = try resolve([
            said(1, .link, "user_id:u-1", "anonymous_id:dev-1"), said(2, .unlink, "user_id:u-1", "anonymous_id:dev-1"),
        ])
        #expect(person(map, "anonymous_id:dev-1") == "anonymous_id:dev-1")
    }

    @Test func `a blocked identifier takes no part`() throws {
        let limits = IdentityLimits(blocked: ["guest"])
        let map = try resolve(
            [
                said(1, .link, "user_id:u-1", "customer_id:guest"), said(2, .link, "user_id:u-2", "customer_id:guest"),
                said(3, .link, "user_id:u-3", "email:a@x.example"), said(4, .block, "email:a@x.example"),
                said(5, .link, "email:a@x.example", "email:b@x.example"),
            ],
            limits
        )
        #expect(person(map, "user_id:u-2") == "user_id:u-2")
        #expect(person(map, "email:a@x.example") == "email:a@x.example")
        #expect(map.conflicts.map(\.reason) == ["blocked", "blocked", "blocked"])
    }

    @Test func `more identifiers of a kind than allowed are a conflict each`() throws {
        let limits = IdentityLimits(most: [.email: 2, .anonymousID: 1])
        let map = try resolve(
            [
                said(1, .link, "user_id:u-1", "email:a@x.example"), said(2, .link, "user_id:u-1", "email:b@x.example"),
                said(3, .link, "user_id:u-1", "email:c@x.example"), said(4, .link, "user_id:u-1", "anonymous_id:dev-1"),
                said(5, .link, "email:a@x.example", "anonymous_id:dev-2"),
            ],
            limits
        )
        #expect(map.conflicts.map(\.reason) == ["limit:email", "limit:anonymous_id"])
        #expect(person(map, "email:c@x.example") == "email:c@x.example")
        #expect(person(map, "anonymous_id:dev-2") == "anonymous_id:dev-2")
    }

    @Test func `linked devices without a person are one, and share their person`() throws {
        let link = said(1, .link, "anonymous_id:dev-1", "anonymous_id:dev-2")
        #expect(person(try resolve([link]), "anonymous_id:dev-2") == "anonymous_id:dev-1")
        let owned = try resolve([link, said(2, .link, "anonymous_id:dev-2", "user_id:u-1")])
        #expect(person(owned, "anonymous_id:dev-1") == "user_id:u-1")
    }

    @Test func `the order of arrival makes no difference, and a part that others do not touch resolves alone`() throws {
        var random = SplitMix.fresh()
        let seed = random.seed
        for _ in 0..<300 {
            let count = Int.random(in: 1...14, using: &random)
            let statements = (0..<count).map { index in
                IdentityStatement(
                    at: Int64(index),
                    position: UInt64(index),
                    kind: [.link, .link, .link, .unlink, .forcedLink, .block][Int.random(in: 0..<6, using: &random)],
                    a: UInt32.random(in: 1...11, using: &random),
                    b: UInt32.random(in: 1...11, using: &random)
                )
            }
            let map = try resolve(statements)
            #expect(try resolve(statements.shuffled(using: &random)) == map, "seed \(seed)")
            // Whatever statements ever connected, alone.
            var part: Set<UInt32> = [statements[0].a]
            for _ in 0..<count {
                for statement in statements where statement.kind != .block {
                    if part.contains(statement.a) || part.contains(statement.b) {
                        part.formUnion([statement.a, statement.b])
                    }
                }
            }
            let alone = try resolve(statements.filter { part.contains($0.a) })
            for symbol in part {
                for time in [Int64(0), 5, 20] {
                    #expect(alone.person(symbol, at: time) == map.person(symbol, at: time), "seed \(seed)")
                }
            }
        }
    }
}
