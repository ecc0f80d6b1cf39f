// Files go in: what is counted, what is refused, and what a second run does.
import Foundation
import JourneyEvents
import JourneyIngest
import JourneyViews
import Rihla
import Synchronization
import TestSupport
import Testing

/// Opens a new store, runs `body` with it and a directory for files.
func withStore<R>(_ body: (JourneyStore, String) async throws -> R) async throws -> R {
    try await withScratchDirectory { directory in
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        var options = JourneyStore.Options()
        options.create = true
        let store = try await JourneyStore.open(at: directory + "/store", options: options)
        let result = try await body(store, directory)
        try await store.close()
        return result
    }
}

/// Writes a file and gives its path.
func write(_ text: String, _ path: String) throws -> String {
    try Data(text.utf8).write(to: URL(filePath: path))
    return path
}

func line(_ id: String, at second: Int = 0, more: String = "") -> String {
    let time = Timestamp(milliseconds: 1_767_225_600_000 + Int64(second) * 1_000).rfc3339
    return "{\"id\":\"\(id)\",\"type\":\"page_viewed\",\"occurred_at\":\"\(time)\",\"customer\":\"c\"\(more)}\n"
}

func counts(_ counts: Int...) -> [Int] { counts }

/// Collects what a callback gets.
final class Collected: Sendable {
    private let items = Mutex<[[UInt8]]>([])
    var all: [[UInt8]] { items.withLock { $0 } }
    func add(_ item: [UInt8]) { items.withLock { $0.append(item) } }
}

extension JourneyStore {
    /// All events but those that Rihla itself has written.
    func allEvents() throws -> [Event] {
        var events: [Event] = []
        try scan(after: .start) {
            if $0.source != OwnSource.name { events.append($0) }
            return true
        }
        return events
    }
}

