// A brief as one HTML page: readable on a telephone, printable on a sheet, from right to left in Arabic.

struct BriefPage {
    let sheet: BriefSheet

    var html: String {
        var body = HTMLText.element("p", class: "kicker", HTMLText.escaped(sheet.words["brief"]))
        body += HTMLText.element("h1", HTMLText.data(sheet.title))
        for fact in sheet.facts { body += HTMLText.element("p", class: "fact", parts(fact)) }
        var page = HTMLText.element("header", body)
        page += HTMLText.element("main", next + sheet.sections.map(section).joined())
        var foot = ""
        if !sheet.empty.isEmpty {
            foot += HTMLText.element(
                "p",
                HTMLText.escaped(sheet.words["nothing"] + ": " + sheet.empty.joined(separator: ", "))
            )
        }
        foot += HTMLText.element("p", parts(sheet.foot))
        page += HTMLText.element("footer", foot)
        return HTMLText.page(
            title: sheet.words["brief"] + " · " + sheet.title,
            language: sheet.words.language.rawValue,
            style: BriefPage.style,
            body: page
        )
    }

    private func parts(_ item: BriefSheet.Item) -> String {
        item.parts.map { $0.map(HTMLText.data).joined(separator: " ") }
            .joined(separator: " <span class=\"dot\">·</span> ")
    }

    private var next: String {
        guard let first = sheet.steps.first else { return "" }
        var content = HTMLText.element("h2", HTMLText.escaped(sheet.words["next"]))
        content += HTMLText.element("p", class: first.isLate ? "step late" : "step", parts(first))
        let others = sheet.steps.dropFirst().prefix(3)
        if !others.isEmpty { content += HTMLText.element("ul", others.map(item).joined()) }
        return HTMLText.element("section", class: "next", content)
    }

    private func item(_ item: BriefSheet.Item) -> String {
        HTMLText.element("li", class: item.isLate ? "late" : nil, parts(item))
    }

    private func section(_ section: BriefSheet.Section) -> String {
        var items = section.items.map(item).joined()
        if section.more > 0 {
            items += HTMLText.element("li", class: "dot", "+\(section.more) " + HTMLText.escaped(sheet.words["more"]))
        }
        return HTMLText.element(
            "section",
            HTMLText.element("h2", HTMLText.escaped(section.title)) + HTMLText.element("ul", items)
        )
    }

    private static let style = """
        :root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --paper: #ffffff;
          --next: #eaf4ff; --late: #a40e26; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e6edf3; --soft: #9aa4af; --line: #3a424c; --paper: #0f1419; --next: #14273b; --late: #ff9a9a; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 60rem; padding: 1.25rem; background: var(--paper); color: var(--ink);
          font: 1rem/1.45 system-ui, "Noto Sans", "Noto Sans Arabic", sans-serif; overflow-wrap: anywhere; }
        h1 { margin: 0; font-size: 1.6rem; line-height: 1.2; }
        h2 { margin: 0 0 .25rem; font-size: .95rem; color: var(--soft); }
        p { margin: .15rem 0; }
        .kicker, .dot, footer { color: var(--soft); }
        .kicker, footer { font-size: .85rem; }
        main { display: grid; gap: .9rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr));
          margin: 1rem 0; }
        section { border-block-start: 1px solid var(--line); padding-block-start: .5rem; break-inside: avoid; }
        .next { grid-column: 1 / -1; background: var(--next); border: 0; border-radius: .5rem; padding: .75rem 1rem; }
        .step { font-size: 1.15rem; font-weight: 600; }
        ul { margin: 0; padding-inline-start: 1.1rem; }
        .short { white-space: nowrap; }
        .late { color: var(--late); }
        @media print {
          @page { size: A4; margin: 12mm; }
          :root { --ink: #000000; --soft: #444444; --line: #999999; --paper: #ffffff; --next: #ffffff; --late: #8a0015; }
          body { max-width: none; padding: 0; font-size: 9.5pt; }
          .next { border: 1px solid var(--line); }
          main { grid-template-columns: 1fr 1fr; gap: .5rem 1.5rem; }
        }
        """
}
