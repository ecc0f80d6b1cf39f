// One key figure: its value with what it is made of, so that a reader can compute it again.
internal import JourneyEvents

/// What a figure is.
enum KPIValue {
    case count(Int)
    case share(Int, of: Int)
    case money(MoneySum)
    /// What came in, and what went back (negative).
    case net(MoneySum, back: MoneySum)
    /// Money for each of some things, which are counted by currency.
    case average(MoneySum, over: [Currency: Int])
    /// Money for each of some things, whatever currency it is in.
    case cost(MoneySum, of: Int)
    case moneyShare(MoneySum, of: MoneySum)
    case durations(Distribution)
    /// The figure cannot be split by customers.
    case unknown

    /// `value`, and the parts that it is made of.
    var members: [JSONValue.Member] {
        switch self {
        case .count(let count): [.init("value", .count(count))]
        case .share(let part, let whole):
            [
                .init("value", .number(Ratio.of(part, whole))), .init("numerator", .count(part)),
                .init("denominator", .count(whole)),
            ]
        case .money(let sum): [.init("value", sum.json)]
        case .net(let gross, let back):
            [.init("value", result.json), .init("gross", gross.json), .init("back", back.json)]
        case .average(let sum, let counts):
            [
                .init("value", result.json), .init("numerator", sum.json),
                .init(
                    "denominator",
                    .array(
                        counts.sorted { $0.key < $1.key }.map {
                            .object([.init("count", .count($1)), .init("currency", .string($0.code))])
                        }
                    )
                ),
            ]
        case .cost(let sum, let count):
            [.init("value", result.json), .init("numerator", sum.json), .init("denominator", .count(count))]
        case .moneyShare(let part, let whole):
            [
                .init("value", .array(shares.map(KPIValue.json))), .init("numerator", part.json),
                .init("denominator", whole.json),
            ]
        case .durations(let durations): [.init("value", durations.json)]
        case .unknown: [.init("value", .null)]
        }
    }

    /// What a table shows.
    var cell: JSONValue {
        switch self {
        case .moneyShare: KPIValue.cell(ofChange: members[0].value)
        default: members[0].value
        }
    }

    /// Shares by currency as short texts; anything else as it is.
    static func cell(ofChange change: JSONValue) -> JSONValue {
        guard case .array(let list) = change else { return change }
        return .array(
            list.map { entry in
                guard case .double(let share)? = entry["share"], case .string(let code)? = entry["currency"] else {
                    return entry
                }
                return .string(JSONValue.double((share * 10_000).rounded() / 10_000).text + " " + code)
            }
        )
    }

    /// How much more it is than another of its kind: counts, parts of 1, money by currency, seconds of the median; null
    /// where one of the two is not known.
    func change(from other: KPIValue) -> JSONValue {
        switch (self, other) {
        case (.count(let now), .count(let before)): return .count(now - before)
        case (.share(let part, let whole), .share(let partBefore, let wholeBefore)):
            // One fraction: the difference of two rounded ones would show the rounding.
            let difference = Int128(part) * Int128(wholeBefore) - Int128(partBefore) * Int128(whole)
            return .number(Ratio.of(difference, Int128(whole) * Int128(wholeBefore)))
        case (.durations(let now), .durations(let before)):
            guard let now = now.seconds(at: 0.5), let before = before.seconds(at: 0.5) else { return .null }
            return .double(now - before)
        case (.moneyShare, .moneyShare):
            let before = Dictionary(uniqueKeysWithValues: other.shares.map { ($0.currency, $0.share) })
            return .array(
                shares.compactMap { entry in
                    before[entry.currency].map { KPIValue.json((entry.currency, entry.share - $0)) }
                }
            )
        case (.money, .money), (.net, .net):
            var sum = result
            for part in other.result.parts { sum.add(-part.micros, part.currency, scale: part.scale) }
            return sum.json
        case (.average, .average), (.cost, .cost):
            // Where one of the two has no such price there is nothing to compare.
            let before = other.result.parts
            var sum = MoneySum()
            for part in result.parts {
                guard let old = before.first(where: { $0.currency == part.currency }) else { continue }
                sum.add(part.micros - old.micros, part.currency, scale: max(part.scale, old.scale))
            }
            return sum.json
        default: return .null
        }
    }

