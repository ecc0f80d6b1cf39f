// The hash behind ids and names is SipHash-1-3 under a key of the store. Values of it that Python's own `hash` of bytes gives
// with a key of zeros, which is the same function.
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyLog

@Suite struct KeyedHashTests {
    @Test(
        arguments: [
            ("siphash", 0x8264_CEEC_CB16_BCBE), ("digest-sip_hash", 0xCE31_007E_3413_0C0A),
            ("0190f5d4-7c1e-7a3b-8c2d-1e2f3a4b5c6d", 0x3B19_1E3B_A26A_6E65), ("رحلة", 0x3F34_A147_6F09_6E4B),
        ] as [(String, UInt64)]
    )
    func `it is SipHash-1-3`(_ text: String, _ expected: UInt64) {
        let bytes = Array(text.utf8)
        #expect(HashKey(0, 0).hash(bytes.span, 0..<bytes.count, domain: 0) == expected)
        // The place of the text makes no difference.
        let moved = [1, 2, 3] + bytes + [4]
        #expect(HashKey(0, 0).hash(moved.span, 3..<3 + bytes.count, domain: 0) == expected)
    }

    // 20,000 ids that met in one place of an unkeyed table took 84 s.
    @Test func `two stores hash one id apart, and a store hashes it alike whenever it is opened`() async throws {
        try await withScratchDirectory { path in
            var keys: [HashKey] = []
            for name in ["/a", "/b", "/a"] {
                let log = try EventLog(at: path + name, create: true)
                keys.append(log.storage.hashKey)
                try log.close()
            }
            #expect(keys[0] != keys[1] && keys[0] == keys[2])
            let id = Array("an id".utf8)
            #expect(keys[0].hash(.customer, id) != keys[1].hash(.customer, id))
            #expect(keys[0].hash(.customer, id) != keys[0].hash(.deal, id))
        }
    }

    @Test func `what a tombstone keeps of an id is that of its source and its store`() {
        let (one, other) = (StoreSecret { _ in [UInt8](repeating: 1, count: 32) }, StoreSecret { Array(0..<UInt8($0)) })
        let mark = one.mark(ofSource: Array("shop".utf8), id: Array("1".utf8))
        #expect(mark == one.mark(ofSource: Array("shop".utf8), id: Array("1".utf8)))
        #expect(mark != other.mark(ofSource: Array("shop".utf8), id: Array("1".utf8)))
        #expect(mark != one.mark(ofSource: Array("shop1".utf8), id: []))
    }
}
