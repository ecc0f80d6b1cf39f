// A table for people: columns as wide as their widest cell, numbers at their end; on a terminal the widest text columns
// give way until a row fits.
internal import JourneyEvents
internal import JourneyViews

struct TextTable {
    private let columns: [Answer.Column]
    private let names: [String]
    private let cells: [[String]]
    private let color: Bool

    init(_ columns: [Answer.Column], _ rows: [[JSONValue]], color: Bool) {
        self.columns = columns
        self.color = color
        names = columns.map { Sanitizer.printed($0.name) }
        cells = rows.map { row in row.map { Sanitizer.printed(Cell.text(Cell.rounded($0))) } }
    }

    /// The table's lines; with a width no line is longer, where columns of three characters allow it.
    func text(width: Int?) -> String {
        guard !columns.isEmpty, !cells.isEmpty else { return "" }
        var widths = columns.indices.map { index in
            cells.reduce(DisplayWidth.of(names[index])) { max($0, DisplayWidth.of($1[index])) }
        }
        if let width { shrink(&widths, to: width) }
        let header = line(names, widths)
        var out = (color ? "\u{1B}[1m" + header + "\u{1B}[0m" : header) + "\n"
        for row in cells { out += line(row, widths) + "\n" }
        return out
    }

    private func shrink(_ widths: inout [Int], to width: Int) {
        while widths.reduce(0, +) + (widths.count - 1) * 2 > width {
            let texts = columns.indices.filter { !columns[$0].isNumber }
            guard let widest = texts.max(by: { widths[$0] < widths[$1] }), widths[widest] > 3 else { return }
            widths[widest] -= 1
        }
    }

    private func line(_ row: [String], _ widths: [Int]) -> String {
        var out = ""
        for (index, cell) in row.enumerated() {
            let fitted = DisplayWidth.fitted(cell, to: widths[index])
            let space = String(repeating: " ", count: max(widths[index] - DisplayWidth.of(fitted), 0))
            let isLast = index + 1 == row.count
            out += columns[index].isNumber ? space + fitted : isLast ? fitted : fitted + space
            if !isLast { out += "  " }
        }
        return out
    }
}
