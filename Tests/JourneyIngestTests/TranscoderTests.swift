// Encodings: into UTF-8 and back, in blocks of any size.
import Foundation
import TestSupport
import Testing

@testable import JourneyIngest

@Suite struct TranscoderTests {
    private static let text = "Grüße, naïve café – ‘x’ 12 €"
    private static let arabic = "تخفيضات، سلام؟ 5 €"

    private func decode(_ bytes: [UInt8], _ encoding: TextEncoding, blocks size: Int) -> (text: [UInt8], Transcoder) {
        var transcoder = Transcoder(encoding)
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            out += transcoder.decode(Array(bytes[start..<min(start + size, bytes.count)]), isLast: false)
        }
        return (out + transcoder.decode([], isLast: true), transcoder)
    }

    @Test(arguments: [
        (text, String.Encoding.windowsCP1252, TextEncoding.latin1), (text, .utf16LittleEndian, .utf16),
        (arabic, .utf16LittleEndian, .utf16), ("a𝄞b", .utf16LittleEndian, .utf16), (arabic, .utf8, .utf8),
    ])
    func `text comes out as UTF-8 and goes back to its bytes`(
        text: String,
        foundation: String.Encoding,
        encoding: TextEncoding
    ) throws {
        let bytes = Array(try #require(text.data(using: foundation)))
        for size in [1, 2, 3, 5, 1_000] {
            let (out, transcoder) = decode(bytes, encoding, blocks: size)
            #expect(String(decoding: out, as: UTF8.self) == text)
            #expect(transcoder.encode(out[...]) == bytes)
        }
    }

    @Test(arguments: [([UInt8(0xFE), 0xFF], true), ([0xFF, 0xFE], false), ([], false)])
    func `a byte order mark tells the order of UTF-16`(mark: [UInt8], isBigEndian: Bool) {
        let body = "é€𝄞".utf16.flatMap { unit in
            isBigEndian ? [UInt8(unit >> 8), UInt8(unit & 255)] : [UInt8(unit & 255), UInt8(unit >> 8)]
        }
        let (out, transcoder) = decode(mark + body, .utf16, blocks: 3)
        #expect(String(decoding: out, as: UTF8.self) == "é€𝄞")
        #expect(transcoder.encode(out[...]) == body)
    }

    @Test func `windows-1256 has a character for each byte`() {
        let bytes = (0...255).map { UInt8($0) }
        let (out, transcoder) = decode(bytes, .windows1256, blocks: 7)
        #expect(transcoder.encode(out[...]) == bytes)
        #expect(String(decoding: out, as: UTF8.self).unicodeScalars.count == 256)
        let (word, _) = decode([0xD3, 0xE1, 0xC7, 0xE3], .windows1256, blocks: 1)
        #expect(String(decoding: word, as: UTF8.self) == "سلام")
    }

    @Test func `random bytes survive every encoding`() {
        var random = SplitMix.fresh()
        let seed = random.seed
        for _ in 0..<300 {
            let bytes = (0..<Int.random(in: 2...60, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            guard !bytes.starts(with: [0xFF, 0xFE]), !bytes.starts(with: [0xFE, 0xFF]) else { continue }
            for encoding in TextEncoding.allCases {
                let (out, transcoder) = decode(bytes, encoding, blocks: Int.random(in: 1...9, using: &random))
                #expect(transcoder.encode(out[...]) == bytes, "seed \(seed) \(encoding)")
            }
        }
    }
}
