// The YAML side of rules: parsing with lines and columns, and the digest of a document.
internal import JourneyEvents
internal import JourneyYAML
internal import Yams

enum RuleDocument {
    /// Parses a document; what is no YAML, or no mapping, is a finding with line and column.
    static func parse(_ yaml: String) throws(RuleFinding) -> Node {
        let node: Node
        do throws(YAMLFault) {
            guard let some = try YAMLText.compose(yaml) else { return Node.mapping([:]) }
            node = some
        } catch {
            throw RuleFinding(line: error.line, column: error.column, message: error.message)
        }
        if node.scalar?.string.isEmpty == true { return Node.mapping([:]) }
        guard node.mapping != nil else {
            throw RuleFinding(line: 1, column: 1, message: "a rules document is a mapping of keys")
        }
        return node
    }

    /// FNV-1a of 128 bits (Fowler, Noll, Vo), its two halves folded together.
    static func digest(_ text: String) -> String {
        var hash: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D
        for byte in text.utf8 { hash = (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013B }
        let folded = UInt64(truncatingIfNeeded: hash) ^ UInt64(truncatingIfNeeded: hash >> 64)
        let digits = String(folded, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
