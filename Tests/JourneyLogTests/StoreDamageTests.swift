// Promises 17 and 22 for the log: what was changed is found and named, and a store directory that is damaged, foreign or
// older than what was acknowledged gives an error that says so.
import Foundation
import JourneyEvents
import JourneyLog
import LMDB
import Platform
import TestSupport
import Testing

/// A store with several commits, new names in each, and an index; closed.
func makeStore(_ path: String, commits: Int = 12, perCommit: Int = 40) async throws {
    let log = try EventLog(at: path, create: true)
    for commit in 0..<commits {
        let events = (0..<perCommit).map { index in
            event(
                "\(commit)-\(index)",
                at: Int64(commit * 1_000 + index),
                customer: "customer_id:\(commit)-\(index % 7)",
                deal: index % 9 == 0 ? "deal-\(commit)" : nil,
                properties: [.init(key: "note", json: "\"\(String(repeating: "x", count: 60))\"")]
            )
        }
        _ = try await log.append(request(events))
    }
    try log.close()
}

/// The findings of a store, also when it cannot be opened.
func findings(_ path: String) throws -> [VerifyReport.Finding] {
    do {
        let log = try EventLog(at: path, create: false)
        let report = try log.verify()
        try log.close()
        return report.findings
    } catch is RihlaError {
        return try EventLog.examine(at: path).findings
    }
}

/// Changes values of the log's tables through LMDB.
private func tamper(_ path: String, _ body: (borrowing WriteTransaction, Table, Table) throws -> Void) throws {
    var options = Environment.Options()
    options.integerKeyTables = ["blocks", "symbols"]
    options.byteKeyTables = ["meta"]
    let environment = try Environment.open(at: path + "/log", options: options)
    defer { environment.close() }
    let (blocks, symbols) = (try environment.table("blocks"), try environment.table("symbols"))
    try environment.write { txn in try body(txn, blocks, symbols) }
}

/// A value with its checksum made right again, as someone who knows the format would leave it.
private func resealed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    storeLittleEndian(Checksum.crc32c(bytes.span.extracting(4..<bytes.count)), at: 0, in: &bytes)
    return bytes
}

extension WriteTransaction {
    fileprivate borrowing func bytes(_ key: UInt64, _ table: Table) throws -> [UInt8] {
        guard let value = try value(for: key, in: table) else { return [] }
        return copyBytes(value, 0..<value.count)
    }
}

@Suite struct StoreDamageTests {
    @Test func `a sound store has no findings`() async throws {
        try await withScratchDirectory { path in
            try await makeStore(path)
            #expect(try findings(path) == [])
        }
    }

    @Test(arguments: ["changed", "changed and resealed", "removed", "reordered", "duplicated"])
    func `promise 17: a block that was tampered with is found and its position named`(how: String) async throws {
        try await withScratchDirectory { path in
            try await makeStore(path)
            try tamper(path) { txn, blocks, _ in
                var bytes = try txn.bytes(201, blocks)
                #expect(!bytes.isEmpty)
                switch how {
                case "changed":
                    bytes[100] ^= 1
                    try txn.put(bytes.span, for: 201, in: blocks)
                case "changed and resealed":
                    bytes[75] ^= 1
                    try txn.put(resealed(bytes).span, for: 201, in: blocks)
                case "removed": _ = try txn.delete(201, in: blocks)
                case "reordered":
                    var other = try txn.bytes(241, blocks)
                    storeLittleEndian(UInt64(241), at: 8, in: &bytes)
                    storeLittleEndian(UInt64(201), at: 8, in: &other)
                    try txn.put(resealed(bytes).span, for: 241, in: blocks)
                    try txn.put(resealed(other).span, for: 201, in: blocks)
                default:
                    storeLittleEndian(UInt64(481), at: 8, in: &bytes)
                    try txn.put(resealed(bytes).span, for: 481, in: blocks)
                }
            }
            let found = try findings(path)
            if how == "duplicated" {
                // It lies behind the head, where no reader looks; the chain ends before it.
                #expect(found == [])
            } else {
                let first = try #require(found.first)
                #expect([201, 241].contains(first.position?.rawValue), "\(found)")
            }
        }
    }

