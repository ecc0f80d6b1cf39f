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
            let log = try EventLog(at: path, create: true, clock: { 1_700_000_000_000 })
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
            options.integerKeyTables = ["blocks", "symbols"]
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
        "c5ad83900102020001000000000000000068e5cf8b010000000000000000000000000000000000000000000000000000"
        + "000000000000000077000000470400806e87740100000103652d31010101c41302525545010104312e35300208ffffff"
        + "ffffffffff020190f5d47c1e7a3b8c2d1e2f3a4b5c6d013c005b002701ca36ee7136525be5a74b494a52354a8fbcba92"
        + "c81720e98752458dc567e98267"
    private static let customers =
        "31d5ba9b01000000010000000d000000637573746f6d65725f69643a61"
    private static let types =
        "c65f7a3d010000000200000008000000130000006465616c5f776f6e706167655f766965776564"
}
