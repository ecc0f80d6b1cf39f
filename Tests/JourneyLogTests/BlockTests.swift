// What a block says of its events besides what they are: run, origin, place in a stream. And what is left of an erased event.
import JourneyEvents
import Platform
import TestSupport
import Testing

@testable import JourneyLog

@Suite struct BlockTests {
    private func block(_ origin: BlockOrigin, place: StreamPlace? = nil, records: [[UInt8]] = [[1, 2, 3], [4]]) -> (
        bytes: [UInt8], chain: [UInt8]
    ) {
        var builder = BlockBuilder(
            firstPosition: 7,
            origin,
            previous: [UInt8](repeating: 9, count: 32),
            salt: [UInt8](repeating: 5, count: BlockFormat.saltSize),
            place: place
        )
        for record in records {
            let isTaken = builder.add(record)
            #expect(isTaken)
        }
        return builder.finish(nil)
    }

    @Test(arguments: [nil, StreamPlace(stream: Array(0..<16), sequence: 1 << 40)])
    func `a block keeps run, origin and its place in a stream`(_ place: StreamPlace?) throws {
        let origin = BlockOrigin(recordedAt: -5, run: 3, isOwn: place != nil)
        let bytes = block(origin, place: place).bytes
        let view = try BlockView(bytes.span, key: 7)
        #expect(view.recordedAt == -5 && view.run == 3 && view.isOwn == origin.isOwn && view.count == 2)
        #expect(try view.place(bytes.span) == place)
        #expect(bytes[try view.record(0, bytes.span)].elementsEqual([1, 2, 3]))
        #expect(bytes[try view.record(1, bytes.span)].elementsEqual([4]))
    }

    @Test func `random bytes are part of what the chain pins`() {
        var other = block(BlockOrigin(recordedAt: 1)).bytes
        let chain = BlockView.chainHash(other.span)
        #expect(chain == block(BlockOrigin(recordedAt: 1)).chain)
        other[64] ^= 1
        #expect(BlockView.chainHash(other.span) != chain)
    }

    @Test func `every flipped bit of a block is damage`() {
        let bytes = block(BlockOrigin(recordedAt: 1, run: 2)).bytes
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: RecordDamage.self) { _ = try BlockView(changed.span, key: 7) }
        }
    }

    // A chunk whose key had one flipped bit gave its texts to the numbers of others.
    @Test func `symbols under another key are damage`() throws {
        let ends: [UInt32] = [1, 2]
        let key = SymbolChunk.key(.customer, 5)
        let salt = [UInt8](repeating: 0, count: BlockFormat.saltSize)
        let bytes = SymbolChunk.encode(Array("ab".utf8), from: 0, ends: ends[...], key: key, salt: salt)
        #expect(try SymbolChunk(bytes.span, key: key).count == 2)
        for bit in 0..<48 {
            #expect(throws: RecordDamage.self) { _ = try SymbolChunk(bytes.span, key: key ^ 1 << UInt64(bit)) }
        }
    }

    @Test func `a tombstone is presence, time, type and the mark of its id, and nothing else`() throws {
        var record: [UInt8] = []
        record.appendInteger(Presence.erased.rawValue)
        record.appendInteger(Int64(86_400_000))
        record.appendVarint(3)
        record.appendInteger(UInt64(0x0123_4567_89AB_CDEF))
        let view = try RecordView(record.span, 0..<record.count)
        #expect(view.mark == 0x0123_4567_89AB_CDEF && view.type == 3 && view.occurredAt == 86_400_000)
        try view.check(record.span) { kind, number in #expect(kind == .type && number == 3) }
        let longer = record + [0]
        let long = try RecordView(longer.span, 0..<longer.count)
        #expect(throws: RecordDamage.self) { try long.check(longer.span) { _, _ in } }
        #expect(throws: RecordDamage.self) { _ = try RecordView(record.span, 0..<record.count - 1) }
    }
}
