// Files and pipes, plain and packed, as gzip itself and the programs at the other end make them.
import Foundation
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
        guard case .damaged("incorrect data check") = failure else {
            Issue.record("a checksum that does not fit is not told: \(String(describing: failure))")
            return
        }
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
