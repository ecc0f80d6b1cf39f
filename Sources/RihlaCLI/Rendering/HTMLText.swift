// Text as HTML, and the frame of a page that needs nothing else: no script, no file, no address of somebody else.

enum HTMLText {
    /// Text that stands for itself, between tags and in quoted attributes. What would reorder or hide its surroundings is
    /// made visible, as on a terminal.
    static func escaped(_ text: String) -> String {
        // By scalar: a letter of several scalars may begin with a bracket.
        var out = String.UnicodeScalarView()
        for scalar in Sanitizer.safe(text, keepsMarks: true).unicodeScalars {
            switch scalar {
            case "&": out.append(contentsOf: "&amp;".unicodeScalars)
            case "<": out.append(contentsOf: "&lt;".unicodeScalars)
            case ">": out.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": out.append(contentsOf: "&quot;".unicodeScalars)
            case "'": out.append(contentsOf: "&#39;".unicodeScalars)
            default: out.append(scalar)
            }
        }
        return String(out)
    }

    /// Words of the data: their direction is their own, whatever that of the page is. Short ones, such as dates, stay on one
    /// line in pages whose style says so of the class `short`.
    static func data(_ text: String) -> String {
        (text.unicodeScalars.count <= 20 ? "<bdi class=\"short\">" : "<bdi>") + escaped(text) + "</bdi>"
    }

    /// An element around content that is HTML already.
    static func element(_ name: String, class style: String? = nil, _ content: String) -> String {
        let attribute = style.map { " class=\"" + escaped($0) + "\"" } ?? ""
        return "<\(name)\(attribute)>\(content)</\(name)>\n"
    }

    /// A whole page.
    ///
    /// - Parameters:
    ///   - language: `en` or `ar`, which is read from right to left.
    ///   - style: CSS.
    ///   - body: HTML.
    static func page(title: String, language: String, style: String, body: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="\(escaped(language))" dir="\(language == "ar" ? "rtl" : "ltr")">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(escaped(title))</title>
        <style>
        \(style)
        </style>
        </head>
        <body>
        \(body)</body>
        </html>

        """
    }
}
