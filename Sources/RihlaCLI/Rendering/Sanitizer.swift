// Data may hold anything; a terminal must not run it. Control characters and bidi overrides are shown as `\u{..}`.

enum Sanitizer {
    /// The text with everything that would move a cursor, ring, or reorder its surroundings made visible.
    static func safe(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isUnsafe(scalar) {
                out.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            } else {
                out.append(scalar)
            }
        }
        return String(out)
    }

    /// C0, DEL, C1, and the embeddings, overrides and isolates of bidi text (U+202A…E, U+2066…9).
    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<32, 127..<160, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