    @Test(arguments: ["text", "text and checksum", "removed", "swapped"])
    func `promise 17: symbols are covered by the chain`(how: String) async throws {
        try await withScratchDirectory { path in
            try await makeStore(path)
            // The chunks of customers of the third and fourth commit.
            let (third, fourth) = (UInt64(1) << 40 | 15, UInt64(1) << 40 | 22)
            try tamper(path) { txn, _, symbols in
                var bytes = try txn.bytes(third, symbols)
                let other = try txn.bytes(fourth, symbols)
                #expect(!bytes.isEmpty && !other.isEmpty)
                bytes[bytes.count - 1] ^= 1
                switch how {
                case "text": try txn.put(bytes.span, for: third, in: symbols)
                case "text and checksum": try txn.put(resealed(bytes).span, for: third, in: symbols)
                case "removed": _ = try txn.delete(third, in: symbols)
                default:
                    bytes[bytes.count - 1] ^= 1
                    try txn.put(bytes.span, for: fourth, in: symbols)
                    try txn.put(other.span, for: third, in: symbols)
                }
            }
            let found = try findings(path)
            #expect(found.contains { $0.kind == "symbols" && $0.position == Position(81) }, "\(found)")
        }
    }

    @Test func `promise 17: a log without its head is found`() async throws {
        try await withScratchDirectory { path in
            try await makeStore(path)
            var options = Environment.Options()
            options.byteKeyTables = ["meta"]
            let environment = try Environment.open(at: path + "/log", options: options)
            let meta = try environment.table("meta")
            let isDeleted = try environment.write { txn in try txn.delete(Array("head".utf8).span, in: meta) }
            environment.close()
            try #require(isDeleted)
            #expect(try findings(path).contains { $0.kind == "head" })
        }
    }

