// Rates with the interval that they are uncertain in, beside one rate to compare with.

struct RangeChart {
    /// One rate, 0…1.
    struct Row {
        var label: String
        var text: String
        var rate: Double
        var low: Double
        var high: Double
    }

    let frame: ChartFrame
    let base: Double?
    let rows: [Row]

    var markup: Markup {
        var content: [Markup] = []
        for (index, row) in rows.enumerated() {
            let y = String(index * ChartFrame.row + 27)
            content += frame.line(index, label: row.label, value: row.text)
            content.append(line("axis", 0, 1, y, y))
            content.append(line("span", row.low, row.high, y, y))
            content.append(
                .element(
                    .circle,
                    [Attribute(.cx, frame.x(row.rate)), Attribute(.cy, y), Attribute(.r, "5"), .css("dot")]
                )
            )
            if let base {
                content.append(
                    line("mark", base, base, String(index * ChartFrame.row + 19), String(index * ChartFrame.row + 35))
                )
            }
        }
        return frame.svg(height: rows.count * ChartFrame.row, content)
    }

    private func line(_ style: String, _ from: Double, _ to: Double, _ y1: String, _ y2: String) -> Markup {
        .element(
            .line,
            [
                Attribute(.x1, frame.x(from)), Attribute(.x2, frame.x(to)), Attribute(.y1, y1), Attribute(.y2, y2),
                .css(style),
            ]
        )
    }
}
