// A brief for a terminal or a printer: one page of at most 80 columns.

struct BriefText {
    private static let width = 80
    private static let margin = 12

    let sheet: BriefSheet

    var text: String {
        var out = wrapped(sheet.words["brief"], [[sheet.title]])
        for fact in sheet.facts { out += wrapped("", fact.parts) }
        for (index, step) in sheet.steps.prefix(4).enumerated() {
            let label = index == 0 ? sheet.words["next"] : index == 1 ? sheet.words["then"] : ""
            out += (index == 0 ? "\n" : "") + wrapped(label, step.parts, isLate: step.isLate)
        }
        for section in sheet.sections {
            out += "\n"
            for (index, item) in section.items.enumerated() {
                out += wrapped(index == 0 ? section.title : "", item.parts, isLate: item.isLate)
            }
            if section.more > 0 { out += wrapped("", [["+\(section.more)", sheet.words["more"]]]) }
        }
        out += "\n"
        if !sheet.empty.isEmpty {
            out += line(sheet.words["nothing"] + ": " + sheet.empty.joined(separator: ", "), at: 0)
        }
        return out + line(BriefText.joined(sheet.foot.parts), at: 0)
    }

    private static func joined(_ parts: [[String]]) -> String {
        parts.map { $0.joined(separator: " ") }.joined(separator: " · ")
    }

    /// Parts side by side behind a label; what is late has a mark.
    private func wrapped(_ label: String, _ parts: [[String]], isLate: Bool = false) -> String {
        guard !(label.isEmpty && parts.isEmpty) else { return "" }
        let text = (isLate ? "! " : "") + BriefText.joined(parts)
        let space = String(repeating: " ", count: max(1, BriefText.margin - DisplayWidth.of(label)))
        return line(text, at: BriefText.margin, after: label + space)
    }

    /// A text cut into lines between its words; a word that is longer than a line is cut.
    private func line(_ text: String, at indent: Int, after start: String = "") -> String {
        let room = BriefText.width - indent
        var out = start
        var used = 0
        for word in Sanitizer.printed(text).split(separator: " ") {
            let word = DisplayWidth.fitted(String(word), to: room)
            let width = DisplayWidth.of(word)
            if used > 0, used + 1 + width > room {
                out += "\n" + String(repeating: " ", count: indent)
                used = 0
            }
            out += (used > 0 ? " " : "") + word
            used += (used > 0 ? 1 : 0) + width
        }
        return out + "\n"
    }
}
