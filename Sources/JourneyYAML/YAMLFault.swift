// What is wrong with a document, as who reads it tells users: a place and a sentence.
internal import Yams

/// Why a document cannot be read, and where.
public struct YAMLFault: Error, Hashable, Sendable {
    /// 1-based line.
    public var line: Int
    /// 1-based column.
    public var column: Int
    /// A sentence without the place.
    public var message: String

    /// A fault from its parts.
    public init(line: Int, column: Int, message: String) {
        self.line = line
        self.column = column
        self.message = message
    }

    init(_ mark: Mark?, _ message: String) {
        self.init(line: mark?.line ?? 1, column: mark?.column ?? 1, message: message)
    }

    /// What the parser says, in the same form.
    init(_ error: YamlError, in text: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(mark, problem)
        case .reader(let problem, let offset, _, _):
            let before = text.utf8.prefix(offset ?? 0)
            let line = before.count { $0 == 10 }
            let column =
                before.count
                - (before.lastIndex(of: 10).map { before.distance(from: before.startIndex, to: $0) + 1 } ?? 0)
            self.init(line: line + 1, column: column + 1, message: problem)
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.sorted().map { "\"\(YAMLOutline.alias(in: $0).map { "*" + $0 } ?? $0)\"" }.joined(
                separator: ", "
            )
            self.init(context.mark, "the same key stands twice: \(names)")
        default: self.init(line: 1, column: 1, message: "\(error)")
        }
    }
}