    @Test func `promise 17: a flipped bit in the file is found wherever a reader depends on it`() async throws {
        var random = SplitMix.fresh()
        try await withScratchDirectory { path in
            try await makeStore(path, commits: 20, perCommit: 40)
            let file = path + "/log/data.mdb"
            let sound = try FileSystem.read(file)
            let expected = try events(path)
            var found = 0
            for _ in 0..<200 {
                var bytes = sound
                let at = Int.random(in: 0..<bytes.count, using: &random)
                bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &random)
                try Data(bytes).write(to: URL(fileURLWithPath: file))
                if try !findings(path).isEmpty {
                    found += 1
                } else {
                    // Free pages and slack: nothing that anybody reads has changed.
                    #expect(try events(path) == expected, "byte \(at), seed \(random.seed)")
                }
            }
            #expect(found > 40, "seed \(random.seed)")
        }
    }

    private func events(_ path: String) throws -> [Event] {
        let log = try EventLog(at: path, create: false)
        defer { try? log.close() }
        return try log.allEvents()
    }

    @Test func `every byte of a block and of a chunk of symbols is covered`() async throws {
        try await withScratchDirectory { path in
            try await makeStore(path, commits: 2, perCommit: 4)
            var options = Environment.Options()
            options.integerKeyTables = ["blocks", "symbols"]
            let environment = try Environment.open(at: path + "/log", options: options)
            let log = try EventLog(at: path, create: false)
            for (name, key) in [("blocks", UInt64(1)), ("symbols", UInt64(1) << 40 | 1)] {
                let table = try environment.table(name)
                let sound = try environment.write { txn in try txn.bytes(key, table) }
                for index in sound.indices {
                    var bytes = sound
                    bytes[index] ^= 0x10
                    try environment.write { txn in try txn.put(bytes.span, for: key, in: table) }
                    #expect(try !log.verify().findings.isEmpty, "\(name), byte \(index)")
                }
                try environment.write { txn in try txn.put(sound.span, for: key, in: table) }
            }
            #expect(try log.verify().findings.isEmpty)
            try log.close()
            environment.close()
        }
    }

    @Test func `a log that is older than HEAD is a shortened history`() async throws {
        try await withScratchDirectory { path in
            try await makeStore(path, commits: 2)
            let old = try FileSystem.read(path + "/log/data.mdb")
            var log = try EventLog(at: path, create: false)
            _ = try await log.append(request([event("later")]))
            try log.close()
            try FileSystem.writeAtomically(old, to: path + "/log/data.mdb")
            let error = #expect(throws: RihlaError.self) { _ = try EventLog(at: path, create: false) }
            #expect(error?.code == .shortened)
            #expect(error?.message.contains("81") == true)
            // Whoever deletes HEAD accepts the loss, and is told.
            try FileSystem.remove(path + "/HEAD")
            log = try EventLog(at: path, create: false)
            #expect(log.head.position == Position(80))
            #expect(!log.notices.isEmpty)
            try log.close()
        }
    }

    @Test func `HEAD behind the log is what a crash leaves, HEAD off its chain is not`() async throws {
        try await withScratchDirectory { path in
            try await makeStore(path, commits: 2)
            let behind = try FileSystem.read(path + "/HEAD")
            let log = try EventLog(at: path, create: false)
            _ = try await log.append(request([event("later")]))
            try log.close()
            try FileSystem.writeAtomically(behind, to: path + "/HEAD")
            #expect(try findings(path) == [])
            try await makeStore(path + "-other", commits: 1)
            defer { try? FileSystem.remove(path + "-other") }
            try FileSystem.writeAtomically(try FileSystem.read(path + "-other/HEAD"), to: path + "/HEAD")
            let error = #expect(throws: RihlaError.self) { _ = try EventLog(at: path, create: false) }
            #expect(error?.code == .damaged)
            #expect(error?.message.contains("another store") == true)
        }
    }

    @Test func `a torn HEAD is a notice, and the next commit mends it`() async throws {
        try await withScratchDirectory { path in
            try await makeStore(path, commits: 1)
            var torn = try FileSystem.read(path + "/HEAD")
            torn[30] ^= 0xFF
            try FileSystem.writeAtomically(torn, to: path + "/HEAD")
            let log = try EventLog(at: path, create: false)
            #expect(log.notices.count == 1)
            _ = try await log.append(request([event("next")]))
            try log.close()
            #expect(try findings(path) == [])
        }
    }

    @Test(arguments: [
        ("newer", RihlaError.Code.newerFormat), ("older", .olderFormat), ("torn", .damaged), ("foreign", .notAStore),
        ("file", .notAStore), ("absent", .noStore),
        ("other files", .notAStore), ("no log", .damaged), ("log is text", .damaged), ("log is empty", .damaged),
        ("log is cut", .damaged),
    ])
    func `promise 22: a directory that is no sound store says what is wrong`(what: String, code: RihlaError.Code)
        async throws
    {
        try await withScratchDirectory { path in
            if !["file", "absent", "other files"].contains(what) { try await makeStore(path, commits: 3) }
            let data = path + "/log/data.mdb"
            switch what {
            case "newer": try FileSystem.writeAtomically(Array("rihla store format 3\n".utf8), to: path + "/FORMAT")
            case "older": try FileSystem.writeAtomically(Array("rihla store format 1\n".utf8), to: path + "/FORMAT")
            case "torn": try FileSystem.writeAtomically(Array("rihla store format 2*".utf8), to: path + "/FORMAT")
            case "foreign": try FileSystem.writeAtomically(Array("something else".utf8), to: path + "/FORMAT")
            case "file": try FileSystem.writeAtomically([1], to: path)
            case "other files":
                try FileSystem.makeDirectory(path)
                try FileSystem.writeAtomically([1], to: path + "/readme")
            case "no log": try FileSystem.remove(path + "/log")
            case "log is text": try FileSystem.writeAtomically([UInt8](repeating: 65, count: 50_000), to: data)
            case "log is empty": try FileSystem.writeAtomically([], to: data)
            case "log is cut":
                try FileSystem.writeAtomically(Array(try FileSystem.read(data).dropLast(5_000)), to: data)
            default: break
            }
            let error = #expect(throws: RihlaError.self) { _ = try EventLog(at: path, create: false) }
            #expect(error?.code == code)
            #expect(error?.message.contains(path) == true)
        }
    }

    @Test func `making a store goes on where a crash stopped it`() async throws {
        try await withScratchDirectory { path in
            for name in ["", "/log", "/views"] { try FileSystem.makeDirectory(path + name) }
            let log = try EventLog(at: path, create: true)
            _ = try await log.append(request([event("a")]))
            try log.close()
            #expect(try findings(path) == [])
        }
    }

    @Test(arguments: ["gone", "zeroed", "bit"])
    func `a damaged index is made anew from the log`(how: String) async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            let sent = (0..<9_000).map { event("\($0)", at: Int64($0), customer: "customer_id:\($0 % 50)") }
            _ = try await log.append(request(sent))
            try log.close()
            let data = path + "/index/data.mdb"
            var bytes = try FileSystem.read(data)
            switch how {
            case "gone": try FileSystem.remove(path + "/index")
            case "zeroed": try FileSystem.writeAtomically([UInt8](repeating: 0, count: bytes.count), to: data)
            default:
                // Within the largest value: the columns. Verification sees it, and says what to do.
                let at = try #require(bytes.indices.dropFirst(40_000).first { bytes[$0] != 0 })
                bytes[at] ^= 1
                try FileSystem.writeAtomically(bytes, to: data)
                #expect(try findings(path).allSatisfy { $0.kind == "index" || $0.kind == "page" })
                try FileSystem.remove(path + "/index")
            }
            let again = try EventLog(at: path, create: false)
            #expect(try again.verify().findings == [])
            let outcomes = try await again.append(request(Array(sent.prefix(10)), onConflict: .skip))
            #expect(outcomes.enumerated().allSatisfy { $1.isDuplicate(of: UInt64($0 + 1)) })
            try again.close()
        }
    }
}
