// Files and pipes, plain and packed, as gzip itself and the programs at the other end make them.
import Foundation
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyIngest

@Suite struct ByteSourceTests {
    private func source(_ bytes: [UInt8]) throws -> ByteSource {
        let path = NSTemporaryDirectory() + UUID().uuidString
        try Data(bytes).write(to: URL(filePath: path))
        defer { unlink(path) }
        return ByteSource(descriptor: open(path, O_RDONLY), mayWait: false)
    }

    private func all(_ source: ByteSource, by size: Int) -> (bytes: [UInt8], failure: ByteSourceFailure?) {
        var out: [UInt8] = []
        while true {
            let (bytes, failure) = source.next(size)
            out += bytes
            if failure != nil || bytes.isEmpty { return (out, failure) }
        }
    }

    private func packed() throws -> (packed: [UInt8], plain: [UInt8]) {
        let packed = try TestData.bytes("journeys/bad.ndjson.gz")
        let (plain, failure) = all(try source(packed), by: 4_194_304)
        #expect(failure == nil)
        #expect(plain.starts(with: Array("{".utf8)))
        // The last four bytes of gzip are the length of what it holds.
        let length = packed.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        try #require(plain.count == length)
        return (packed, plain)
    }

    @Test(arguments: [1, 7, 4_096, 1_000_000]) func `plain bytes come as they are`(size: Int) throws {
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let few = Array(bytes.prefix(size == 1 ? 1_000 : 300_000))
        #expect(all(try source(few), by: size).bytes == few)
        #expect(all(try source([]), by: size).bytes.isEmpty)
        #expect(all(try source([0x1F]), by: size).bytes == [0x1F])
    }

    @Test(arguments: [1, 100, 4_194_304]) func `members of gzip follow each other and padding ends them`(size: Int)
        throws
    {
        let (packed, plain) = try packed()
        let (bytes, failure) = all(try source(packed + packed + [0, 0, 0]), by: size)
        #expect(failure == nil)
        #expect(bytes == plain + plain)
    }

    @Test func `what is cut off or changed is told after what could be read`() throws {
        let (packed, plain) = try packed()
        for end in [packed.count - 1, packed.count - 9, packed.count / 2, 12] {
            let (bytes, failure) = all(try source(Array(packed[..<end])), by: 4_096)
            #expect(plain.starts(with: bytes))
            guard case .damaged = failure else {
                Issue.record("a file cut at \(end) is taken as whole")
                continue
            }
        }
        var changed = packed
        changed[changed.count - 6] ^= 1
        let (_, failure) = all(try source(changed), by: 4_096)
        guard case .damaged(let why) = failure, why.hasPrefix("incorrect data check") else {
            Issue.record("a checksum that does not fit is not told: \(String(describing: failure))")
            return
        }
    }

    // A file of two bytes was taken for an empty one.
    @Test func `each part of a member that is cut off is told, from its second byte on`() throws {
        let (packed, plain) = try packed()
        for end in 2..<40 {
            let (bytes, failure) = all(try source(Array(packed[..<end])), by: 4_096)
            #expect(plain.starts(with: bytes))
            guard case .damaged("unexpected end of file") = failure else {
                Issue.record("a file cut at \(end) is taken as whole: \(String(describing: failure))")
                continue
            }
        }
    }

    // Anything behind a member was passed over in silence.
    @Test(arguments: ["x", "{\"id\":1}\n", "\0\0x", "\0\u{1f}"])
    func `what is no gzip behind gzip is told with its place`(
        junk: String
    ) throws {
        let (packed, plain) = try packed()
        for size in [100, 4_194_304] {
            let (bytes, failure) = all(try source(packed + packed + Array(junk.utf8)), by: size)
            #expect(bytes == plain + plain)
            guard case .junk(let why) = failure else {
                Issue.record("\(junk.debugDescription) is passed over: \(String(describing: failure))")
                continue
            }
            let zeros = junk.utf8.prefix { $0 == 0 }.count
            #expect(why.contains("byte \(packed.count * 2 + zeros),"))
        }
        // A member that has begun is not junk but cut off.
        guard case .damaged = all(try source(packed + [0x1F]), by: 100).failure else {
            Issue.record("half of a second member is passed over")
            return
        }
    }

    @Test func `the last line before junk is whole and is given before it is told`() throws {
        // gzip of `a` and a line feed, then `b` without one.
        let member: [UInt8] = [
            31, 139, 8, 0, 0, 0, 0, 0, 2, 255, 75, 228, 74, 2, 0, 251, 144, 7, 239, 3, 0, 0, 0,
        ]
        let path = NSTemporaryDirectory() + UUID().uuidString
        try Data(member + Array("junk".utf8)).write(to: URL(filePath: path))
        defer { unlink(path) }
        let reader = try InputReader(path: path)
        #expect(try reader.nextLines()?.bytes == Array("a\n".utf8))
        #expect(try reader.nextLines()?.bytes == Array("b".utf8))
        #expect(throws: RihlaError.self) { try reader.nextLines() }
        try Data(member.dropLast(2)).write(to: URL(filePath: path))
        let cut = try InputReader(path: path)
        #expect(try cut.nextLines()?.bytes == Array("a\n".utf8))
        #expect(throws: RihlaError.self) { try cut.nextLines() }
    }

    @Test func `what a pipe holds is handed on while its writer goes on`() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let source = ByteSource(descriptor: ends[0], mayWait: true)
        let first = Array("{\"id\":1}\n".utf8)
        #expect(write(ends[1], first, first.count) == first.count)
        // The writer stays open: a source that waits for a whole block would never return.
        #expect(source.next(4_194_304).bytes == first)
        #expect(write(ends[1], first, first.count) == first.count)
        close(ends[1])
        #expect(source.next(4_194_304).bytes == first)
        #expect(source.next(4_194_304).bytes.isEmpty)
    }
}
