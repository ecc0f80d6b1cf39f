// Small documents on disk, such as mappings and rules: read as a whole, and refused where they cannot be what they should.
internal import JourneyEvents

/// Reads a document of text.
public enum TextFile {
    /// No document is longer: 1 MiB.
    public static let maximumBytes = 1_048_576

    /// The text of a file, or of standard input ("-"), gzip or not.
    ///
    /// - Parameter what: What the file is, for sentences: `mapping` or `rules`.
    /// - Throws: `RihlaError` with code `notFound`, `permission`, `io`, or `invalidInput` for what is no UTF-8 text or too long.
    public static func read(_ path: String, _ what: String) throws -> String {
        let input = try InputReader(path: path)
        var bytes: [UInt8] = []
        while let block = try input.nextBlock() {
            bytes += block
            guard bytes.count <= maximumBytes else {
                throw RihlaError(
                    .invalidInput,
                    "\(path) is longer than \(maximumBytes) bytes, which no \(what) file is",
                    hint: "is it the right file?"
                )
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw RihlaError(
                .invalidInput,
                "\(path) is no UTF-8 text",
                hint: "save the \(what) file as UTF-8"
            )
        }
        // Some editors write a byte order mark.
        return text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    }
}
