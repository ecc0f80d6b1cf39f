// The source of Rihla's own commands, and what reads like it.
import JourneyEvents
import Testing

@Suite struct OwnSourceTests {
    @Test(arguments: [
        "rihla", "RIHLA", "Rihla", " rihla", "rihla\t", "\n rihla \r", "\u{a0}rihla", "rihla\u{2003}", "\u{200b}rihla",
        "\u{feff}rihla\u{2060}", "\0rihla", "rihla\u{7f}",
    ])
    func `a source that reads like Rihla's own is its own`(source: String) {
        let bytes = Array(("x" + source + "x").utf8)
        let isMeant = OwnSource.isMeant(by: bytes.span, in: 1..<(bytes.count - 1))
        #expect(isMeant)
        #expect(OwnSource.isMeant(by: source))
    }

    @Test(arguments: ["", " ", "web", "rihl", "rihla2", "rihla.web", "my rihla", "ri hla", "r", "رحلة", "\u{200b}"])
    func `any other is not`(source: String) {
        let bytes = Array(source.utf8)
        let isMeant = OwnSource.isMeant(by: bytes.span, in: 0..<bytes.count)
        #expect(!isMeant)
        #expect(!OwnSource.isMeant(by: source))
    }
}
