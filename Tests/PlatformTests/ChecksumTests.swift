// CRC-32C by the processor's instruction, in three lanes, is what the definition says, wherever the bytes are cut.
import Testing

@testable import Platform

@Suite struct ChecksumTests {
    /// One bit at a time, as RFC 3720 defines it.
    private func reference(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        }
        return ~crc
    }

    private func sum(_ bytes: [UInt8], _ range: Range<Int>, seed: UInt32 = 0) -> UInt32 {
        Checksum.crc32c(bytes.span.extracting(range), seed: seed)
    }

    @Test func knownAnswers() {
        let known: [([UInt8], UInt32)] = [
            (Array("123456789".utf8), 0xE306_9283), (Array(repeating: 0, count: 32), 0x8A91_36AA),
            (Array(repeating: 255, count: 32), 0x62A8_AB43), ([], 0),
        ]
        for (bytes, expected) in known {
            let found = sum(bytes, 0..<bytes.count)
            #expect(found == expected)
        }
    }

    @Test func anyLengthAndAnyCut() {
        let bytes = (0..<9_300).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 ^ $0 >> 3) }
        for count in [1, 7, 8, 1_023, 1_024, 3_071, 3_072, 3_073, 6_143, 6_144, 9_216, 9_300] {
            let expected = reference(bytes[..<count])
            let whole = sum(bytes, 0..<count)
            #expect(whole == expected, "\(count) bytes")
            for cut in [count / 3, count / 2, count - 1] {
                let parts = sum(bytes, cut..<count, seed: sum(bytes, 0..<cut))
                #expect(parts == expected, "\(count) at \(cut)")
            }
        }
    }
}
