// Documents of YAML that come from outside, read within bounds. A few hundred bytes of it can stand for more values than any
// memory holds, since an alias may name a list of aliases, so the size of what is read is known before it is made.
internal import JourneyEvents
internal import Foundation
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

    /// The text of a document on disk; no more of a file is read than a document may have.
    ///
    /// - Throws: `RihlaError` with code `notFound`, or `invalidInput` when it is no UTF-8 text, or too large.
    public static func read(_ path: String, as name: String) throws -> String {
        guard FileManager.default.fileExists(atPath: path) else {
            throw RihlaError(.notFound, "there is no \(name) \(path)")
        }
        let data: Data
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            data = try file.read(upToCount: maximumBytes + 1) ?? Data()
            try file.close()
        } catch {
            throw RihlaError(.invalidInput, "cannot read the \(name) \(path): \(error.localizedDescription)")
        }
        guard data.count <= maximumBytes else {
            throw RihlaError(.invalidInput, "the \(name) \(path) is larger than 1 MiB")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw RihlaError(.invalidInput, "the \(name) \(path) is not UTF-8 text")
        }
        // Some editors write a byte order mark.
        return text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    }
}
