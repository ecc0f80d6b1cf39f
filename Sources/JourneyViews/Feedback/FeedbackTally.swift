// What came of one campaign, channel or content.
internal import JourneyEvents

/// What is counted of one of them.
struct FeedbackTally {
    /// How often a text came up, and with how many customers.
    struct Heard {
        var count = 0
        var customers: Set<UInt32> = []

        mutating func add(_ person: UInt32) {
            count += 1
            if person != 0 { customers.insert(person) }
        }
    }

    /// How often objections of a category were raised, and in how many deals.
    struct Objected {
        var raised = 0
        var deals = 0
    }

    var leads = 0
    var mqls = 0
    var deals = DealOutcomes()
    /// The amounts of the deals that were won.
    var revenue = MoneySum()
    var winReasons: [TextKey: Int] = [:]
    var lossReasons: [TextKey: Int] = [:]
    var objections: [TextKey: Objected] = [:]
    var preferences: [TextKey: Heard] = [:]
    /// Messages by how often marketing promised and sales used them.
    var promised: [TextKey: Int] = [:]
    var used: [TextKey: Int] = [:]

    var both: Set<TextKey> { Set(promised.keys).intersection(used.keys) }

    static let figures = ["leads", "mqls", "deals", "open", "won", "lost", "win_rate", "revenue"]
    static let texts = ["loss_reasons", "objections", "preferences"]
    static let messages = ["promised", "used", "both", "overlap_share"]

    private var values: [JSONValue] {
        [
            .count(leads), .count(mqls), .count(deals.all), .count(deals.open), .count(deals.won), .count(deals.lost),
            .number(deals.winRate), revenue.json,
        ]
    }

    /// Of all messages that either side had, the share that both had; nil without any.
    private var overlap: Double? {
        let both = both.count
        return Ratio.of(both, promised.count + used.count - both)
    }

    private func sorted<Value>(_ table: [TextKey: Value], _ count: (Value) -> Int) -> [(key: TextKey, value: Value)] {
        table.sorted { a, b in
            count(a.value) != count(b.value) ? count(a.value) > count(b.value) : a.key < b.key
        }.map { ($0.key, $0.value) }
    }

    /// The members of a row.
    func members(_ spellings: Spellings) -> [JSONValue.Member] {
        func reasons(_ table: [TextKey: Int]) -> JSONValue {
            .array(
                sorted(table) { $0 }.map {
                    .object([.init("reason", .string(spellings.label($0.key))), .init("deals", .count($0.value))])
                }
            )
        }
        func messages(_ table: [TextKey: Int], where isWanted: (TextKey) -> Bool = { _ in true }) -> JSONValue {
            .array(
                sorted(table) { $0 }.filter { isWanted($0.key) }.map {
                    .object([.init("message", .string(spellings.label($0.key))), .init("count", .count($0.value))])
                }
            )
        }
        let heard = sorted(preferences) { $0.count }.map { key, heard -> JSONValue in
            .object([
                .init("preference", .string(spellings.label(key))), .init("count", .count(heard.count)),
                .init("customers", .count(heard.customers.count)),
            ])
        }
        let raised = sorted(objections) { $0.raised }.map { key, objected -> JSONValue in
            .object([
                .init("category", .string(key.text)), .init("raised", .count(objected.raised)),
                .init("deals", .count(objected.deals)),
            ])
        }
        let both = both
        return zip(FeedbackTally.figures, values).map { .init($0, $1) } + [
            .init("win_reasons", reasons(winReasons)), .init("loss_reasons", reasons(lossReasons)),
            .init("objections", .array(raised)), .init("preferences", .array(heard)),
            .init(
                "messages",
                .object([
                    .init("promised", messages(promised)), .init("used", messages(used)),
                    .init("promised_never_used", messages(promised) { !both.contains($0) }),
                    .init("used_never_promised", messages(used) { !both.contains($0) }),
                    .init("both", .count(both.count)), .init("overlap_share", .number(overlap)),
                    .init("promised_used_share", .number(Ratio.of(both.count, promised.count))),
                ])
            ),
        ]
    }

    /// The cells of a row: lists as text, messages as how many there are.
    func cells(_ spellings: Spellings) -> [JSONValue] {
        func list(_ parts: [(key: TextKey, value: Int)]) -> JSONValue {
            .string(parts.map { "\(spellings.label($0.key)) \($0.value)" }.joined(separator: "; "))
        }
        return values + [
            list(sorted(lossReasons) { $0 }), list(sorted(objections.mapValues(\.raised)) { $0 }),
            list(sorted(preferences.mapValues(\.count)) { $0 }), .count(promised.count), .count(used.count),
            .count(both.count), .number(overlap),
        ]
    }
}
