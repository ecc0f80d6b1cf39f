// Which format an input has: what the user says, else the mapping, the file's name, and its first byte, in this order.
internal import JourneyEvents

/// What a user may say about the format of input.
public enum InputKind: String, CaseIterable, Sendable {
    /// Find out.
    case auto
    /// One JSON object a line.
    case ndjson
    /// A delimited table.
    case csv
}

extension EventInput {
    /// Opens an input ("-" is standard input) whose format is given or found out.
    ///
    /// - Throws: `RihlaError` with code `usage` when the format is not known or needs a mapping; `notFound`, `permission`,
    ///   `io` or `invalidInput`.
    public convenience init(path: String, kind: InputKind, mapping: Mapping?, source: String?) throws {
        if let mapping {
            guard kind == .auto || kind.rawValue == mapping.format.rawValue else {
                throw RihlaError(
                    .usage,
                    "the mapping \(mapping.path) is for \(mapping.format.rawValue), not for \(kind.rawValue)",
                    hint: "leave --from out, or change format: in the mapping"
                )
            }
            try self.init(path: path, format: .mapped(mapping, source: source))
            return
        }
        let reader = try InputReader(path: path)
        try EventInput.checkNative(reader, kind)
        try self.init(reader: reader, format: .native(source: source))
    }

    /// Refuses what is not native events.
    private static func checkNative(_ reader: InputReader, _ kind: InputKind) throws {
        let path = reader.path == "-" ? "standard input" : reader.path
        var name = reader.path.lowercased()
        if name.hasSuffix(".gz") { name.removeLast(3) }
        if kind == .csv || (kind == .auto && [".csv", ".tsv"].contains { name.hasSuffix($0) }) {
            throw RihlaError(
                .usage,
                "\(path) is a table and needs a mapping that says which events its rows are",
                hint: "write a mapping and give it with --mapping FILE; see `rihla help formats`"
            )
        }
        guard kind == .auto, ![".ndjson", ".jsonl"].contains(where: { name.hasSuffix($0) }) else { return }
        guard let first = try reader.peek().first(where: { $0 > 32 }), first != 123 else { return }
        throw RihlaError(
            .usage,
            "cannot tell the format of \(path): it does not begin with {",
            hint: "say --from ndjson, or give a table's --mapping FILE; see `rihla help formats`"
        )
    }
}
