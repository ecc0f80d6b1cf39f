// What changed since the report before, in plain sentences.
internal import JourneyEvents

/// Sentences about the differences between two periods.
struct ChangeList {
    let voice: Voice
    let report: JSONValue

    private static let newCustomers = Noun(
        "new customer",
        "new customers",
        arabic: ["لا عملاء جدد", "عميل جديد واحد", "عميلان جديدان", "عملاء جدد", "عميلًا جديدًا", "عميل جديد"]
    )
    private static let conversions = Noun(
        "conversion",
        "conversions",
        arabic: ["لا تحويلات", "تحويل واحد", "تحويلان", "تحويلات", "تحويلًا", "تحويل"]
    )
    private static let customers = Noun(
        "customer",
        "customers",
        arabic: ["لا عملاء", "عميل واحد", "عميلان", "عملاء", "عميلًا", "عميل"]
    )
    private static let deals = Noun(
        "deal",
        "deals",
        arabic: ["لا صفقات", "صفقة واحدة", "صفقتان", "صفقات", "صفقة", "صفقة"]
    )

    /// At most so many names in a sentence.
    private static let named = 3

    private var changes: JSONValue { report.at("changes") }

    private func figure(_ name: String) -> (now: JSONValue, before: JSONValue) {
        KeyFigure.pair(report.at("figures").list.first { $0.at("figure").plain == name } ?? .null)
    }

    var panel: Panel {
        Panel(
            id: "changes",
            title: Label("What changed since the last report", "ما الذي تغيّر منذ التقرير السابق"),
            lead: Label(
                "This period against the one before, and the state now against the state at its end.",
                "هذه الفترة مقابل السابقة، والحال الآن مقابل الحال عند نهايتها."
            ),
            isWide: true,
            body: [
                .element(.ul, [.css("said")], sentences.map { .element(.li, [], [$0.markup(voice)]) })
            ]
        )
    }

    var sentences: [Sentence] {
        let all: [Sentence?] = [
            counted("new_customers", ChangeList.newCustomers),
            counted("conversions", ChangeList.conversions, worth: "value"),
            moves, closed, slipped, reopened, movedDeals, channels,
        ]
        let said = all.compactMap { $0 }
        guard !said.isEmpty else {
            return [voice.sentence(Label("Nothing changed.", "لم يتغير شيء."))]
        }
        return said
    }

    /// `12 new customers, 3 more than in the period before.`
    private func counted(_ name: String, _ noun: Noun, worth: String? = nil) -> Sentence? {
        let (now, before) = (figure(name).now.count, figure(name).before.count)
        guard now != 0 || before != 0 else { return nil }
        let value = worth.map { voice.moneyTexts(figure($0).now, digits: 0) } ?? []
        let head: Sentence =
            value.isEmpty
            ? voice.sentence(Label("{0}", "{0}"), .words(noun.counted(now, voice.language)))
            : voice.sentence(
                Label("{0} worth {1}", "{0} بقيمة {1}"),
                .words(noun.counted(now, voice.language)),
                joined(value.map { .number($0) })
            )
        return voice.sentence(Label("{0}, {1}.", "{0}، {1}."), .sentence(head), .sentence(compared(now, before)))
    }

    private func compared(_ now: Int, _ before: Int) -> Sentence {
        let difference = Sentence.Part.number(NumberText.count(abs(now - before)))
        if now > before {
            return voice.sentence(
                Label("{0} more than in the period before", "بزيادة {0} عن الفترة السابقة"),
                difference
            )
        }
        if now < before {
            return voice.sentence(
                Label("{0} fewer than in the period before", "بانخفاض {0} عن الفترة السابقة"),
                difference
            )
        }
        return voice.sentence(Label("as many as in the period before", "كما في الفترة السابقة"))
    }

    private var moves: Sentence? {
        let (forward, back) = (changes.at("customers").at("forward").count, changes.at("customers").at("back").count)
        guard forward + back > 0 else { return nil }
        let ways = changes.at("customers").at("moves").list.prefix(ChangeList.named).map { move in
            Sentence.Part.sentence(
                voice.sentence(
                    Label("{0} from {1} to {2}", "{0} من {1} إلى {2}"),
                    .number(NumberText.count(move.at("customers").count)),
                    term(move.at("from").plain ?? "–"),
                    term(move.at("to").plain ?? "–")
                )
            )
        }
        return voice.sentence(
            Label(
                "Known customers in a later stage than before: {0}; in an earlier one: {1}. Most often: {2}.",
                "عملاء معروفون انتقلوا إلى مرحلة لاحقة: {0}؛ وإلى مرحلة أسبق: {1}. الأكثر تكرارًا: {2}."
            ),
            .number(NumberText.count(forward)),
            .number(NumberText.count(back)),
            joined(Array(ways))
        )
    }

