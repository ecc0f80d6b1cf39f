// Parts of a store that were put back from a copy, or come from a copy that went its own way: derived data says of which history
// it is, not only how far it reaches.
import Foundation
import TestSupport
import Testing

@Suite struct OtherHistoryTests {
    private static let questions = [
        ["customers", "--limit", "3"], ["attribution", "--model", "last"], ["timeline", "user_id:u7"],
    ]

    /// Events of a hundred customers: a visit each, or a purchase.
    private func lines(_ prefix: String, _ count: Int, buys: Bool = false) -> [String] {
        (0..<count).map { number in
            let more = buys ? #""order_completed","amount":"5.00","currency":"EUR""# : #""page_viewed""#
            let time = "2026-01-\(String(format: "%02d", 1 + number % 28))T10:00:00Z"
            return
                #"{"id":"\#(prefix)\#(number)","source":"w","occurred_at":"\#(time)","customer":"user_id:u\#(number % 100)","type":\#(more)}"#
        }
    }

    /// What a store of its own answers to these events, and again when the last ones have come.
    private func right(_ path: String, _ parts: [[String]], then last: [String] = []) throws -> [[String]] {
        let store = StoreOnDisk(path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        for part in parts { try store.ingest(part) }
        var answers = [try store.answers(OtherHistoryTests.questions)]
        if !last.isEmpty {
            try store.ingest(last)
            answers.append(try store.answers(OtherHistoryTests.questions))
        }
        return answers
    }

    // The log was put back from an older copy and appended to. Views and index named a position that the new history had
    // reached too, so they were believed: a hundred purchases that never happened, with `verify` clean.
    @Test func `a log that was put back and appended to is answered as it is now`() async throws {
        try await withScratchDirectory { path in
            let (store, count) = (StoreOnDisk(path), 100)
            try store.ingest(lines("e", count))
            _ = try store.answers(OtherHistoryTests.questions)
            let copy = try store.copy(to: path + "-copy")
            defer { try? FileManager.default.removeItem(atPath: path + "-copy") }
            try store.ingest(lines("o", count, buys: true))
            _ = try store.answers(OtherHistoryTests.questions)
            for part in ["log", "HEAD"] { try store.putBack(part, from: copy) }
            try store.ingest(lines("p", count))
            let wanted = try right(path + "-right", [lines("e", count), lines("p", count)])
            #expect(try store.answers(OtherHistoryTests.questions) == wanted.last)
            #expect(try store.run(["verify"]).status == 0)
        }
    }

    // Two copies of one store went different ways. The log of one beside the index of the other: what the index lacked was
    // not known any more and was stored twice, and its journeys were those of the other.
    @Test(arguments: ["log", "index", "views"])
    func `parts of a copy that went its own way are not believed`(what: String) async throws {
        try await withScratchDirectory { path in
            let count = what == "views" ? 150 : 4_200
            let (store, copy) = (StoreOnDisk(path), StoreOnDisk(path + "-copy"))
            try store.ingest(lines("e", 100))
            _ = try store.answers(OtherHistoryTests.questions)
            _ = try store.copy(to: copy.path)
            defer { try? FileManager.default.removeItem(atPath: copy.path) }
            let (own, other) = (lines("o", count, buys: true), lines("p", count))
            try store.ingest(own)
            try copy.ingest(other)
            for each in [store, copy] { _ = try each.answers(OtherHistoryTests.questions) }
            for part in what == "log" ? ["log", "HEAD"] : [what] { try store.putBack(part, from: copy) }
            let (mine, theirs) = what == "log" ? (other, own) : (own, other)
            let wanted = try right(path + "-right", [lines("e", 100), mine], then: [theirs[3]])
            #expect(try store.answers(OtherHistoryTests.questions) == wanted.first)
            // What this history has is known, what only the other has is new.
            let again = try store.append([mine[1], mine[count - 2], theirs[3]])
            #expect(again.map { $0["duplicate"] as? Bool } == [true, true, false])
            #expect(try store.answers(OtherHistoryTests.questions) == wanted.last)
            #expect(try store.run(["verify"]).status == 0)
        }
    }

    // An older index, view or HEAD of the same history is behind, and nothing else: it is carried on from where it stands.
    @Test(arguments: ["index", "views", "HEAD"])
    func `an older part of the same history is carried on`(part: String) async throws {
        try await withScratchDirectory { path in
            let (store, count) = (StoreOnDisk(path), part == "index" ? 4_200 : 150)
            try store.ingest(lines("e", count))
            _ = try store.answers(OtherHistoryTests.questions)
            let copy = try store.copy(to: path + "-copy")
            defer { try? FileManager.default.removeItem(atPath: copy.path) }
            try store.ingest(lines("o", count, buys: true))
            _ = try store.answers(OtherHistoryTests.questions)
            // Of the views only one, so that they stand at different positions.
            let view = try store.dataFiles("views").first.map { ($0 as NSString).deletingLastPathComponent }
            try store.putBack(part == "views" ? try #require(view) : part, from: copy)
            let again = try store.append([lines("e", 8)[7], lines("o", 8, buys: true)[7], lines("p", 8)[7]])
            #expect(again.map { $0["duplicate"] as? Bool } == [true, true, false])
            let wanted = try right(
                path + "-right",
                [lines("e", count), lines("o", count, buys: true), [lines("p", 8)[7]]]
            )
            #expect(try store.answers(OtherHistoryTests.questions) == wanted.last)
            #expect(try store.run(["verify"]).status == 0)
        }
    }

    // A store that was copied with `cp -r` while nobody wrote is two stores: each goes on by itself.
    @Test func `a copy and its original go on without each other`() async throws {
        try await withScratchDirectory { path in
            let store = StoreOnDisk(path)
            try store.settle(lines("e", 200), last: 20, OtherHistoryTests.questions)
            let copy = try store.copy(to: path + "-copy")
            defer { try? FileManager.default.removeItem(atPath: copy.path) }
            #expect(try copy.answers(OtherHistoryTests.questions) == store.answers(OtherHistoryTests.questions))
            try store.ingest(lines("o", 50, buys: true))
            try copy.ingest(lines("p", 60))
            for (each, more) in [(store, lines("o", 50, buys: true)), (copy, lines("p", 60))] {
                let wanted = try right(path + "-right", [lines("e", 200), more])
                #expect(try each.answers(OtherHistoryTests.questions) == wanted.last)
                #expect(try each.run(["verify"]).status == 0)
            }
        }
    }
}
