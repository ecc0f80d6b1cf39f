// LMDB ends the process when it meets a damaged page. A file that passes the check at open must not do that: hundreds of
// damaged files are opened and read here, in this process.
import Foundation
import LMDB
import Platform
import TestSupport
import Testing

@Suite struct FileCheckTests {
    enum Damage: CaseIterable { case bit, headerBit, metaBit, zeroed, swapped, truncated, appended }

    /// A data file with branch, leaf, overflow and free pages.
    private func sample(_ path: String) throws -> [UInt8] {
        let environment = try Environment.open(at: path, options: testOptions())
        let (numbers, texts) = (try environment.table("numbers"), try environment.table("texts"))
        for round in 0..<4 {
            try environment.write { txn in
                for key in 0..<120 as Range<UInt64> {
                    let size = key % 3 == 0 ? 6_000 : 40
                    try txn.put([UInt8](repeating: UInt8(round), count: size).span, for: key + 1, in: numbers)
                    try txn.put([1, 2].span, for: Array("text-\(key)-\(round)".utf8).span, in: texts)
                }
            }
        }
        try environment.write { txn in
            for key in 30..<60 as Range<UInt64> { _ = try txn.delete(key, in: numbers) }
        }
        environment.close()
        return try FileSystem.read(path + "/data.mdb")
    }

