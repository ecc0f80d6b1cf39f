// Bars in parts, each part with the number that the legend gives it, so that colour is not all that tells them apart.

struct StackedChart {
    /// One bar.
    struct Bar {
        var label: String
        var text: String
        /// One value a series.
        var values: [Double]
    }

    let frame: ChartFrame
    /// Names of the series, at most as many as there are colours.
    let series: [String]
    let bars: [Bar]
    /// Whether each bar is as long as its sum, beside the longest; otherwise all are full.
    let showsSums: Bool

    var markup: Markup {
        let sums = bars.map { $0.values.reduce(0) { $0 + max($1, 0) } }
        let most = max(sums.reduce(0, max), .leastNonzeroMagnitude)
        var content: [Markup] = []
        for (row, bar) in bars.enumerated() {
            content += frame.line(row, label: bar.label, value: bar.text)
            content.append(frame.bar(row, from: 0, to: 1, "track", height: 18))
            let whole = showsSums ? most : max(sums[row], .leastNonzeroMagnitude)
            var start = 0.0
            for (index, value) in bar.values.enumerated() where value > 0 {
                let end = start + value / whole
                content.append(frame.bar(row, from: start, to: max(start, end - 0.002), "s\(index + 1)", height: 18))
                if end - start >= 0.035 {
                    let middle = (start + end) / 2
                    content.append(
                        frame.text(
                            x: frame.voice.isMirrored ? 1 - middle : middle,
                            y: row * ChartFrame.row + 31,
                            anchor: "middle",
                            "inside",
                            String(index + 1)
                        )
                    )
                }
                start = end
            }
        }
        return frame.svg(height: bars.count * ChartFrame.row, content) + legend
    }

    private var legend: Markup {
        .element(
            .ul,
            [.css("legend")],
            series.enumerated().map { index, name in
                .element(
                    .li,
                    [],
                    [
                        .element(.span, [.css("swatch s\(index + 1)")], text: String(index + 1)),
                        .element(.bdi, [], text: name),
                    ]
                )
            }
        )
    }
}
