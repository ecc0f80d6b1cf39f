// Documents of YAML that come from outside, read within bounds. A few hundred bytes of it can stand for more values than any
// memory holds, since an alias may name a list of aliases, so the size of what is read is known before it is made.
package import Yams

/// Reads documents that users or events bring.
public enum YAMLText {
    /// The most bytes of a document: 1 MiB.
    public static let maximumBytes = 1_048_576
    /// The most levels of lists and mappings, those behind aliases included.
    public static let maximumDepth = 64
    /// With aliases counted as what they stand for, a document has at most so many times the values that are written.
    public static let maximumGrowth = 10

    /// The tree of a document; nil when there is nothing in it.
    package static func compose(_ text: String) throws(YAMLFault) -> Node? {
        guard text.utf8.count <= maximumBytes else {
            throw YAMLFault(line: 1, column: 1, message: "the document is larger than 1 MiB")
        }
        var outline = YAMLOutline(text)
        let written = try outline.read()
        let node = try parse(written ?? text) { node throws(YAMLFault) in
            var size = YAMLSize()
            try size.check(node)
        }
        return written == nil ? node : try parse(text) { _ in }
    }

    /// Parses a text; `check` sees its tree while anchors are known.
    private static func parse(
        _ text: String,
        check: (Node) throws(YAMLFault) -> Void
    ) throws(YAMLFault) -> Node? {
        do {
            let parser = try Yams.Parser(yaml: text, resolver: .basic)
            // Nodes do not hold their anchors, the parser does. All texts are texts here, so no key is looked at for what else it
            // may be.
            return try withExtendedLifetime(parser) {
                let node = try parser.singleRoot()
                if let node { try check(node) }
                return node
            }
        } catch let fault as YAMLFault {
            throw fault
        } catch let error as YamlError {
            throw YAMLFault(error, in: text)
        } catch {
            throw YAMLFault(line: 1, column: 1, message: "\(error)")
        }
    }
}
