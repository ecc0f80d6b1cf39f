// The YAML side of rules: parsing with lines and columns, and the digest of a document.
internal import JourneyEvents
internal import Yams

enum RuleDocument {
    /// Parses a document; what is no YAML, or no mapping, is a finding with line and column.
    static func parse(_ yaml: String) throws(RuleFinding) -> Node {
        do {
            guard let node = try Yams.compose(yaml: yaml) else { return Node.mapping([:]) }
            if node.scalar?.string.isEmpty == true { return Node.mapping([:]) }
            guard node.mapping != nil else {
                throw RuleFinding(line: 1, column: 1, message: "a rules document is a mapping of keys")
            }
            return node
        } catch let finding as RuleFinding {
            throw finding
        } catch let error as YamlError {
            throw finding(error)
        } catch {
            throw RuleFinding(line: 1, column: 1, message: "\(error)")
        }
    }

    private static func finding(_ error: YamlError) -> RuleFinding {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return RuleFinding(line: mark.line, column: mark.column, message: problem)
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
            return RuleFinding(
                line: context.mark.line,
                column: context.mark.column,
                message: "the same key stands twice: \(names)"
            )
        default: return RuleFinding(line: 1, column: 1, message: "\(error)")
        }
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