    private var closed: Sentence? {
        let (won, lost) = (changes.at("deals_won"), changes.at("deals_lost"))
        guard won.at("deals").count + lost.at("deals").count > 0 else { return nil }
        let rates = figure("win_rate")
        func rate(_ value: JSONValue) -> Sentence.Part { .number(value.number.map { NumberText.percent($0) } ?? "–") }
        return voice.sentence(
            Label(
                "Won: {0}{1}. Lost: {2}{3}. Win rate {4}, before {5}.",
                "رابحة: {0}{1}. خاسرة: {2}{3}. نسبة الفوز {4}، وكانت {5}."
            ),
            .words(ChangeList.deals.counted(won.at("deals").count, voice.language)),
            inBrackets(won),
            .words(ChangeList.deals.counted(lost.at("deals").count, voice.language)),
            inBrackets(lost),
            rate(rates.now),
            rate(rates.before)
        )
    }

    private var slipped: Sentence? {
        let slipped = changes.at("deals_slipped")
        guard slipped.at("deals").count > 0 else { return nil }
        return voice.sentence(
            Label(
                "Slipped out of the period in which they should have closed: {0}{1}: {2}.",
                "تأخرت عن الفترة التي كان يُتوقع إغلاقها فيها: {0}{1}: {2}."
            ),
            .words(ChangeList.deals.counted(slipped.at("deals").count, voice.language)),
            inBrackets(slipped),
            names(slipped)
        )
    }

    private var reopened: Sentence? {
        let reopened = changes.at("deals_reopened")
        guard reopened.at("deals").count > 0 else { return nil }
        return voice.sentence(
            Label("Open again after they were closed: {0}: {1}.", "أعيد فتحها بعد إغلاقها: {0}: {1}."),
            .words(ChangeList.deals.counted(reopened.at("deals").count, voice.language)),
            names(reopened)
        )
    }

    private var movedDeals: Sentence? {
        let moved = changes.at("deals_moved").count
        guard moved > 0 else { return nil }
        return voice.sentence(
            Label("Open deals in another stage than before: {0}.", "صفقات مفتوحة انتقلت إلى مرحلة أخرى: {0}."),
            .number(NumberText.count(moved))
        )
    }

    private var channels: Sentence? {
        let changed = changes.at("channels").list.prefix(ChangeList.named)
        guard !changed.isEmpty else { return nil }
        let parts = changed.map { change in
            Sentence.Part.sentence(
                voice.sentence(
                    Label("{0} from {1} to {2}", "{0} من {1} إلى {2}"),
                    term(change.at("channel").plain ?? ""),
                    .number(NumberText.decimal(change.at("before").number ?? 0, digits: 1)),
                    .number(NumberText.decimal(change.at("now").number ?? 0, digits: 1))
                )
            )
        }
        return voice.sentence(
            Label(
                "Largest changes in conversions by channel (linear model): {0}.",
                "أكبر تغيرات التحويلات حسب القناة (النموذج الخطي): {0}."
            ),
            joined(Array(parts))
        )
    }

    private func term(_ name: String) -> Sentence.Part {
        Terms.label(name).map { .words(voice.text($0)) } ?? .name(name)
    }

    private func inBrackets(_ deals: JSONValue) -> Sentence.Part {
        let money = voice.moneyTexts(deals.at("amount"), digits: 0)
        guard !money.isEmpty else { return .words("") }
        return .sentence(voice.sentence(Label(" ({0})", " ({0})"), joined(money.map { .number($0) })))
    }

    /// The first deals of a list, and how many more there are.
    private func names(_ deals: JSONValue) -> Sentence.Part {
        var parts = deals.at("list").list.prefix(ChangeList.named).map { Sentence.Part.name($0.at("deal").plain ?? "") }
        let more = deals.at("deals").count - parts.count
        if more > 0 { parts.append(.number("+" + NumberText.count(more))) }
        return joined(parts)
    }

    private func joined(_ parts: [Sentence.Part]) -> Sentence.Part {
        var all: [Sentence.Part] = []
        for (index, part) in parts.enumerated() {
            if index > 0 { all.append(.words(voice.text(index + 1 == parts.count ? .and : .comma))) }
            all.append(part)
        }
        return .sentence(Sentence(all))
    }
}