    /// What a figure of money comes to.
    private var result: MoneySum {
        switch self {
        case .money(let sum): return sum
        case .net(let gross, let back):
            var sum = gross
            sum.add(back)
            return sum
        case .average(let sum, let counts): return KPIValue.each(sum) { counts[$0] ?? 0 }
        case .cost(let sum, let count): return KPIValue.each(sum) { _ in count }
        case .count, .share, .moneyShare, .durations, .unknown: return MoneySum()
        }
    }

    private static func each(_ sum: MoneySum, _ count: (Currency) -> Int) -> MoneySum {
        var result = MoneySum()
        for part in sum.parts {
            let count = count(part.currency)
            guard count > 0 else { continue }
            let micros = MoneyMetrics.nearest(part.micros, part.currency, over: Int128(count))
            result.add(micros, part.currency, scale: UInt8(part.currency.minorDigits))
        }
        return result
    }

    private var shares: [(currency: Currency, share: Double)] {
        guard case .moneyShare(let part, let whole) = self else { return [] }
        return whole.parts.compactMap { entry in
            Ratio.of(part.parts.first { $0.currency == entry.currency }?.micros ?? 0, entry.micros)
                .map { (entry.currency, $0) }
        }
    }

    private static func json(_ share: (currency: Currency, share: Double)) -> JSONValue {
        .object([.init("currency", .string(share.currency.code)), .init("share", .double(share.share))])
    }
}

/// A figure with its name and place.
struct KPIFigure {
    enum Section: String, CaseIterable {
        case marketing, sales, shared
    }

    var section: Section
    /// Its key in the section, or its name among the figures of a list.
    var name: String
    /// The key of the list that it is in, and what tells it apart there.
    var list: String?
    var labels: [JSONValue.Member] = []
    var value: KPIValue

    init(_ section: Section, _ name: String, _ value: KPIValue) {
        (self.section, self.name, self.value) = (section, name, value)
    }

    init(_ section: Section, _ name: String, in list: String, _ labels: [JSONValue.Member], _ value: KPIValue) {
        (self.section, self.name, self.value) = (section, name, value)
        (self.list, self.labels) = (list, labels)
    }
}

/// The figures of one period, with those that they are compared with.
struct KPITable {
    var figures: [KPIFigure]
    /// The period before, as it was at its end.
    var before: [KPIFigure]?
    /// The period before as far as this one has come, where this one has not ended.
    var toDate: [KPIFigure]?

    /// The figures that stand at the same place; figures of one report have one order.
    private func rows() -> [(figure: KPIFigure, before: KPIValue?, toDate: KPIValue?)] {
        func find(_ figure: KPIFigure, _ other: [KPIFigure]?) -> KPIValue? {
            other?.first { $0.section == figure.section && $0.name == figure.name && $0.list == figure.list }?.value
        }
        return figures.map { ($0, find($0, before), find($0, toDate)) }
    }

    private func change(_ now: KPIValue, _ before: KPIValue?, _ toDate: KPIValue?) -> JSONValue {
        (toDate ?? before).map { now.change(from: $0) } ?? .null
    }

    /// `marketing`, `sales` and `shared`; `isPlain` leaves out the comparison.
    func members(isPlain: Bool = false) -> [JSONValue.Member] {
        let rows = rows()
        return KPIFigure.Section.allCases.map { section in
            var members: [JSONValue.Member] = []
            var lists: [String: [JSONValue]] = [:]
            for (figure, before, toDate) in rows where figure.section == section {
                var object = figure.labels + figure.value.members
                if !isPlain {
                    object.append(.init("before", before.map { .object($0.members) } ?? .null))
                    if let toDate { object.append(.init("before_to_date", .object(toDate.members))) }
                    object.append(.init("change", change(figure.value, before, toDate)))
                }
                if let list = figure.list {
                    lists[list, default: []].append(.object(object))
                } else {
                    members.append(.init(figure.name, .object(object)))
                }
            }
            for (list, objects) in lists.sorted(by: { $0.key < $1.key }) {
                members.append(.init(list, .array(objects)))
            }
            return .init(section.rawValue, .object(members))
        }
    }

    /// Rows of `section, figure, value, before`, `before_to_date` where there is one, `change`.
    func cells() -> [[JSONValue]] {
        rows().map { figure, before, toDate in
            [.string(figure.section.rawValue), .string(figure.name), figure.value.cell, before?.cell ?? .null]
                + (self.toDate == nil ? [] : [toDate?.cell ?? .null])
                + [KPIValue.cell(ofChange: change(figure.value, before, toDate))]
        }
    }
}
