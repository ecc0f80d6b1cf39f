// A brief as the parts of one page, from the answer's JSON: text and HTML show the same.
internal import JourneyEvents
internal import JourneyViews

/// What stands on the page.
struct BriefSheet {
    /// One entry: parts that stand side by side. A part is words that belong together, a label and a value, each of which may
    /// be written from another side.
    struct Item {
        var parts: [[String]]
        /// Whether somebody is late.
        var isLate = false

        init(_ parts: [[String]?], isLate: Bool = false) {
            self.parts = parts.compactMap { $0 }
            self.isLate = isLate
        }
    }

    struct Section {
        var title: String
        var items: [Item]
        /// How many items are not shown.
        var more = 0
    }

    let words: BriefWords
    private(set) var title = ""
    /// Who it is, line by line.
    private(set) var facts: [Item] = []
    /// The suggestion first.
    private(set) var steps: [Item] = []
    private(set) var sections: [Section] = []
    /// Titles of sections without anything in them.
    private(set) var empty: [String] = []
    private(set) var foot = Item([])
    private let brief: JSONValue
    private let local: LocalTime

    init(_ answer: Answer, _ language: BriefWords.Language) {
        words = BriefWords(language: language)
        brief = .object(answer.payload)
        local = LocalTime(brief["zone"]?.plain ?? "UTC")
        who()
        steps = brief.list("next_steps").map(step)
        section("handoff", handOff)
        section("deals", brief.list("deals").map(deal), most: 5)
        section("follow_ups", brief.list("follow_ups").map(followUp), most: 4)
        section("meetings", brief.list("meetings").map(meeting), most: 2)
        section("objections", brief.list("objections").map(objection), most: 4)
        section("questions", brief.list("questions").map(question), most: 4)
        section("contacts", brief.list("contacts").map(contact), most: 5)
        section("interests", brief.list("interests").map(interest), most: 6)
        section("messages", brief.list("messages").map(message), most: 4)
        section("touches", touches)
        section("score", score)
        foot = Item([
            labelled("as_of", minute(brief["at"])), one(brief["zone"]?.plain),
            labelled("position", "\(answer.position.rawValue)"), labelled("rules", answer.rules),
        ])
    }

    private mutating func section(_ name: String, _ items: [Item], most: Int = .max) {
        guard !items.isEmpty else { return empty.append(words[name]) }
        sections.append(
            Section(title: words[name], items: Array(items.prefix(most)), more: max(0, items.count - most))
        )
    }

    private func minute(_ value: JSONValue?) -> String? { value?.plain.map { local.minute($0) } }
    private func day(_ value: JSONValue?) -> String? { value?.plain.map { local.day($0) } }
    private func count(_ value: JSONValue) -> String? { value["count"].map { $0.text + "×" } }

    /// A part of one piece; nil for nothing.
    private func one(_ text: String?) -> [String]? { text.flatMap { $0.isEmpty ? nil : [$0] } }
    private func word(_ value: JSONValue?) -> [String]? { value?.plain.map { [words[$0]] } }
    private func labelled(_ name: String, _ value: String?) -> [String]? { value.map { [words[name], $0] } }
    private func money(_ value: JSONValue?) -> String? {
        guard let value, value != .null, value != .array([]) else { return nil }
        return Cell.text(value)
    }

    private mutating func who() {
        let profile = brief["profile"]
        let customer = brief["customer"]?.plain ?? ""
        title = profile?["name"]?.plain ?? customer
        let said = ["company", "job_title", "country", "language"].map { one(profile?[$0]?.plain) }
        facts.append(Item([title == customer ? nil : [customer]] + said))
        facts.append(
            Item([
                labelled("owner", brief["owner"]?.plain), labelled("account", brief["account"]?.plain),
                labelled("revenue", money(brief["revenue"])),
            ])
        )
        let (now, peak) = (brief["stage_now"]?.plain, brief["stage_peak"]?.plain)
        facts.append(
            Item(
                [
                    labelled("stage", now).map { $0 + (labelled("since", day(brief["stage_since"])) ?? []) },
                    peak == now ? nil : labelled("peak", peak), labelled("dormant", day(brief["dormant_since"])),
                ] + brief.list("flags").map(word)
            )
        )
        let others = brief.list("identifiers").compactMap(\.plain).filter { $0 != customer }
        if !others.isEmpty {
            let shown = others.prefix(4) + (others.count > 4 ? ["+\(others.count - 4)"] : [])
            facts.append(Item([[words["also"]]] + shown.map { [$0] }))
        }
        facts.removeAll { $0.parts.isEmpty }
    }

    private func step(_ step: JSONValue) -> Item {
        let text = words.step(step["rule"]?.plain ?? "", step["text"]?.plain ?? "")
        let isLate = (step["due_at"]?.plain ?? "~") < (brief["at"]?.plain ?? "")
        return Item(
            [[text], one(step["subject"]?.plain), labelled("due", minute(step["due_at"]))],
            isLate: isLate
        )
    }

