// Data may hold anything; a terminal must not run it. Control characters and bidi overrides are shown as `\u{..}`.

enum Sanitizer {
    /// What bytes for standard output are made of, which decides how they are made safe for a terminal.
    enum Form {
        /// JSON, whose strings have escapes of their own.
        case json
        /// Text and lines; a line feed is the only control character that stands for itself.
        case text
        /// Made for people: what comes from data is safe already, the rest are this program's own colours.
        case styled
    }

    /// The text with everything that would move a cursor, ring, or reorder its surroundings made visible.
    ///
    /// - Parameter keepsMarks: Whether the marks of direction stay, which Arabic and Hebrew text is written with.
    static func safe(_ text: String, keepsMarks: Bool = false) -> String {
        func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
            isControl(scalar) || isOverride(scalar) || (!keepsMarks && isMark(scalar))
        }
        // Most texts are plain, and are told so byte by byte.
        guard !text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }), text.unicodeScalars.contains(where: isUnsafe) else {
            return text
        }
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

    /// A text of what is made for people on standard output.
    static func printed(_ text: String) -> String { safe(text, keepsMarks: !Output.standard.isTerminal) }

    /// What a terminal is given in place of these bytes.
    static func shown(_ bytes: [UInt8], as form: Form) -> [UInt8] {
        switch form {
        case .json: return Array(json(String(decoding: bytes, as: UTF8.self)).utf8)
        case .text:
            let lines = String(decoding: bytes, as: UTF8.self).unicodeScalars.split(
                separator: "\n",
                omittingEmptySubsequences: false
            )
            return Array(lines.map { safe(String($0)) }.joined(separator: "\n").utf8)
        case .styled: return bytes
        }
    }

    /// The same values in JSON that is safe: what stands in strings is escaped, and between them there are no carriage
    /// returns.
    static func json(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n", "\t": out.append(scalar)
            // A string has none of these raw, so it stands between values.
            case "\r": out.append(" ")
            case _ where isControl(scalar) || isOverride(scalar) || isMark(scalar):
                let digits = String(scalar.value, radix: 16)
                out.append(contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars)
            default: out.append(scalar)
            }
        }
        return String(out)
    }

    /// C0, DEL and C1.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    /// The embeddings, overrides and isolates of bidi text.
    private static func isOverride(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// The marks that give their surroundings a direction.
    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x061C, 0x200E, 0x200F: true
        default: false
        }
    }
}
