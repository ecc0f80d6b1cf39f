// The conversions of one customer with the touchpoints before them: the row of the view `attribution`. A path is a range of
// the touchpoints, so overlapping paths store each touchpoint once.
internal import JourneyEvents
internal import JourneyLog

/// The conversions of one customer.
struct AttributionRecord: Hashable, Sendable {
    struct Touch: Hashable, Sendable {
        var channel: UInt32
        var campaign: UInt32
        var type: UInt32
        var at: Int64
        var position: UInt64
    }

    struct Conversion: Hashable, Sendable {
        var position: UInt64
        var at: Int64
        var definition: Int
        /// What it was worth when it was made.
        var amount: Amount?
        /// What came back since, in units of 10^-6 of the same currency, and the finest scale of it.
        var reversed: Int128 = 0
        var scale: UInt8 = 0
        /// The deal was reopened: it counts no more.
        var isVoid = false
        /// The path: a range of the touchpoints.
        var first = 0
        var end = 0

        /// What it is worth now, in units of 10^-6.
        var micros: Int128 { isVoid ? 0 : (amount?.micros ?? 0) + reversed }
        /// The digits that its credits are split in.
        var digits: Int {
            max(Int(amount?.scale ?? 0), Int(scale), amount?.currency.minorDigits ?? 0)
        }
    }

    var touches: [Touch] = []
    var conversions: [Conversion] = []
    /// Money back for conversions that nobody knows.
    var unmatched: [Conversion] = []

    var bytes: [UInt8] {
        var out = RowWriter()
        out.number(touches.count)
        for touch in touches {
            out.number(touch.channel)
            out.number(touch.campaign)
            out.number(touch.type)
            out.signed(touch.at)
            out.number(touch.position)
        }
        for list in [conversions, unmatched] {
            out.number(list.count)
            for conversion in list {
                out.number(conversion.position)
                out.signed(conversion.at)
                out.number(conversion.definition)
                out.amount(conversion.amount)
                out.wide(conversion.reversed)
                out.number(conversion.scale)
                out.number(conversion.isVoid ? 1 : 0)
                out.number(conversion.first)
                out.number(conversion.end)
            }
        }
        return out.bytes
    }

    init() {}

    init(_ bytes: Span<UInt8>) throws {
        var row = RowReader(bytes)
        let count = try row.number(bytes)
        for _ in 0..<count {
            let channel = try row.symbol(bytes)
            let campaign = try row.symbol(bytes)
            let type = try row.symbol(bytes)
            let at = try row.signed(bytes)
            touches.append(
                Touch(channel: channel, campaign: campaign, type: type, at: at, position: try row.position(bytes))
            )
        }
        conversions = try AttributionRecord.conversions(bytes, &row, touches.count)
        unmatched = try AttributionRecord.conversions(bytes, &row, touches.count)
    }

    private static func conversions(_ bytes: Span<UInt8>, _ row: inout RowReader, _ touches: Int) throws -> [Conversion]
    {
        var found: [Conversion] = []
        for _ in 0..<(try row.number(bytes)) {
            var conversion = Conversion(position: try row.position(bytes), at: try row.signed(bytes), definition: 0)
            conversion.definition = try row.number(bytes)
            conversion.amount = try row.amount(bytes)
            conversion.reversed = try row.wide(bytes)
            conversion.scale = UInt8(truncatingIfNeeded: try row.number(bytes))
            conversion.isVoid = try row.number(bytes) == 1
            conversion.first = try row.number(bytes)
            conversion.end = try row.number(bytes)
            guard conversion.first >= 0, conversion.first <= conversion.end, conversion.end <= touches else {
                throw RihlaError(
                    .damaged,
                    "a row of the view attribution is damaged",
                    hint: "rihla rebuild attribution"
                )
            }
            found.append(conversion)
        }
        return found
    }
}
