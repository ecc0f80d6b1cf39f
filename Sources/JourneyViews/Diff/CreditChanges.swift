// Conversions and channels whose credits differ between two points of view.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// What one conversion is worth, and which channels have it.
struct ConversionCredit: Equatable {
    var counts: Bool
    var value: MoneySum
    /// Weight, 0…1, and money by name of channel, ascending by name.
    var shares: [Share]

    struct Share: Equatable {
        var channel: String
        var weight: Double
        var value: MoneySum
    }

    var json: JSONValue {
        .object([
            .init("counts", .bool(counts)), .init("value", value.json),
            .init(
                "channels",
                .array(
                    shares.map {
                        .object([
                            .init("channel", .string($0.channel)), .init("weight", .double($0.weight)),
                            .init("value", $0.value.json),
                        ])
                    }
                )
            ),
        ])
    }

    /// For people.
    var text: String {
        (counts ? "" : "taken back, ")
            + shares.map { "\($0.channel) \(($0.weight * 1_000).rounded() / 10) %" }.joined(separator: ", ")
    }
}

/// The credits of one point of view.
private struct CreditSide {
    private var credits: ChannelCredits
    private(set) var totals: [String: CreditTally] = [:]

    init(_ frame: QueryFrame, _ model: TouchModel) throws {
        credits = try ChannelCredits(frame, model)
    }

    /// Adds a record to the totals and gives what each of its conversions earned whom, by position.
    mutating func add(_ record: AttributionRecord) -> [UInt64: ConversionCredit] {
        var found: [UInt64: ConversionCredit] = [:]
        for conversion in record.conversions {
            let worth = conversion.worth(before: nil)
            let change = WorthChange(before: .init(), after: worth, currency: conversion.amount?.currency)
            var byName: [String: (weight: Double, value: MoneySum)] = [:]
            // Won and reopened: it never was.
            let isNothing = change.conversions == 0 && change.micros == 0
            for share in credits.shares(of: conversion, in: record, change) {
                let name = credits.name(share.key)
                byName[name, default: (0, MoneySum())].weight += Double(share.weight) / Double(max(share.total, 1))
                if share.credit != 0, let currency = change.currency {
                    byName[name, default: (0, MoneySum())].value.add(share.credit, currency, scale: change.digits)
                }
                if !isNothing { add(share, name, change) }
            }
            var value = MoneySum()
            if let currency = change.currency { value.add(worth.micros, currency, scale: change.digits) }
            found[conversion.position] = ConversionCredit(
                counts: worth.counts,
                value: value,
                shares: byName.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                    .map { .init(channel: $0.key, weight: $0.value.weight, value: $0.value.value) }
            )
        }
        for refund in record.unmatched {
            totals[CreditKeys.unattributed, default: CreditTally()].value.add(refund.amount)
        }
        return found
    }

    private mutating func add(_ share: ChannelCredits.Share, _ name: String, _ change: WorthChange) {
        var tally = totals[name] ?? CreditTally()
        tally.conversions.add(share.weight, over: share.total, sign: Int128(change.conversions))
        if share.weight != 0 || share.credit != 0, let currency = change.currency {
            tally.value.add(share.credit, currency, scale: change.digits)
        }
        totals[name] = tally
    }
}

/// The differences in credits.
struct CreditChanges {
    /// In order of name.
    private(set) var channels: [(name: String, before: CreditTally, after: CreditTally)] = []
    private var changed: [(position: UInt64, before: ConversionCredit?, after: ConversionCredit?)] = []

    /// By a model that weighs the touchpoints of one path, as the rules of each side make it.
    init(_ before: DiffSide, _ after: DiffSide, models: (TouchModel, TouchModel)) throws {
        var (old, new) = (try CreditSide(before.frame, models.0), try CreditSide(after.frame, models.1))
        for key in Set(before.records.keys).union(after.records.keys).sorted() {
            var (then, now) = ([UInt64: ConversionCredit](), [UInt64: ConversionCredit]())
            for record in before.records[key] ?? [] { then.merge(old.add(record)) { $1 } }
            for record in after.records[key] ?? [] { now.merge(new.add(record)) { $1 } }
            compare(then, now)
        }
        join()
        for name in Set(old.totals.keys).union(new.totals.keys) {
            let (a, b) = (old.totals[name] ?? CreditTally(), new.totals[name] ?? CreditTally())
            if a.conversions != b.conversions || a.value.json != b.value.json { channels.append((name, a, b)) }
        }
        channels.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private mutating func compare(_ before: [UInt64: ConversionCredit], _ after: [UInt64: ConversionCredit]) {
        for position in Set(before.keys).union(after.keys) where before[position] != after[position] {
            changed.append((position, before[position], after[position]))
        }
    }

    /// A conversion that is of one customer before and of another one after was found twice: once without the other side.
    private mutating func join() {
        let byPosition = Dictionary(grouping: changed, by: \.position)
        guard byPosition.count < changed.count else { return }
        changed = byPosition.compactMap { position, found in
            let (before, after) = (found.lazy.compactMap(\.before).first, found.lazy.compactMap(\.after).first)
            return before == after ? nil : (position, before, after)
        }
    }

    /// The conversions that differ, with their events, in order of id.
    func conversions(_ log: LogSnapshot) throws -> [(Event, ConversionCredit?, ConversionCredit?)] {
        let sorted = changed.sorted { $0.position < $1.position }
        let events = try log.events(at: sorted.map(\.position))
        return zip(events, sorted).map { ($0, $1.before, $1.after) }
            .sorted { a, b in
                a.0.id != b.0.id
                    ? a.0.id.utf8.lexicographicallyPrecedes(b.0.id.utf8)
                    : a.0.source.utf8.lexicographicallyPrecedes(b.0.source.utf8)
            }
    }
}
