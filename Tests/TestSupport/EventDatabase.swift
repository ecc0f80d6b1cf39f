// Events in SQLite: an engine that is not ours, so that tests can compute a figure a second time, from its definition.
import CSQLite
public import Foundation

/// The events of an NDJSON text in a table `events(position, id, type, customer, deal, channel, campaign, at, amount, units,
/// currency, json)`: `at` is `occurred_at` in milliseconds since 1970 UTC, `amount` the text as written, `units` the amount
/// in millionths as an integer, `json` the whole line.
public final class EventDatabase {
    /// What SQLite said.
    public struct Failure: Error {
        /// Its words.
        public var message: String
    }

    private var handle: OpaquePointer?

    /// Reads lines as `rihla export` or a native file has them; those without a position are numbered in order.
    public init(ndjson: Data) throws {
        try check(sqlite3_open(":memory:", &handle))
        try run(
            """
            CREATE TABLE events(position INTEGER, id TEXT, type TEXT, customer TEXT, deal TEXT, channel TEXT,
              campaign TEXT, at INTEGER, amount TEXT, units INTEGER, currency TEXT, json TEXT)
            """
        )
        try run("BEGIN")
        var statement: OpaquePointer?
        try check(
            sqlite3_prepare_v2(
                handle,
                """
                INSERT INTO events SELECT coalesce(j->>'position', ?2), j->>'id', j->>'type', j->>'customer', j->>'deal',
                  j->>'channel', j->>'campaign', ?3, j->>'amount', ?4, j->>'currency', j FROM (SELECT ?1 AS j)
                """,
                -1,
                &statement,
                nil
            )
        )
        defer { sqlite3_finalize(statement) }
        let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        for (index, line) in String(decoding: ndjson, as: UTF8.self).split(separator: "\n").enumerated() {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
            sqlite3_bind_text(statement, 1, String(line), -1, copies)
            sqlite3_bind_int64(statement, 2, Int64(index + 1))
            sqlite3_bind_int64(statement, 3, EventDatabase.milliseconds(object["occurred_at"] as? String ?? ""))
            if let amount = object["amount"], let decimal = Decimal(string: "\(amount)") {
                sqlite3_bind_int64(statement, 4, NSDecimalNumber(decimal: decimal * 1_000_000).int64Value)
            } else {
                sqlite3_bind_null(statement, 4)
            }
            try check(sqlite3_step(statement), SQLITE_DONE)
            sqlite3_reset(statement)
        }
        try run("COMMIT")
    }

    deinit { sqlite3_close(handle) }

    private static func milliseconds(_ text: String) -> Int64 {
        for style in [Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle()] {
            if let date = try? style.parse(text) { return Int64((date.timeIntervalSince1970 * 1_000).rounded()) }
        }
        return 0
    }

    private func check(_ code: Int32, _ wanted: Int32 = SQLITE_OK) throws {
        guard code == wanted else { throw Failure(message: String(cString: sqlite3_errmsg(handle))) }
    }

    private func run(_ sql: String) throws { try check(sqlite3_exec(handle, sql, nil, nil, nil)) }

    /// The rows of a query; each value as SQLite writes it, nil for NULL.
    public func rows(_ sql: String) throws -> [[String?]] {
        var statement: OpaquePointer?
        try check(sqlite3_prepare_v2(handle, sql, -1, &statement, nil))
        defer { sqlite3_finalize(statement) }
        var rows: [[String?]] = []
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return rows }
            try check(code, SQLITE_ROW)
            rows.append(
                (0..<sqlite3_column_count(statement)).map { column in
                    sqlite3_column_text(statement, column).map { String(cString: $0) }
                }
            )
        }
    }
}
