// The stored bytes of a small store: a change of the format must be noticed, since stores of released versions stay readable.
import Foundation
import JourneyEvents
import JourneyLog
import LMDB
import Platform
import TestSupport
import Testing

@Suite struct StoredFormatTests {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private func value(_ environment: Environment, _ table: String, _ key: UInt64) throws -> String {
        let table = try environment.table(table)
        return try environment.read { txn in
            guard let value = try txn.value(for: key, in: table) else { return "" }
            return hex(copyBytes(value, 0..<value.count))
        }
    }

    @Test func `blocks and symbols are stored as they always were`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(
                at: path,
                create: true,
                clock: { 1_700_000_000_000 },
                random: { count in (0..<count).map { UInt8($0) } }
            )
            var won = event("e-1", type: "deal_won", at: 1_600_000_000_000, deal: "d")
            won.amount = Currency("EUR").map { Amount(units: 1_250, scale: 2, currency: $0) }
            won.properties = [.init(key: "k", json: "1.50")]
            let viewed = Event(
                id: "0190f5d4-7c1e-7a3b-8c2d-1e2f3a4b5c6d",
                type: "page_viewed",
                occurredAt: Timestamp(milliseconds: -1),
                customer: "customer_id:a"
            )
            _ = try await log.append(request([won, viewed]))
            try log.close()
            var options = Environment.Options()
            options.integerKeyTables = ["blocks", "symbols", "own"]
            let environment = try Environment.open(at: path + "/log", options: options)
            let block = try value(environment, "blocks", 1)
            let customers = try value(environment, "symbols", 1 << 40 | 1)
            let types = try value(environment, "symbols", 3 << 40 | 1)
            #expect(block == StoredFormatTests.block)
            #expect(customers == StoredFormatTests.customers)
            #expect(types == StoredFormatTests.types)
            environment.close()
        }
    }

    private static let block =
        "3cb1f01d0202020001000000000000000068e5cf8b010000000000000000000000000000000000000000000000000000"
        + "00000000000000008b00000000000000000102030405060708090a0b0c0d0e0f470400806e87740100000103652d3101"
        + "0101c41302525545010104312e35300208ffffffffffffffff020190f5d47c1e7a3b8c2d1e2f3a4b5c6d0150006f0027"
        + "01776fb3b40eb091e3054961184ba6964e294f36dcfbd5147db8fc0d05e5175a51"
    private static let customers =
        "d04854470200000001000000000102030405060708090a0b0c0d0e0f0d000000637573746f6d65725f69643a61"
    private static let types =
        "791a60890200000002000000000102030405060708090a0b0c0d0e0f08000000130000006465616c5f776f6e706167"
        + "655f766965776564"
}
