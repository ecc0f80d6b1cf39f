// The colours of a report: one set for paper and light screens, one for dark ones. The tests compute their contrast.

/// A set of colours by what they are for.
struct Palette: Sendable {
    /// A colour and what it is for.
    struct Entry: Sendable {
        let name: String
        /// `#rrggbb`.
        let color: String
        init(_ name: String, _ color: String) {
            self.name = name
            self.color = color
        }
    }

    let entries: [Entry]

    /// The declarations of a style sheet.
    var css: String { entries.map { "--\($0.name):\($0.color);" }.joined() }

    subscript(_ name: String) -> String? { entries.first { $0.name == name }?.color }

    /// How many series a chart tells apart; the last is for what is left.
    static let seriesCount = 7
    /// How many steps a heat table has.
    static let heatCount = 6

    /// The series are dark enough for white numbers on them, and differ in lightness for those who see hues alike.
    static let light = Palette(entries: [
        .init("page", "#f5f6f8"), .init("card", "#ffffff"), .init("ink", "#18202e"), .init("soft", "#535d6e"),
        .init("rule", "#d9dee6"), .init("accent", "#1f5fa8"), .init("ghost", "#8693a6"), .init("on", "#ffffff"),
        .init("s1", "#1f5fa8"), .init("s2", "#a34a06"), .init("s3", "#0b6b5d"), .init("s4", "#6a3fa0"),
        .init("s5", "#b0255f"), .init("s6", "#565b14"), .init("s7", "#5d6675"),
        .init("h1", "#e9f1fa"), .init("h2", "#cfe1f5"), .init("h3", "#a9c9ec"), .init("h4", "#3a77bb"),
        .init("h5", "#1f5fa8"), .init("h6", "#123f75"), .init("hlow", "#18202e"), .init("hhigh", "#ffffff"),
    ])

    static let dark = Palette(entries: [
        .init("page", "#0f131a"), .init("card", "#181e28"), .init("ink", "#e9edf4"), .init("soft", "#a9b4c4"),
        .init("rule", "#313a49"), .init("accent", "#82b6f2"), .init("ghost", "#76839a"), .init("on", "#0f131a"),
        .init("s1", "#82b6f2"), .init("s2", "#f0a766"), .init("s3", "#5fcdb9"), .init("s4", "#bfa4f2"),
        .init("s5", "#f397bb"), .init("s6", "#c9cf6c"), .init("s7", "#aab4c3"),
        .init("h1", "#1c2a3d"), .init("h2", "#22395a"), .init("h3", "#294b7a"), .init("h4", "#7cb0ec"),
        .init("h5", "#9cc5f4"), .init("h6", "#c6defa"), .init("hlow", "#e9edf4"), .init("hhigh", "#0f131a"),
    ])
}
