// What an environment promises: transactions that are whole, one LMDB environment a process and file, clean errors.
import Foundation
import LMDB
import Platform
import TestSupport
import Testing

/// Options with one table of number keys and one of byte keys.
func testOptions(create: Bool = true, mapSize: Int? = nil) -> Environment.Options {
    var options = Environment.Options()
    options.create = create
    options.mapSize = mapSize
    options.integerKeyTables = ["numbers"]
    options.byteKeyTables = ["texts"]
    return options
}

/// Runs `body` with an existing empty directory.
func withDirectory<R>(_ body: (String) async throws -> R) async throws -> R {
    try await withScratchDirectory { path in
        try FileSystem.makeDirectory(path)
        return try await body(path)
    }
}

private struct Stop: Error {}

extension ReadTransaction {
    borrowing func first(_ key: UInt64, _ table: Table) throws -> UInt8? {
        guard let value = try value(for: key, in: table) else { return nil }
        return value[0]
    }
}

extension Environment {
    func put(_ value: [UInt8], _ key: UInt64) throws {
        let table = try table("numbers")
        try write { txn in try txn.put(value.span, for: key, in: table) }
    }

    func get(_ key: UInt64) throws -> [UInt8]? {
        let table = try table("numbers")
        return try read { txn in
            guard let value = try txn.value(for: key, in: table) else { return nil }
            return copyBytes(value, 0..<value.count)
        }
    }
}

@Suite struct EnvironmentTests {
    @Test func `what a transaction wrote is there after a reopen`() async throws {
        try await withDirectory { path in
            var environment = try Environment.open(at: path, options: testOptions())
            try environment.put([1, 2, 3], 7)
            environment.close()
            environment = try Environment.open(at: path, options: testOptions(create: false))
            #expect(try environment.get(7) == [1, 2, 3])
            environment.close()
        }
    }

