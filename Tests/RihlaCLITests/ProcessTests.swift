// Several processes of the binary on one store: what one does while another stands between two of its steps.
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite(.serialized) struct ProcessTests {
    private static let questions = [["stages"], ["deals"], ["attribution", "--model", "last"]]

    // An open read the log's head first and HEAD after it. A commit of another process between the two made HEAD the newer
    // one: `verify`, and now and then an append or a question, ended with "the history is shortened" and the advice to
    // delete HEAD, although nothing was lost.
    @Test func `promise 3: nothing beside writers ever calls the history shortened`() async throws {
        try await withScratchDirectory { path in
            let store = StoreOnDisk(path)
            try store.ingest(MadeUp.lines(0..<50))
            let acknowledged = Atomic<Int>(0)
            let count: @Sendable () -> Void = { acknowledged.add(1, ordering: .relaxed) }
            let writers = (0..<4).map { writer in
                Background { goesOn in
                    guard let child = try? RihlaChild(["append", "--quiet", "--store", path]) else { return }
                    var number = 0
                    while goesOn() {
                        guard child.ask(MadeUp.line(number, prefix: "w\(writer)-"))["position"] != nil else { break }
                        number += 1
                        count()
                    }
                    _ = child.end()
                }
            }
            var failures: [String] = []
            var runs = 0
            let deadline = Date(timeIntervalSinceNow: 4)
            while deadline.timeIntervalSinceNow > 0 {
                for words in [["verify"], ["stats"], ["append"]] {
                    let input = words == ["append"] ? MadeUp.line(runs, prefix: "own-") + "\n" : ""
                    let result = try store.run(words + ["--quiet"], input: input)
                    if result.status != 0 { failures.append("\(words): \(result.status) \(result.out) \(result.err)") }
                    runs += 1
                }
            }
            for writer in writers { writer.stop() }
            #expect(failures == [], "\(failures.count) of \(runs) runs")
            #expect(acknowledged.load(ordering: .relaxed) > 100)
            #expect(try store.ids().count == acknowledged.load(ordering: .relaxed) + runs / 3 + 50)
        }
    }

    // One process had read the head of the log, then another ingested and moved its events into the index. The first one went
    // on, found an index that reached further than the head that it knew, took it for damaged, and emptied it under a third
    // process that relied on it. That one ended with "the index is damaged", or took events that were known for new ones and
    // appended them once more, for good.
    @Test func `promise 5: an open with an old head does not take the index from others`() async throws {
        try await withScratchDirectory { path in
            let store = StoreOnDisk(path)
            let known = MadeUp.lines(0..<4_200)
            try store.ingest(Array(known.prefix(10)))
            // LMDB opens an environment under a lock on the first byte of its lock file: held, the open waits there.
            let descriptor = open(path + "/index/lock.mdb", O_RDWR)
            #expect(descriptor >= 0)
            defer { close(descriptor) }
            try lock(descriptor, Int16(F_WRLCK))
            let late = try RihlaChild(["append", "--quiet", "--store", path])
            // It reads the head as soon as it has the log open, which it shows by a lock of the same kind.
            let log = open(path + "/log/lock.mdb", O_RDWR)
            defer { close(log) }
            for _ in 0..<2_000 where try !isLocked(log) { usleep(5_000) }
            usleep(300_000)
            late.send(signal: SIGSTOP)
            try lock(descriptor, Int16(F_UNLCK))
            let writer = try RihlaChild(["append", "--quiet", "--store", path])
            #expect(writer.ask(MadeUp.line(1, prefix: "first-"))["duplicate"] as? Bool == false)
            try store.ingest(known)
            #expect(writer.ask(MadeUp.line(2, prefix: "second-"))["duplicate"] as? Bool == false)
            late.send(signal: SIGCONT)
            #expect(late.ask(MadeUp.line(3, prefix: "late-"))["duplicate"] as? Bool == false)
            for number in [5, 700, 4_100] {
                let answer = writer.ask(known[number])
                #expect(answer["duplicate"] as? Bool == true, "line \(number) is known: \(answer)")
            }
            #expect(late.end().status == 0)
            #expect(writer.end().status == 0)
            let ids = try store.ids()
            #expect(Set(ids).count == ids.count && ids.count == known.count + 3, "an event stands twice")
            #expect(try store.run(["verify"]).status == 0)
        }
    }

    private func firstByte(_ type: Int16) -> flock {
        var request = flock()
        request.l_type = type
        request.l_whence = Int16(SEEK_SET)
        request.l_start = 0
        request.l_len = 1
        return request
    }

    /// Whether another process holds the first byte of a file.
    private func isLocked(_ descriptor: Int32) throws -> Bool {
        var request = firstByte(Int16(F_WRLCK))
        guard fcntl(descriptor, F_GETLK, &request) == 0 else {
            throw StoreOnDisk.Failure(description: "the lock file cannot be looked at: \(errno)")
        }
        return request.l_type != Int16(F_UNLCK)
    }

    private func lock(_ descriptor: Int32, _ type: Int16) throws {
        var request = firstByte(type)
        guard fcntl(descriptor, F_SETLK, &request) == 0 else {
            throw StoreOnDisk.Failure(description: "the lock file cannot be locked: \(errno)")
        }
    }

    // Several processes wrote FORMAT under one temporary name: of twelve first appends at once some failed, since the file
    // that they had written was renamed by another one.
    @Test func `twelve processes that append first make one store`() async throws {
        for round in 0..<3 {
            try await withScratchDirectory { path in
                let children = try (0..<12).map { _ in try RihlaChild(["append", "--quiet", "--store", path]) }
                for (number, child) in children.enumerated() { child.send(MadeUp.line(number, prefix: "r\(round)-")) }
                for child in children {
                    let result = child.end()
                    #expect(result.status == 0, "\(result.err)")
                    #expect(result.out.contains("\"position\":"))
                }
                #expect(try Set(StoreOnDisk(path).ids()) == Set((0..<12).map { "r\(round)-\($0)" }))
            }
        }
    }

    // An export kept one snapshot while its pipe was full. No page that was freed since could be used again: each commit made
    // the log 24 kB larger, and it never shrank.
    @Test func `promise 21: an export to a pipe that nobody reads does not make the log grow`() async throws {
        func grown(_ path: String, stopped: Bool) throws -> Int {
            let store = StoreOnDisk(path)
            try store.ingest(MadeUp.lines(0..<3_000))
            let before = try store.bytes("log/data.mdb").count
            let export = stopped ? try RihlaChild(["export", "--quiet", "--store", path]) : nil
            usleep(500_000)
            let writer = try RihlaChild(["append", "--quiet", "--store", path])
            for number in 0..<300 { #expect(!writer.ask(MadeUp.line(number, prefix: "z-")).isEmpty) }
            #expect(writer.end().status == 0)
            let after = try store.bytes("log/data.mdb").count
            if let export {
                let result = export.end()
                #expect(result.status == 0, "\(result.err)")
                #expect(result.out.split(separator: "\n").count >= 3_000)
            }
            return after - before
        }
        try await withScratchDirectory { path in
            let alone = try grown(path + "-alone", stopped: false)
            defer { try? FileManager.default.removeItem(atPath: path + "-alone") }
            let beside = try grown(path, stopped: true)
            #expect(beside <= alone + 2 << 20, "\(beside) bytes beside the export, \(alone) without")
        }
    }

    // A rebuild says in a file of the view that its rows are not synced. When it was killed the file stayed for good: nobody
    // took it over, since it was not of a complete rebuild, and nobody removed it.
    @Test func `rebuilds that were killed leave no file behind`() async throws {
        try await withScratchDirectory { path in
            let store = StoreOnDisk(path)
            try store.settle(MadeUp.lines(0..<2_500), last: 10, ProcessTests.questions)
            let right = try store.answers(ProcessTests.questions)
            func marks() throws -> [String] { try store.files("views").filter { $0.contains("unsynced-") } }
            var killed = 0
            for _ in 0..<3 {
                let before = try marks()
                let child = try RihlaChild(["rebuild", "--quiet", "--store", path])
                let deadline = Date(timeIntervalSinceNow: 5)
                while child.isRunning, deadline.timeIntervalSinceNow > 0 {
                    let isNew = try marks().contains { !before.contains($0) && !$0.hasSuffix(".complete") }
                    if isNew { break }
                }
                child.send(signal: SIGKILL)
                if child.end().signalled { killed += 1 }
            }
            #expect(killed > 0)
            #expect(try store.answers(ProcessTests.questions) == right)
            for number in 0..<2 {
                _ = try store.append([MadeUp.line(number, prefix: "late-")])
                _ = try store.answers(ProcessTests.questions)
            }
            #expect(try marks() == [])
            #expect(try store.run(["rebuild", "--verify"]).status == 0)
        }
    }

    // After a crash of the machine views that were not synced are made anew. Several processes that opened them at once
    // removed the directory under each other: "rmdir: Directory not empty" instead of an answer.
    @Test func `processes that open torn views at once all answer`() async throws {
        try await withScratchDirectory { path in
            let store = StoreOnDisk(path)
            try store.settle(MadeUp.lines(0..<300), last: 10, ProcessTests.questions)
            let right = try store.answers(ProcessTests.questions)
            for round in 0..<2 {
                for file in try store.dataFiles("views") {
                    let mark = (path + "/" + file as NSString).deletingLastPathComponent + "/unsynced-0.complete"
                    try Data("another start of the machine".utf8).write(to: URL(filePath: mark))
                }
                let children = try (0..<8).map { number in
                    let words = ProcessTests.questions[number % 3] + ["--format", "json", "--quiet"]
                    return try RihlaChild(words + ["--store", path])
                }
                for (number, child) in children.enumerated() {
                    let result = child.end()
                    #expect(result.status == 0, "round \(round): \(result.err)")
                    if result.status == 0 { #expect(try StoreOnDisk.bare(result.out) == right[number % 3]) }
                }
            }
        }
    }
}
