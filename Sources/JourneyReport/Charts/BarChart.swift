// Bars, one below the other.

struct BarChart {
    /// One bar.
    struct Bar {
        var label: String
        var value: Double
        /// What stands at its end.
        var text: String
        /// A value to compare with, drawn as an outline.
        var outline: Double?
    }

    let frame: ChartFrame
    let bars: [Bar]
    /// What the whole width stands for; nil for the longest bar.
    var whole: Double?

    var markup: Markup {
        let most = whole ?? max(bars.reduce(0) { max($0, $1.value, $1.outline ?? 0) }, .leastNonzeroMagnitude)
        var content: [Markup] = []
        for (row, bar) in bars.enumerated() {
            content += frame.line(row, label: bar.label, value: bar.text)
            content.append(frame.bar(row, from: 0, to: 1, "track"))
            content.append(frame.bar(row, from: 0, to: bar.value / most, "s1"))
            if let outline = bar.outline { content.append(frame.bar(row, from: 0, to: outline / most, "ghost")) }
        }
        return frame.svg(height: bars.count * ChartFrame.row, content)
    }
}