@Suite struct IngestTests {
    @Test func `promise 22: every bad line is named, handed out as it was, and costs nothing else`() async throws {
        struct Expected: Decodable {
            var line: UInt64
            var column: Int?
            var code: String
        }
        let expected = try String(decoding: TestData.bytes("journeys/bad.expected.ndjson"), as: UTF8.self)
            .split(separator: "\n").map { try JSONDecoder().decode(Expected.self, from: Data($0.utf8)) }
        let path = TestData.path("journeys/bad.ndjson.gz")
        let reader = try InputReader(path: path)
        var bytes: [UInt8] = []
        while let block = try reader.nextBlock() { bytes += block }
        let lines = bytes.split(separator: 10, omittingEmptySubsequences: false).map { Array($0) }
        try await withStore { store, _ in
            let rejects = Collected()
            var options = IngestOptions()
            options.onReject = { rejects.add($0) }
            let summary = try await store.ingest([path], options: options)
            #expect(counts(summary.accepted, summary.duplicates, summary.rejected) == [10, 1, 76])
            #expect(summary.files.map(\.lines) == [87])
            #expect(
                summary.errors.map { "\($0.line) \($0.column ?? 0) \($0.code)" }
                    == expected.map { "\($0.line) \($0.column ?? 0) \($0.code)" }
            )
            #expect(rejects.all == expected.map { lines[Int($0.line) - 1] })
            #expect(try store.allEvents().count == 10)
            #expect(summary.answer.found)
        }
    }

    @Test func `what came before a line that stops is durable, nothing after it is appended`() async throws {
        try await withStore { store, directory in
            let path = try write(line("a") + line("b") + "{\n" + line("c") + "}\n", directory + "/x.ndjson")
            let rejects = Collected()
            var options = IngestOptions()
            options.stopOnError = true
            options.onReject = { rejects.add($0) }
            let summary = try await store.ingest([path, path], options: options)
            #expect(try store.allEvents().map(\.id) == ["a", "b"])
            #expect(summary.errors.map(\.line) == [3])
            #expect(rejects.all == [Array("{".utf8)])
            #expect(summary.files.count == 1)

            let conflict = try write(line("d") + line("a", at: 9) + line("e") + "{\n", directory + "/y.ndjson")
            let second = try await store.ingest([conflict], options: options)
            #expect(try store.allEvents().map(\.id) == ["a", "b", "d"])
            #expect(second.errors.map { "\($0.line) \($0.code)" } == ["2 id_conflict"])
            #expect(rejects.all.last == Array(line("a", at: 9).utf8.dropLast()))
            #expect(second.rejected == 1)
        }
    }

    @Test func `conflicts and bad lines are handed out in the order of the file`() async throws {
        try await withStore { store, directory in
            let text = line("a") + "1\n" + line("a", at: 1) + "2\n" + line("a", at: 2) + "3"
            let path = try write(text, directory + "/x.ndjson")
            let rejects = Collected()
            var options = IngestOptions()
            options.onReject = { rejects.add($0) }
            let summary = try await store.ingest([path], options: options)
            let expected = text.split(separator: "\n").dropFirst().map { Array($0.utf8) }
            #expect(rejects.all == expected)
            #expect(summary.errors.map(\.line) == [2, 3, 4, 5, 6])
            #expect(summary.files.first?.lines == 6)
        }
    }

    @Test func `a dry run writes nothing and shows what events would be`() async throws {
        var options = IngestOptions()
        options.dryRun = true
        options.mapping = TestData.path("cdnow/mapping.yaml")
        let path = TestData.path("cdnow/cdnow_sample.csv")
        let without = try await JourneyStore.rehearse([path], options: options)
        #expect(without.accepted == 6_919)
        #expect(without.firstPosition == nil)
        #expect(without.samples.map(\.raw).first == "00004,0001,19970101,2,29.33")
        #expect(
            without.samples.map(\.event)
                == [
                    ("row:2", "1997-01-01", "29.33", "2"), ("row:3", "1997-01-18", "29.73", "2"),
                    ("row:4", "1997-08-02", "14.96", "1"),
                ].map { id, day, amount, quantity in
                    "{\"id\":\"\(id)\",\"source\":\"cdnow\",\"type\":\"order_completed\",\"occurred_at\":\"\(day)T00:00:00.000Z\","
                        + "\"customer\":\"customer_id:0001\",\"amount\":\"\(amount)\",\"currency\":\"USD\",\"properties\":"
                        + "{\"order_id\":\"\(id)\",\"quantity\":\"\(quantity)\",\"master_id\":\"00004\"}}"
                }
        )
        #expect(without.answer.json.contains("\"samples\":[{\"file\""))
        try await withStore { store, _ in
            let summary = try await store.ingest([path], options: options)
            #expect(summary.accepted == 6_919)
            #expect(store.head == .start)
        }
    }

    @Test(arguments: [
        ("x.csv", "a,b\n", InputKind.auto, nil, "is a table and needs a mapping"),
        ("x.tsv", "a\tb\n", .auto, nil, "is a table and needs a mapping"),
        ("x.json", "a,b\n", .csv, nil, "is a table and needs a mapping"),
        ("x.txt", "\n [1]", .auto, nil, "it does not begin with {"),
        ("x.csv", "a,b\n", .ndjson, "cdnow/mapping.yaml", "is for csv, not for ndjson"),
    ])
    func `an input of unknown format is a usage error that says what to do`(
        name: String,
        text: String,
        kind: InputKind,
        mapping: String?,
        message: String
    ) async throws {
        try await withStore { store, directory in
            var options = IngestOptions()
            options.from = kind
            options.mapping = mapping.map { TestData.path($0) }
            let path = try write(text, directory + "/" + name)
            let error = await #expect(throws: RihlaError.self) { _ = try await store.ingest([path], options: options) }
            #expect(error?.code == .usage)
            #expect(error?.message.contains(message) == true)
            #expect(error?.hint?.contains("--") == true)
        }
    }

    @Test func `native events are recognised by name or first byte, an empty file is nothing`() async throws {
        try await withStore { store, directory in
            let paths = [
                try write("\u{FEFF}\n " + line("a"), directory + "/a.txt"),
                try write("[1]\n" + line("b"), directory + "/b.ndjson"),
                try write("", directory + "/c.txt"),
            ]
            let summary = try await store.ingest(paths)
            #expect(summary.files.map(\.accepted) == [1, 1, 0])
            #expect(summary.rejected == 1)
        }
    }

    @Test func `a file that is cut off gives what it has and an error`() async throws {
        try await withStore { store, directory in
            let bytes = try TestData.bytes("journeys/bad.ndjson.gz")
            let path = directory + "/cut.ndjson.gz"
            try Data(bytes[..<(bytes.count - 20)]).write(to: URL(filePath: path))
            let error = await #expect(throws: RihlaError.self) { _ = try await store.ingest([path]) }
            #expect(error?.code == .invalidInput)
            #expect(error?.message.contains("events before that were appended") == true)
            #expect(store.head > .start)
        }
    }

    @Test func `an ingest that is cancelled while it waits for input says that it was`() async throws {
        try await withStore { store, directory in
            let path = try write("", directory + "/x.ndjson")
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await store.ingest([path])
            }
            #expect(try await task.value.interrupted)
        }
    }

    @Test func `a cancelled ingest keeps what was committed and says so`() async throws {
        try await withStore { store, directory in
            let more = ",\"pad\":\"" + String(repeating: "x", count: 1_000) + "\""
            var text = ""
            for index in 0..<20_000 { text += line("e\(index)", more: more) }
            let path = try write(text, directory + "/x.ndjson")
            let task = Task { try await store.ingest([path]) { _ in withUnsafeCurrentTask { $0?.cancel() } } }
            let summary = try await task.value
            #expect(summary.interrupted)
            #expect(summary.accepted > 0)
            #expect(summary.accepted < 20_000)
            #expect(store.head.rawValue == UInt64(summary.accepted) + 1)
            #expect(
                summary.answer.notes == ["stopped before the end: \(summary.accepted) events were appended and stay"]
            )
            let again = try await store.ingest([path])
            #expect(counts(again.duplicates, again.accepted) == [summary.accepted, 20_000 - summary.accepted])
        }
    }
}
