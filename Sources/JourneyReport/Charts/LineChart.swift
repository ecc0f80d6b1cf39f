// A line over the last periods, small enough for a tile.

struct LineChart {
    let frame: ChartFrame
    let values: [Double]

    var markup: Markup {
        let most = max(values.reduce(0, max), .leastNonzeroMagnitude)
        let last = max(values.count - 1, 1)
        let points = values.enumerated().map { index, value in
            let x = Double(index) / Double(last) * 100
            let y = 26 - max(value, 0) / most * 24
            return NumberText.decimal(frame.voice.isMirrored ? 100 - x : x, digits: 2) + ","
                + NumberText.decimal(y, digits: 2)
        }
        return frame.svg(
            [
                Attribute(.viewBox, "0 0 100 28"), Attribute(.preserveAspectRatio, "none"), Attribute(.height, "28"),
            ],
            [
                .element(
                    .polyline,
                    [
                        Attribute(.points, points.joined(separator: " ")), .css("spark"),
                        Attribute(.vectorEffect, "non-scaling-stroke"),
                    ]
                )
            ]
        )
    }
}
