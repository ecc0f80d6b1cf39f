// A view's row with one flipped bit made wrong answers with exit 0, or ended the process; flipped keys hid journeys and names.
// LMDB has no checksums, so values bring their own, which cover table and key as well.
import Foundation
import LMDB
import Platform
import TestSupport
import Testing

private func checkedOptions(checksums: Bool = true) -> Environment.Options {
    var options = testOptions()
    options.checksums = checksums
    options.byteKeyTables = ["texts", "other"]
    return options
}

@Suite struct StoredValueTests {
    /// What happened to the value of the key `key-e`.
    enum Damage: CaseIterable { case value, key, sum, otherKey, otherTable }

    private static let sizes = [0, 1, 3, 4, 5, 100, 2_000, 5_000, 100_000]

    private func value(_ key: String, _ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ key.utf8.reduce(0) { $0 &* 31 &+ Int($1) }) }
    }

    @Test(arguments: sizes) func `values come back as they were put, without their checksums`(size: Int) async throws {
        try await withDirectory { path in
            let environment = try Environment.open(at: path, options: checkedOptions())
            let (numbers, texts) = (try environment.table("numbers"), try environment.table("texts"))
            try environment.write { txn in
                try txn.put(value("old", size).span, for: Array("a".utf8).span, in: texts)
                try txn.put(value("a", size).span, for: Array("a".utf8).span, in: texts)
                try txn.put(value("1", size).span, for: 1, in: numbers)
                try txn.put(value("2", size).span, for: 2, in: numbers, append: true)
                var cursor = try txn.cursor(in: numbers)
                try cursor.append(value("3", size).span, for: 3)
                let two = copied(try txn.value(for: 2, in: numbers))
                #expect(two == value("2", size))
            }
            try environment.read { txn in
                let text = copied(try txn.value(for: Array("a".utf8).span, in: texts))
                #expect(text == value("a", size))
                var cursor = try txn.cursor(in: numbers)
                var seen: [[UInt8]] = []
                var more = try cursor.first()
                while more {
                    seen.append(copied(cursor.value) ?? [])
                    more = try cursor.next()
                }
                #expect(seen == [value("1", size), value("2", size), value("3", size)])
                for (move, key) in [(Move.last, "3"), (.previous, "2"), (.number(3), "3")] {
                    let outcome = outcome(of: move, &cursor)
                    let shown = copied(cursor.value)
                    #expect(outcome == .sound)
                    #expect(shown == value(key, size))
                }
                let checked = try txn.checkValues(of: numbers) { _ in Issue.record("a sound value is reported") }
                #expect(checked == 3)
            }
            environment.close()
        }
    }

    @Test(arguments: Damage.allCases, [40, 6_000])
    func `a value that is not what was put under its key is never shown`(damage: Damage, size: Int) async throws {
        try await withDirectory { path in
            try damageValue(path, damage, size)
            let environment = try Environment.open(at: path, options: checkedOptions())
            let table = try environment.table("texts")
            try environment.read { txn in
                // The key itself is what finds a value: one that was changed is only met on the way.
                if damage != .key {
                    var caught: ValueDamage?
                    do {
                        _ = try txn.value(for: Array("key-e".utf8).span, in: table)
                    } catch let error as ValueDamage {
                        caught = error
                    }
                    #expect(caught == ValueDamage(path: path, table: "texts"))
                }
                var damaged: [String] = []
                let seen = try txn.checkValues(of: table) { damaged.append(copyText($0, 0..<$0.count)) }
                #expect(seen == 3)
                #expect(damaged == (damage == .otherKey ? ["key-e", "key-i"] : [damage == .key ? "key-g" : "key-e"]))
            }
            environment.close()
        }
    }

    @Test(arguments: Damage.allCases, [40, 6_000])
    func `every move of a cursor to a damaged value throws, and the next one goes on`(damage: Damage, size: Int)
        async throws
    {
        try await withDirectory { path in
            try damageValue(path, damage, size)
            let environment = try Environment.open(at: path, options: checkedOptions())
            let table = try environment.table("texts")
            try environment.read { txn in
                var cursor = try txn.cursor(in: table)
                let outcomes = outcomes(of: [.first, .next, .next, .previous, .text("key-e")], &cursor)
                #expect(outcomes == [.sound, .damaged, damage == .otherKey ? .damaged : .sound, .damaged, .damaged])
            }
            environment.close()
        }
    }

    @Test func `the first and the last value are checked as well`() async throws {
        try await withDirectory { path in
            let environment = try Environment.open(at: path, options: checkedOptions())
            let table = try environment.table("numbers")
            try environment.put(value("1", 40), 1)
            environment.close()
            try change(path) { bytes in bytes[try place(of: value("1", 40), in: bytes).lowerBound] ^= 1 }
            let again = try Environment.open(at: path, options: checkedOptions())
            try again.read { txn in
                var cursor = try txn.cursor(in: table)
                let outcomes = outcomes(of: [.first, .last, .number(0)], &cursor)
                #expect(outcomes == [.damaged, .damaged, .damaged])
            }
            again.close()
        }
    }

    @Test(arguments: 0...8) func `a value that was put without a checksum is damaged`(size: Int) async throws {
        try await withDirectory { path in
            let plain = try Environment.open(at: path, options: checkedOptions(checksums: false))
            try plain.put(value("1", size), 1)
            plain.close()
            let environment = try Environment.open(at: path, options: checkedOptions())
            #expect(throws: ValueDamage.self) { try environment.get(1) }
            environment.close()
        }
    }

    @Test func `an environment that is open without checksums is not shared by an open with them`() async throws {
        try await withDirectory { path in
            let plain = try Environment.open(at: path, options: checkedOptions(checksums: false))
            let error = #expect(throws: LMDBError.self) {
                _ = try Environment.open(at: path, options: checkedOptions())
            }
            #expect(error?.code == EBUSY)
            plain.close()
        }
    }

    /// Makes an environment with three values in one table, of which the second is damaged then.
    private func damageValue(_ path: String, _ damage: Damage, _ size: Int) throws {
        let environment = try Environment.open(at: path, options: checkedOptions())
        for name in ["texts", "other"] {
            let table = try environment.table(name)
            try environment.write { txn in
                for key in ["key-a", "key-e", "key-i"] {
                    try txn.put(value(key + name, size).span, for: Array(key.utf8).span, in: table)
                }
            }
        }
        environment.close()
        try change(path) { bytes in
            let mine = try place(of: value("key-etexts", size), in: bytes)
            func swap(_ other: String) throws {
                let other = try place(of: value(other, size), in: bytes)
                // The checksums are behind the values.
                for index in 0..<size + 4 { bytes.swapAt(mine.lowerBound + index, other.lowerBound + index) }
            }
            switch damage {
            case .value: bytes[mine.lowerBound + size / 2] ^= 0x10
            case .sum: bytes[mine.upperBound + 3] ^= 0x80
            case .otherKey: try swap("key-itexts")
            case .otherTable: try swap("key-eother")
            case .key:
                // One bit; the order of keys stays. Pages that are not in use any more hold the key too.
                var at = bytes.startIndex
                while let found = bytes[at...].firstRange(of: Array("key-e".utf8)) {
                    bytes[found.upperBound - 1] = UInt8(ascii: "g")
                    at = found.upperBound
                }
            }
        }
    }

    private func place(of value: [UInt8], in bytes: [UInt8]) throws -> Range<Int> {
        try #require(bytes.firstRange(of: value))
    }

    private func change(_ path: String, _ body: (inout [UInt8]) throws -> Void) throws {
        var bytes = try FileSystem.read(path + "/data.mdb")
        try body(&bytes)
        try FileSystem.writeAtomically(bytes, to: path + "/data.mdb")
    }
}

/// The bytes of a value, to compare outside of its lifetime.
private func copied(_ value: Span<UInt8>?) -> [UInt8]? {
    guard let value else { return nil }
    return copyBytes(value, 0..<value.count)
}

private enum Move {
    case first, last, next, previous
    case number(UInt64)
    case text(String)
}

private enum Outcome { case sound, end, damaged }

private func outcome(of move: Move, _ cursor: inout Cursor) -> Outcome {
    do {
        let isThere =
            switch move {
            case .first: try cursor.first()
            case .last: try cursor.last()
            case .next: try cursor.next()
            case .previous: try cursor.previous()
            case .number(let key): try cursor.seek(atOrAfter: key)
            case .text(let key): try cursor.seek(atOrAfter: Array(key.utf8).span)
            }
        return isThere ? .sound : .end
    } catch {
        return error is ValueDamage ? .damaged : .end
    }
}

private func outcomes(of moves: [Move], _ cursor: inout Cursor) -> [Outcome] {
    var found: [Outcome] = []
    for move in moves { found.append(outcome(of: move, &cursor)) }
    return found
}
