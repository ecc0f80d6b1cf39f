// What all charts share. They are drawn in per cent of their width and pixels of their height: text keeps its size from 360
// pixels to paper, and from right to left a bar grows from the right.

/// Puts the parts of a chart into one SVG that says what it shows.
struct ChartFrame {
    let title: String
    let description: String
    let voice: Voice

    /// The height of a row with a line of text and a bar.
    static let row = 42
    static let bar = 14

    /// A chart of some height.
    func svg(height: Int, _ content: [Markup]) -> Markup {
        svg([Attribute(.height, String(height))], content)
    }

    func svg(_ attributes: [Attribute], _ content: [Markup]) -> Markup {
        .element(
            .svg,
            [Attribute(.role, "img")] + attributes,
            [
                .element(.title, [], text: title),
                .element(.desc, [], text: description),
            ] + content
        )
    }

    /// The label of a row at its start and its value at its end.
    func line(_ row: Int, label: String, value: String) -> [Markup] {
        let y = row * ChartFrame.row + 14
        return [
            text(x: voice.isMirrored ? 1 : 0, y: y, anchor: "start", "label", Fitting.fitted(label, to: 38)),
            text(x: voice.isMirrored ? 0 : 1, y: y, anchor: "end", "value", value),
        ]
    }

    func text(x: Double, y: Int, anchor: String, _ style: String, _ text: String) -> Markup {
        .element(
            .text,
            [
                Attribute(.x, percent(x)), Attribute(.y, String(y)), Attribute(.textAnchor, anchor), .css(style),
            ],
            [.isolated(text)]
        )
    }

    /// A bar of a row from one share of the width to another.
    func bar(_ row: Int, from: Double, to: Double, _ style: String, height: Int = ChartFrame.bar) -> Markup {
        let width = max(0, to - from)
        return .element(
            .rect,
            [
                Attribute(.x, percent(voice.isMirrored ? 1 - from - width : from)),
                Attribute(.y, String(row * ChartFrame.row + 20 + (ChartFrame.bar - height) / 2)),
                Attribute(.width, percent(width)), Attribute(.height, String(height)), Attribute(.rx, "2"),
                .css(style),
            ]
        )
    }

    /// Where a share of the width is.
    func x(_ share: Double) -> String { percent(voice.isMirrored ? 1 - share : share) }

    /// A share of the width as an attribute says it.
    func percent(_ share: Double) -> String {
        NumberText.decimal(min(max(share, 0), 1) * 100, digits: 2) + "%"
    }
}

/// Shortens what a chart has no room for; the table beside it has the whole.
enum Fitting {
    static func fitted(_ text: String, to width: Int) -> String {
        guard text.count > width else { return text }
        return text.prefix(width - 1) + "…"
    }
}
