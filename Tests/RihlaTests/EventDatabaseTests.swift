// The second engine itself: what it counts is what the data set says of itself.
import Foundation
import TestSupport
import Testing

@Suite struct EventDatabaseTests {
    @Test func `SQLite reads the made journeys as they are described`() throws {
        let database = try EventDatabase(ndjson: Data(TestData.bytes("journeys/small.ndjson")))
        let row = try #require(
            try database.rows(
                "SELECT count(*), count(DISTINCT customer), sum(units IS NOT NULL) > 0, min(at) > 0 FROM events"
            ).first
        )
        let lines = try TestData.bytes("journeys/small.ndjson").count { $0 == 10 }
        #expect(row[0] == "\(lines)")
        #expect(Int(row[1] ?? "") ?? 0 > 0)
        #expect(row[2] == "1" && row[3] == "1")
        #expect(throws: EventDatabase.Failure.self) { try database.rows("SELECT nothing FROM nowhere") }
    }
}
