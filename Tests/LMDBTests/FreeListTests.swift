// One bit in the list of free pages, and the next append overwrote pages in use: of 340 flips 262 lost old events, 181 of them
// after an ingest that said it had gone well.
import Foundation
import LMDB
import Platform
import TestSupport
import Testing

@Suite struct FreeListTests {
    private static let count: UInt64 = 200

    private func value(_ key: UInt64) -> [UInt8] { [UInt8](repeating: UInt8(truncatingIfNeeded: key), count: 3_000) }

    /// An environment of which every third value was deleted, so that it has free pages, in several lists.
    private func sample(_ path: String) throws -> [UInt8] {
        let environment = try Environment.open(at: path, options: testOptions())
        let table = try environment.table("numbers")
        try environment.write { txn in
            for key in 1...FreeListTests.count { try txn.put(value(key).span, for: key, in: table) }
        }
        for part in 0..<4 as Range<UInt64> {
            try environment.write { txn in
                for key in 1...FreeListTests.count where key % 12 == part * 3 { _ = try txn.delete(key, in: table) }
            }
        }
        environment.close()
        return try FileSystem.read(path + "/data.mdb")
    }

    /// The places of the lists on the leaf that is the root of their tree: a transaction's number, the length, pages.
    private func lists(_ bytes: [UInt8]) throws -> [[Int]] {
        func word(_ at: Int) -> Int { Int(loadLittleEndian(bytes.span, at: at, as: UInt64.self)) }
        func half(_ at: Int) -> Int { Int(loadLittleEndian(bytes.span, at: at, as: UInt16.self)) }
        let meta = word(144) >= word(4_096 + 144) ? 0 : 4_096
        let page = word(meta + 40 + 40) * 4_096
        try #require(half(page + 10) == 2)
        return stride(from: 16, to: half(page + 12), by: 2).map { slot in
            let key = page + half(page + slot) + 8
            return (0..<word(key + 8) + 2).map { key + $0 * 8 }
        }
    }

    @Test func `a wrong bit in a list of free pages stops the writer before it overwrites a page in use`() async throws
    {
        var random = SplitMix.fresh()
        try await withDirectory { path in
            let sound = try sample(path)
            let places = try lists(sound).flatMap { $0 }
            var refused = 0
            for round in 0..<120 {
                let copy = path + "/copy"
                try FileSystem.remove(copy)
                try FileSystem.makeDirectory(copy)
                var bytes = sound
                // Low bytes of numbers most of all: the wrong page is in the file then.
                let place = places.randomElement(using: &random) ?? 0
                let at = place + (round % 3 == 0 ? Int.random(in: 1...7, using: &random) : 0)
                bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &random)
                try FileSystem.writeAtomically(bytes, to: copy + "/data.mdb")
                do {
                    let environment = try Environment.open(at: copy, options: testOptions(create: false))
                    defer { environment.close() }
                    do {
                        for key in 1_000..<1_040 as Range<UInt64> { try environment.put(value(key), key) }
                    } catch is FileCheckError {
                        refused += 1
                        // Not the second time either, and reading goes on.
                        #expect(throws: FileCheckError.self) { try environment.put([1], 1) }
                    }
                    for key in 1...FreeListTests.count where key % 3 != 0 {
                        let read = try environment.get(key)
                        try #require(read == value(key), "seed \(random.seed): key \(key), byte \(at)")
                    }
                } catch is FileCheckError {
                    refused += 1
                }
            }
            #expect(refused > 60, "seed \(random.seed)")
        }
    }

    // LMDB never ended when it met pages that the transaction 0 had freed: it takes that number for none.
    @Test(arguments: [true, false]) func `pages that no transaction can have freed are found`(isFirst: Bool)
        async throws
    {
        try await withDirectory { path in
            var bytes = try sample(path)
            let lists = try lists(bytes)
            if isFirst, let first = lists.first { bytes[first[0]] = 0 }
            if !isFirst, let last = lists.last { bytes[last[0] + 4] = 1 }
            try FileSystem.writeAtomically(bytes, to: path + "/data.mdb")
            let environment = try Environment.open(at: path, options: testOptions(create: false))
            #expect(throws: FileCheckError.self) { try environment.put([1], 1) }
            environment.close()
        }
    }

    @Test func `a table that is missing is not made in a damaged file`() async throws {
        try await withDirectory { path in
            var bytes = try sample(path)
            let list = try #require(try lists(bytes).last)
            bytes[list[2]] ^= 1
            try FileSystem.writeAtomically(bytes, to: path + "/data.mdb")
            var options = testOptions(create: false)
            options.byteKeyTables.append("new")
            #expect(throws: FileCheckError.self) { _ = try Environment.open(at: path, options: options) }
        }
    }

    @Test(arguments: [1, 2]) func `a writer goes on after its first commit, however often it opens`(rounds: Int)
        async throws
    {
        try await withDirectory { path in
            _ = try sample(path)
            for round in 0..<rounds {
                let environment = try Environment.open(at: path, options: testOptions(create: false))
                for key in 1_000..<1_100 as Range<UInt64> { try environment.put(value(key + UInt64(round)), key) }
                environment.close()
                #expect(try FileCheck.walk(dataFile: path + "/data.mdb") == [])
            }
        }
    }
}
