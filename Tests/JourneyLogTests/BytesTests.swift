// Numbers of variable length: written in one step they have the bytes that the definition gives.
@testable import JourneyLog
import TestSupport
import Testing

@Suite struct BytesTests {
    /// LEB128 as it is defined.
    private func reference(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        repeat {
            bytes.append(UInt8(rest & 127) | (rest > 127 ? 128 : 0))
            rest >>= 7
        } while rest > 0
        return bytes
    }

    @Test func `a number in place and an appended one have the bytes of the definition, at every length`() throws {
        var random = SplitMix.fresh()
        for bits in 0...64 {
            let highest = bits == 64 ? UInt64.max : 1 << UInt64(bits) - 1
            let values = [highest, highest &+ 1] + (0..<50).map { _ in UInt64.random(in: 0...highest, using: &random) }
            for value in values {
                let expected = reference(value)
                var appended: [UInt8] = [9]
                appended.appendVarint(value)
                #expect(appended == [9] + expected)
                var placed = [UInt8](repeating: 255, count: 17)
                let count = placed.setVarint(value, at: 3)
                #expect(count == expected.count, "\(value)")
                #expect(Array(placed[3..<(3 + count)]) == expected, "\(value)")
                #expect(placed[..<3] == [255, 255, 255] && placed[13...] == [255, 255, 255, 255], "\(value)")
                var reader = ByteReader(from: 3, to: 17)
                #expect(try reader.varint(placed.span) == value)
                #expect(reader.index == 3 + count)
            }
        }
    }
}