    private func damaged(_ bytes: [UInt8], _ damage: Damage, _ random: inout SplitMix) -> [UInt8] {
        var bytes = bytes
        let pages = bytes.count / 4_096
        let page = Int.random(in: 2..<pages, using: &random)
        switch damage {
        case .bit:
            bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case .headerBit:
            bytes[page * 4_096 + Int.random(in: 0..<48, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case .metaBit:
            let at = Int.random(in: 0...1, using: &random) * 4_096 + Int.random(in: 0..<152, using: &random)
            bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case .zeroed: for at in page * 4_096..<(page + 1) * 4_096 { bytes[at] = 0 }
        case .swapped:
            let other = Int.random(in: 2..<pages, using: &random)
            for at in 0..<4_096 { bytes.swapAt(page * 4_096 + at, other * 4_096 + at) }
        case .truncated: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
        case .appended: bytes += [UInt8](repeating: 0xA5, count: Int.random(in: 1...9_000, using: &random))
        }
        return bytes
    }

    @Test func `a sound file has no findings`() async throws {
        try await withDirectory { path in
            _ = try sample(path)
            #expect(try FileCheck.walk(dataFile: path + "/data.mdb") == [])
        }
    }

    @Test(arguments: Damage.allCases)
    func `no damaged file ends the process, neither in the walk nor when it is read`(damage: Damage) async throws {
        var random = SplitMix.fresh()
        try await withDirectory { path in
            let sound = try sample(path)
            var found = 0
            for _ in 0..<60 {
                let copy = path + "/damaged"
                try FileSystem.remove(copy)
                try FileSystem.makeDirectory(copy)
                let bytes = damaged(sound, damage, &random)
                try Data(bytes).write(to: URL(fileURLWithPath: copy + "/data.mdb"))
                if (try? FileCheck.walk(dataFile: copy + "/data.mdb"))?.isEmpty != true { found += 1 }
                do {
                    let environment = try Environment.open(at: copy, options: testOptions(create: false))
                    defer { environment.close() }
                    for name in ["numbers", "texts"] {
                        let table = try environment.table(name)
                        try environment.read { txn in
                            var cursor = try txn.cursor(in: table)
                            var more = try cursor.first()
                            var sum: UInt32 = 0
                            while more {
                                sum = Checksum.crc32c(cursor.value, seed: sum)
                                more = try cursor.next()
                            }
                        }
                    }
                } catch {
                    // Refused with an error: as good as read.
                    #expect(error is FileCheckError || error is LMDBError, "\(error)")
                }
            }
            if damage == .zeroed || damage == .truncated {
                #expect(found > 0, "seed \(random.seed)")
            }
        }
    }

    /// Has an environment end before its last page: LMDB takes pages at the end of the file and gives them back in the same
    /// transaction, and does not write them.
    private func shortSample(_ path: String) throws {
        let environment = try Environment.open(at: path, options: testOptions())
        let numbers = try environment.table("numbers")
        try environment.write { txn in
            for key in 1...40 as ClosedRange<UInt64> {
                try txn.put([UInt8](repeating: 1, count: 9_000).span, for: key, in: numbers)
            }
        }
        try environment.write { txn in
            for key in 100...4_000 as ClosedRange<UInt64> {
                try txn.put([UInt8](repeating: 2, count: 60).span, for: key, in: numbers)
            }
            for key in (100...4_000 as ClosedRange<UInt64>).reversed() { _ = try txn.delete(key, in: numbers) }
        }
        environment.close()
    }

    private func newestMeta(_ bytes: [UInt8]) -> Int {
        let first = loadLittleEndian(bytes.span, at: 144, as: UInt64.self)
        return loadLittleEndian(bytes.span, at: 4_096 + 144, as: UInt64.self) > first ? 4_096 : 0
    }

    // Three imports of 700,000 events left the index one page short: `verify` called it damaged, the next open dropped it.
    @Test func `a sound file that ends before its last page has no findings`() async throws {
        try await withDirectory { path in
            try shortSample(path)
            let bytes = try FileSystem.read(path + "/data.mdb")
            let last = loadLittleEndian(bytes.span, at: newestMeta(bytes) + 136, as: UInt64.self)
            try #require(bytes.count < (Int(last) + 1) * 4_096)
            #expect(try FileCheck.walk(dataFile: path + "/data.mdb").isEmpty)
            for depth in [FileCheck.Depth.trees, .values, .complete] {
                try FileCheck.check(dataFile: path + "/data.mdb", depth: depth)
            }
            let environment = try Environment.open(at: path, options: testOptions(create: false))
            #expect(try environment.get(40)?.count == 9_000)
            try environment.put([3], 41)
            environment.close()
        }
    }

    // What LMDB reads beyond the end of its file ends the process, however long that file is.
    @Test(arguments: [Int64.max, 0], [1, 4_096, 4_097, 20_000])
    func `a file that is cut off inside of what it reaches is found at every open`(largest: Int64, cut: Int)
        async throws
    {
        try await withDirectory { path in
            let environment = try Environment.open(at: path, options: testOptions())
            // One large value, whose pages are the last ones of the file: its own leaf says nothing of the cut.
            try environment.put([1], 1)
            try environment.put([UInt8](repeating: 1, count: 400_000), 2)
            environment.close()
            var bytes = try FileSystem.read(path + "/data.mdb")
            // What follows the last value: a page of a tree and of the list of free pages at most.
            let end = try #require(bytes.lastRange(of: [UInt8](repeating: 1, count: 400), before: bytes.count))
                .upperBound
            bytes.removeLast(bytes.count - end + cut)
            try FileSystem.writeAtomically(bytes, to: path + "/data.mdb")
            var options = testOptions(create: false)
            options.check = .trees
            #expect(throws: FileCheckError.self) { _ = try Environment.open(at: path, options: options) }
        }
    }

    // Files above 8 MiB were passed over.
    @Test func `damage of a large file is found when it is opened`() async throws {
        try await withDirectory { path in
            let environment = try Environment.open(at: path, options: testOptions())
            let texts = try environment.table("texts")
            try environment.write { txn in
                for key in 0..<10_000 {
                    try txn.put([UInt8](repeating: 1, count: 900).span, for: Array("key-\(key)".utf8).span, in: texts)
                }
            }
            environment.close()
            let pages = FileSystem.size(of: path + "/data.mdb") / 4_096
            try #require(pages > 2_048)
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path + "/data.mdb"))
            // A leaf in the middle that holds entries now.
            try file.seek(toOffset: UInt64(pages / 2 * 4_096 + 10))
            try file.write(contentsOf: [0x40])
            try file.close()
            let error = #expect(throws: FileCheckError.self) {
                _ = try Environment.open(at: path, options: testOptions(create: false))
            }
            #expect(error?.offset == pages / 2 * 4_096)
        }
    }

    // A key of a branch that is another one leads to the wrong leaf: what is there is not found.
    @Test(arguments: ["numbers", "texts"]) func `a wrong key of a branch is found`(name: String) async throws {
        try await withDirectory { path in
            _ = try sample(path)
            var bytes = try FileSystem.read(path + "/data.mdb")
            let table = try #require(bytes.lastRange(of: Array(name.utf8), before: newestMain(bytes) + 4_096))
            let root = Int(loadLittleEndian(bytes.span, at: table.upperBound + 40, as: UInt64.self)) * 4_096
            try #require(loadLittleEndian(bytes.span, at: root + 10, as: UInt16.self) == 1)
            // Its second entry: the first one's key says nothing.
            let key = root + Int(loadLittleEndian(bytes.span, at: root + 18, as: UInt16.self)) + 8
            bytes[key] ^= 0x40
            try FileSystem.writeAtomically(bytes, to: path + "/data.mdb")
            #expect(try FileCheck.walk(dataFile: path + "/data.mdb").count == 1)
        }
    }

    private func newestMain(_ bytes: [UInt8]) -> Int {
        Int(loadLittleEndian(bytes.span, at: newestMeta(bytes) + 128, as: UInt64.self)) * 4_096
    }

    @Test func `damage of a tree's page is found with its offset, once`() async throws {
        try await withDirectory { path in
            var bytes = try sample(path)
            // The newest meta page leads to the root of the main tree; its page number is made another.
            let meta = loadLittleEndian(bytes.span, at: 144, as: UInt64.self)
            let other = loadLittleEndian(bytes.span, at: 4_096 + 144, as: UInt64.self)
            let root = loadLittleEndian(bytes.span, at: (meta > other ? 0 : 4_096) + 128, as: UInt64.self)
            bytes[Int(root) * 4_096 + 12] ^= 0xFF
            try FileSystem.writeAtomically(bytes, to: path + "/data.mdb")
            let findings = try FileCheck.walk(dataFile: path + "/data.mdb")
            #expect(findings.map(\.offset) == [root * 4_096])
        }
    }
}

extension [UInt8] {
    /// Where some bytes stand for the last time before an offset.
    fileprivate func lastRange(of part: [UInt8], before end: Int) -> Range<Int>? {
        self[..<end].ranges(of: part).last
    }
}