    @Test func `a transaction that throws leaves nothing and frees the lock`() async throws {
        try await withDirectory { path in
            let environment = try Environment.open(at: path, options: testOptions())
            let table = try environment.table("numbers")
            #expect(throws: Stop.self) {
                try environment.write { txn in
                    try txn.put([1].span, for: 1, in: table)
                    throw Stop()
                }
            }
            #expect(try environment.get(1) == nil)
            try environment.put([2], 1)
            #expect(try environment.get(1) == [2])
            environment.close()
        }
    }

    @Test func `a snapshot does not see a later commit`() async throws {
        try await withDirectory { path in
            let environment = try Environment.open(at: path, options: testOptions())
            let table = try environment.table("numbers")
            try environment.put([1], 1)
            try environment.read { txn in
                try environment.put([2], 1)
                let seen = try txn.first(1, table)
                #expect(seen == 1)
            }
            #expect(try environment.get(1) == [2])
            environment.close()
        }
    }

    @Test(arguments: ["symlink", "hard link", "other spelling"])
    func `a second open under another name shares the environment`(name: String) async throws {
        try await withDirectory { path in
            let first = try Environment.open(at: path, options: testOptions())
            let other = path + "-other"
            defer { try? FileManager.default.removeItem(atPath: other) }
            switch name {
            case "symlink": try FileManager.default.createSymbolicLink(atPath: other, withDestinationPath: path)
            case "hard link":
                try FileSystem.makeDirectory(other)
                try FileManager.default.linkItem(atPath: path + "/data.mdb", toPath: other + "/data.mdb")
            default: break
            }
            let second = try Environment.open(
                at: name == "other spelling" ? path + "/../" + (path as NSString).lastPathComponent : other,
                options: testOptions()
            )
            // Two LMDB environments would not see each other's readers: a page of this snapshot would be used anew.
            let table = try first.table("numbers")
            try first.put([1], 1)
            try first.read { txn in
                for round in 0..<50 { try second.put(Array(repeating: UInt8(round), count: 3_000), 1) }
                let seen = try txn.first(1, table)
                #expect(seen == 1)
            }
            second.close()
            #expect(try first.get(1)?.first == 49)
            first.close()
        }
    }

    @Test func `an environment that was closed refuses use and can be opened again while it is held`() async throws {
        try await withDirectory { path in
            let old = try Environment.open(at: path, options: testOptions())
            try old.put([1], 1)
            old.close()
            old.close()
            #expect(throws: LMDBError.self) { try old.get(1) }
            let new = try Environment.open(at: path, options: testOptions())
            try new.put([2], 1)
            #expect(throws: LMDBError.self) { try old.put([3], 1) }
            #expect(try new.get(1) == [2])
            new.close()
        }
    }

    @Test func `closing inside a transaction waits for its end`() async throws {
        try await withDirectory { path in
            let environment = try Environment.open(at: path, options: testOptions())
            let table = try environment.table("numbers")
            try environment.put([9], 1)
            try environment.read { txn in
                environment.close()
                let seen = try txn.first(1, table)
                #expect(seen == 9)
            }
            #expect(throws: LMDBError.self) { try environment.get(1) }
        }
    }

    @Test func `a full map is an error that says so, and the store stays usable`() async throws {
        try await withDirectory { path in
            let environment = try Environment.open(at: path, options: testOptions(mapSize: 1 << 20))
            var stored: UInt64 = 0
            let error = #expect(throws: LMDBError.self) {
                while stored < 1_000 {
                    try environment.put(Array(repeating: 1, count: 10_000), stored + 1)
                    stored += 1
                }
            }
            #expect(error?.code == LMDBError.mapFull.code)
            #expect(error?.description.contains("disk full") == true)
            #expect(stored > 10)
            #expect(try environment.get(stored)?.count == 10_000)
            #expect(try environment.get(stored + 1) == nil)
            let table = try environment.table("numbers")
            #expect(try environment.write { txn in try txn.delete(1, in: table) })
            environment.close()
            #expect(try FileCheck.walk(dataFile: path + "/data.mdb").isEmpty)
        }
    }

    @Test func `an environment for reading refuses writes, and writing cannot be had beside it`() async throws {
        try await withDirectory { path in
            let writable = try Environment.open(at: path, options: testOptions())
            try writable.put([1], 1)
            writable.close()
            var options = testOptions(create: false)
            options.readOnly = true
            let reader = try Environment.open(at: path, options: options)
            #expect(try reader.get(1) == [1])
            #expect(throws: LMDBError.self) { try reader.put([2], 1) }
            #expect(throws: LMDBError.self) { _ = try Environment.open(at: path, options: testOptions()) }
            reader.close()
            let again = try Environment.open(at: path, options: testOptions())
            try again.put([3], 1)
            again.close()
        }
    }

    @Test(arguments: ["missing", "empty", "text"])
    func `a file that is not LMDB's is refused`(kind: String) async throws {
        try await withDirectory { path in
            let data = path + "/data.mdb"
            if kind == "empty" { try Data().write(to: URL(fileURLWithPath: data)) }
            if kind == "text" { try Data(repeating: 65, count: 20_000).write(to: URL(fileURLWithPath: data)) }
            #expect(throws: (any Error).self) {
                _ = try Environment.open(at: path, options: testOptions(create: false))
            }
        }
    }

    // A full disk while a view was made: 16 of 123 tries ended by SIGBUS and blamed the files. LMDB's lock file was a hole, of
    // which pages were taken when they were written to.
    @Test(arguments: [false, true]) func `the lock file has no holes that a full disk could not fill`(isOld: Bool)
        async throws
    {
        try await withDirectory { path in
            let lock = path + "/lock.mdb"
            if isOld {
                try Data().write(to: URL(fileURLWithPath: lock))
                try #require(truncate(lock, 65_664) == 0)
            }
            let environment = try Environment.open(at: path, options: testOptions())
            #expect(FileSystem.size(of: lock) == 65_664)
            #expect(FileSystem.allocatedBytes(of: lock) >= 65_664)
            environment.close()
        }
    }

    @Test(arguments: ["data.mdb", "lock.mdb"], [false, true])
    func `a file that is a symbolic link is refused`(name: String, isDangling: Bool) async throws {
        try await withDirectory { path in
            let environment = try Environment.open(at: path, options: testOptions())
            environment.close()
            let foreign = path + "/foreign"
            try FileSystem.rename(path + "/" + name, to: foreign)
            if isDangling { try FileSystem.remove(foreign) }
            try FileManager.default.createSymbolicLink(atPath: path + "/" + name, withDestinationPath: foreign)
            let error = #expect(throws: FileError.self) {
                _ = try Environment.open(at: path, options: testOptions())
            }
            #expect(error?.errno == ELOOP)
            #expect(FileSystem.exists(foreign) != isDangling)
        }
    }

    @Test func `files are for the owner alone, whatever the umask`() async throws {
        try await withDirectory { path in
            let environment = try Environment.open(at: path, options: testOptions())
            for name in ["/data.mdb", "/lock.mdb", ""] {
                let mode = try FileManager.default.attributesOfItem(atPath: path + name)[.posixPermissions] as? Int
                #expect(mode == (name.isEmpty ? 0o700 : 0o600))
            }
            environment.close()
        }
    }

    @Test func `a copy is whole and passes the walk`() async throws {
        try await withDirectory { path in
            let environment = try Environment.open(at: path, options: testOptions())
            for key in 1...200 as ClosedRange<UInt64> { try environment.put(Array(repeating: 7, count: 5_000), key) }
            let copy = path + "/copy"
            try FileSystem.makeDirectory(copy)
            try environment.copy(to: copy, compact: true)
            environment.close()
            #expect(try FileCheck.walk(dataFile: copy + "/data.mdb").isEmpty)
            let copied = try Environment.open(at: copy, options: testOptions(create: false))
            #expect(try copied.get(200)?.count == 5_000)
            copied.close()
        }
    }

    @Test func `many readers at once and two writers keep their order`() async throws {
        try await withDirectory { path in
            let environment = try Environment.open(at: path, options: testOptions())
            try environment.put([0], 1)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for round in 0..<40 {
                            if task < 2 { try environment.put([UInt8(round)], UInt64(task + 1)) }
                            #expect(try environment.get(1) != nil)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try environment.get(2) == [39])
            environment.close()
        }
    }
}
