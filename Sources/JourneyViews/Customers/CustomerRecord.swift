// What the store knows of one customer: the row of the view `customers`.
internal import JourneyEvents
internal import JourneyLog

/// A touchpoint in short.
struct TouchPoint: Hashable, Sendable {
    var channel: UInt32
    var campaign: UInt32
    var at: Int64
    var position: UInt64
}

/// One customer's record.
struct CustomerRecord: Hashable, Sendable {
    /// Stages 1…; 0 when no event has one.
    var stageNow = 0
    var stagePeak = 0
    var stageSince: Int64?
    /// The event that made `stageNow` what it is.
    var stagePosition: UInt64 = 0
    var firstEvent: Int64 = 0
    var lastEvent: Int64 = 0
    var events = 0
    var touches = 0
    var firstTouch: TouchPoint?
    var lastTouch: TouchPoint?
    var conversions = 0
    /// What the conversions are worth, net of what came back.
    var revenue = MoneySum()
    var flags: CustomerFlags = []
    var owner: String?
    /// When each stage was first passed; a skipped stage is passed with the next one above it.
    var passed: [Int64?] = []
    /// Bits of the stages that were passed by skipping them: they count as passed, but nobody was ever in them.
    var skipped = 0
    /// Symbols of the customer's deals, ascending.
    var deals: [UInt32] = []

    /// Forgets everything but the memory that it took; so many stages can be passed.
    mutating func removeAll(stages: Int) {
        (stageNow, stagePeak, stageSince, stagePosition) = (0, 0, nil, 0)
        (firstEvent, lastEvent, events) = (0, 0, 0)
        (touches, firstTouch, lastTouch) = (0, nil, nil)
        conversions = 0
        if !revenue.parts.isEmpty { revenue = MoneySum() }
        flags = []
        if owner != nil { owner = nil }
        if passed.count != stages { passed = Array(repeating: nil, count: stages) }
        var passed = passed.mutableSpan
        for stage in passed.indices { passed[stage] = nil }
        skipped = 0
        if !deals.isEmpty { deals.removeAll(keepingCapacity: true) }
    }

    func write(to out: inout RowWriter) {
        out.number(stageNow)
        out.number(stagePeak)
        out.time(stageSince)
        out.number(stagePosition)
        out.signed(firstEvent)
        out.signed(lastEvent)
        out.number(events)
        out.number(touches)
        CustomerRecord.write(firstTouch, to: &out)
        CustomerRecord.write(lastTouch, to: &out)
        out.number(conversions)
        out.number(revenue.parts.count)
        for money in revenue.parts {
            out.number(money.currency.rawValue)
            out.wide(money.micros)
            out.number(money.scale)
        }
        out.number(flags.rawValue)
        out.text(owner)
        out.number(passed.count)
        for time in passed { out.time(time) }
        out.number(skipped)
        out.number(deals.count)
        for deal in deals { out.number(deal) }
    }

    private static func write(_ touch: TouchPoint?, to out: inout RowWriter) {
        out.number(touch == nil ? 0 : 1)
        guard let touch else { return }
        out.number(touch.channel)
        out.number(touch.campaign)
        out.signed(touch.at)
        out.number(touch.position)
    }

    init() {}

    init(_ bytes: Span<UInt8>) throws {
        var row = RowReader(bytes)
        stageNow = try row.number(bytes)
        stagePeak = try row.number(bytes)
        stageSince = try row.time(bytes)
        stagePosition = try row.position(bytes)
        firstEvent = try row.signed(bytes)
        lastEvent = try row.signed(bytes)
        events = try row.number(bytes)
        touches = try row.number(bytes)
        func touch(_ row: inout RowReader) throws -> TouchPoint? {
            guard try row.number(bytes) == 1 else { return nil }
            return TouchPoint(
                channel: try row.symbol(bytes),
                campaign: try row.symbol(bytes),
                at: try row.signed(bytes),
                position: try row.position(bytes)
            )
        }
        firstTouch = try touch(&row)
        lastTouch = try touch(&row)
        conversions = try row.number(bytes)
        for _ in 0..<(try row.number(bytes)) {
            let currency = Currency(rawValue: try row.symbol(bytes))
            let micros = try row.wide(bytes)
            revenue.add(micros, currency, scale: UInt8(truncatingIfNeeded: try row.number(bytes)))
        }
        flags = CustomerFlags(rawValue: try row.number(bytes))
        owner = try row.optionalText(bytes)
        for _ in 0..<(try row.number(bytes)) { passed.append(try row.time(bytes)) }
        skipped = try row.number(bytes)
        for _ in 0..<(try row.number(bytes)) { deals.append(try row.symbol(bytes)) }
    }
}

/// Things that are true of a customer apart from the stage.
struct CustomerFlags: OptionSet, Hashable, Sendable {
    var rawValue: Int
    static let disqualified = CustomerFlags(rawValue: 1)
    static let churned = CustomerFlags(rawValue: 2)
    static let unsubscribed = CustomerFlags(rawValue: 4)
    static let lostDeal = CustomerFlags(rawValue: 8)

    var names: [String] {
        [
            (CustomerFlags.disqualified, "disqualified"), (.churned, "churned"), (.unsubscribed, "unsubscribed"),
            (.lostDeal, "lost_deal"),
        ].filter { contains($0.0) }.map(\.1)
    }
}
