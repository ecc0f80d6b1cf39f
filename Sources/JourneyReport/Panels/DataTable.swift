// A table of a panel: a caption, headers with a scope, the first cell of a row its name.

struct DataTable {
    /// A column.
    struct Column {
        var label: Markup
        var isNumber = false
    }

    /// A cell.
    enum Cell {
        /// A name from data.
        case name(String)
        /// A name of the vocabulary.
        case term(String)
        /// A formatted number.
        case number(String)
        /// Any markup.
        case markup(Markup)
        /// A part of 1 with its depth of colour.
        case heat(Double, String)
        /// There is no such value.
        case none
    }

    let caption: Label
    let columns: [Column]
    var rows: [[Cell]]
    var style = ""
    /// Whether the caption says what the panel's title does not.
    var showsCaption = true

    /// Columns with these labels, those of numbers aligned at their end.
    static func columns(_ voice: Voice, names: [Label], numbers: [Label]) -> [Column] {
        names.map { Column(label: voice.say($0)) } + numbers.map { Column(label: voice.say($0), isNumber: true) }
    }

    func markup(_ voice: Voice) -> Markup {
        let head = columns.enumerated().map { index, column in
            let style = column.isNumber ? "n" : index == 0 ? "" : cellStyle
            return Markup.element(.th, [Attribute(.scope, "col")] + css(style), [column.label])
        }
        let body = rows.map { row in
            Markup.element(
                .tr,
                [],
                row.enumerated().map { index, cell in
                    let isNumber = index < columns.count && columns[index].isNumber
                    guard index > 0 else {
                        return .element(.th, [Attribute(.scope, "row")], [content(cell, voice)])
                    }
                    if case .heat(let share, let text) = cell {
                        return .element(.td, [.css("cell " + DataTable.heat(share))], [voice.number(text)])
                    }
                    return .element(.td, css(isNumber ? "n" : cellStyle), [content(cell, voice)])
                }
            )
        }
        let table = Markup.element(
            .table,
            css(style),
            [
                .element(.caption, css(showsCaption ? "" : "unseen"), [voice.say(caption)]),
                .element(.thead, [], [.element(.tr, [], head)]),
                .element(.tbody, [], body),
            ]
        )
        // What is too wide scrolls by itself, for the keyboard too.
        return .element(
            .div,
            [
                .css("scroll"), Attribute(.tabindex, "0"), Attribute(.role, "group"),
                Attribute(.ariaLabel, voice.text(caption)),
            ],
            [table]
        )
    }

    private var cellStyle: String { style == "heat" ? "cell" : "" }

    private func css(_ name: String) -> [Attribute] { name.isEmpty ? [] : [.css(name)] }

    private func content(_ cell: Cell, _ voice: Voice) -> Markup {
        switch cell {
        case .name(let text): voice.name(text)
        case .term(let text): voice.term(text)
        case .number(let text), .heat(_, let text): voice.number(text)
        case .markup(let markup): markup
        case .none: .text("–")
        }
    }

    private static func heat(_ share: Double) -> String {
        guard share > 0 else { return "h0" }
        return "h\(min(Palette.heatCount, Int((share * Double(Palette.heatCount)).rounded(.up))))"
    }
}