    private var handOff: [Item] {
        guard let handOff = brief["handoff"], handOff != .null else { return [] }
        var items = [
            Item([
                one(minute(handOff["handed_off_at"])), labelled("to", handOff["owner"]?.plain),
                handOff["rejected_at"]?.plain.map { _ in [words["given_back"]] }, one(handOff["reason"]?.plain),
            ])
        ]
        for (clock, done) in [("accept", "accepted_at"), ("contact", "contacted_at")] {
            guard let reading = handOff[clock], let state = reading["state"]?.plain else { continue }
            let isLate = state == "breached"
            let due = isLate || state == "open" ? labelled("due", minute(reading["due_at"])) : nil
            items.append(Item([labelled(clock, words[state]), due, one(minute(handOff[done]))], isLate: isLate))
        }
        return items
    }

    private var score: [Item] {
        guard let score = brief["score"], score != .null else { return [] }
        func points(_ value: JSONValue?) -> String? { value.map { Cell.text(Cell.rounded($0)) } }
        let reasons = score.list("reasons").prefix(5).map {
            [$0["rule"]?.plain, points($0["points"])].compactMap { $0 }
        }
        return [
            Item([
                labelled("grade", score["grade"]?.plain), labelled("fit", points(score["fit"])),
                labelled("engagement", points(score["engagement"])),
            ])
        ] + (reasons.isEmpty ? [] : [Item(Array(reasons))])
    }

    private func deal(_ deal: JSONValue) -> Item {
        let state = deal["state"]?.plain ?? ""
        let amount = deal["amount"]?.plain.map { $0 + " " + (deal["currency"]?.plain ?? "") }
        let (isOverdue, isStuck) = (deal["overdue"] == .bool(true), deal["stuck"] == .bool(true))
        let rest =
            state == "open"
            ? [
                one(deal["stage"]?.plain), labelled("expected", deal["expected_close"]?.plain),
                isOverdue ? [words["overdue"]] : nil, isStuck ? [words["stuck"]] : nil,
            ] : [[words[state]], one(deal["reason"]?.plain), one(day(deal["closed_at"]))]
        return Item([one(deal["deal"]?.plain), one(amount)] + rest, isLate: isOverdue || isStuck)
    }

    private func followUp(_ plan: JSONValue) -> Item {
        Item(
            [
                one(plan["note"]?.plain ?? plan["follow_up"]?.plain), labelled("due", minute(plan["due_at"])),
                one(plan["owner"]?.plain), word(plan["state"]),
            ],
            isLate: plan["state"]?.plain == "overdue"
        )
    }

    private func meeting(_ meeting: JSONValue) -> Item {
        Item([one(minute(meeting["at"])), one(meeting["kind"]?.plain)])
    }

    private func objection(_ objection: JSONValue) -> Item {
        Item([
            word(objection["state"]), one(objection["category"]?.plain), one(objection["text"]?.plain),
            labelled("competitor", objection["competitor"]?.plain), one(objection["outcome"]?.plain),
            one(objection["deal"]?.plain), one(day(objection["raised_at"])),
        ])
    }

    private func question(_ question: JSONValue) -> Item {
        Item([one(question["question"]?.plain), word(question["state"]), one(day(question["asked_at"]))])
    }

    private func contact(_ contact: JSONValue) -> Item {
        Item([
            one(minute(contact["at"])), word(contact["type"]), one(contact["by"]?.plain), word(contact["direction"]),
            word(contact["outcome"]), one(contact["note"]?.plain),
        ])
    }

    private func interest(_ interest: JSONValue) -> Item {
        // How a page is fetched says nothing of it.
        let address = interest["what"]?.plain.map { what in
            what.firstRange(of: "://").map { String(what[$0.upperBound...]) } ?? what
        }
        return Item([
            word(interest["kind"]), one(interest["title"]?.plain ?? address), one(count(interest)),
            one(day(interest["last_at"])),
        ])
    }

    private func message(_ message: JSONValue) -> Item {
        Item([one(message["message"]?.plain), one(count(message)), one(day(message["last_at"]))])
    }

    private var touches: [Item] {
        guard let touches = brief["touches"], touches["count"] != .int(0) else { return [] }
        func touch(_ name: String) -> Item {
            let touch = touches[name]
            return Item([
                labelled(name, touch?["channel"]?.plain), one(touch?["campaign"]?.plain), one(minute(touch?["at"])),
            ])
        }
        func counts(_ list: String, _ name: String) -> [[String]] {
            touches.list(list).prefix(6).map { [$0[name]?.plain, count($0)].compactMap { $0 } }
        }
        let campaigns = counts("campaigns", "campaign")
        return [Item([[words["channels"]]] + counts("channels", "channel")), touch("first"), touch("last")]
            + (campaigns.isEmpty ? [] : [Item([[words["campaigns"]]] + campaigns)])
    }
}

extension JSONValue {
    /// The text of a string; nil for anything else.
    fileprivate var plain: String? { if case .string(let text) = self { text } else { nil } }

    /// The entries of a member that is a list.
    fileprivate func list(_ key: String) -> [JSONValue] { if case .array(let list)? = self[key] { list } else { [] } }
}
