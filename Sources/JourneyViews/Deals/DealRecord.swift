// One deal with its whole history: the row of the view `deals`.
internal import JourneyEvents
internal import JourneyLog

/// One deal's record.
struct DealRecord: Hashable, Sendable {
    enum State: Int, Sendable {
        case open, won, lost
        var name: String { ["open", "won", "lost"][rawValue] }
    }

    /// A stay in a stage.
    struct Stay: Hashable, Sendable {
        var stage: String
        var entered: Int64
        var left: Int64?
    }

    /// An amount and when it became so.
    struct AmountChange: Hashable, Sendable {
        var at: Int64
        var position: UInt64
        var amount: Amount
    }

    /// An objection and what became of it. The same one raised again is another.
    struct Objection: Hashable, Sendable {
        var id: String?
        var category: String?
        var raised: Int64
        var resolved: Int64?
        var outcome: String?
    }

    /// An event that won the deal, and whose conversion it is.
    struct Win: Hashable, Sendable {
        var position: UInt64
        var customer: UInt32
    }

    /// A text and when it became so.
    struct Change: Hashable, Sendable {
        var at: Int64
        var position: UInt64
        var text: String
    }

    var customer: UInt32 = 0
    var account: UInt32 = 0
    var pipeline = "default"
    var stage: String?
    var state = State.open
    var amount: Amount?
    var created: Int64?
    var closed: Int64?
    var expectedClose: String?
    var owner: String?
    var reason: String?
    var stays: [Stay] = []
    var amounts: [AmountChange] = []
    var closeDates: [Change] = []
    var objections: [Objection] = []
    var wins: [Win] = []
    var anomalies: [Change] = []
    var lastEvent: Int64 = 0
    var events = 0

    var bytes: [UInt8] {
        var out = RowWriter()
        out.number(customer)
        out.number(account)
        out.text(pipeline)
        out.text(stage)
        out.number(state.rawValue)
        out.amount(amount)
        out.time(created)
        out.time(closed)
        out.text(expectedClose)
        out.text(owner)
        out.text(reason)
        out.number(stays.count)
        for stay in stays {
            out.text(stay.stage)
            out.signed(stay.entered)
            out.time(stay.left)
        }
        out.number(amounts.count)
        for change in amounts {
            out.signed(change.at)
            out.number(change.position)
            out.amount(change.amount)
        }
        out.number(objections.count)
        for objection in objections {
            out.text(objection.id)
            out.text(objection.category)
            out.signed(objection.raised)
            out.time(objection.resolved)
            out.text(objection.outcome)
        }
        out.number(wins.count)
        for win in wins {
            out.number(win.position)
            out.number(win.customer)
        }
        for changes in [closeDates, anomalies] {
            out.number(changes.count)
            for change in changes {
                out.signed(change.at)
                out.number(change.position)
                out.text(change.text)
            }
        }
        out.signed(lastEvent)
        out.number(events)
        return out.bytes
    }

    init() {}

    init(_ bytes: Span<UInt8>) throws {
        var row = RowReader(bytes)
        customer = try row.symbol(bytes)
        account = try row.symbol(bytes)
        pipeline = try row.string(bytes)
        stage = try row.optionalText(bytes)
        state = State(rawValue: try row.number(bytes)) ?? .open
        amount = try row.amount(bytes)
        created = try row.time(bytes)
        closed = try row.time(bytes)
        expectedClose = try row.optionalText(bytes)
        owner = try row.optionalText(bytes)
        reason = try row.optionalText(bytes)
        for _ in 0..<(try row.number(bytes)) {
            let stage = try row.string(bytes)
            let entered = try row.signed(bytes)
            stays.append(Stay(stage: stage, entered: entered, left: try row.time(bytes)))
        }
        for _ in 0..<(try row.number(bytes)) {
            let at = try row.signed(bytes)
            let position = try row.position(bytes)
            if let amount = try row.amount(bytes) {
                amounts.append(AmountChange(at: at, position: position, amount: amount))
            }
        }
        for _ in 0..<(try row.number(bytes)) {
            var objection = Objection(id: try row.optionalText(bytes), category: try row.optionalText(bytes), raised: 0)
            objection.raised = try row.signed(bytes)
            objection.resolved = try row.time(bytes)
            objection.outcome = try row.optionalText(bytes)
            objections.append(objection)
        }
        for _ in 0..<(try row.number(bytes)) {
            let position = try row.position(bytes)
            wins.append(Win(position: position, customer: try row.symbol(bytes)))
        }
        func changes(_ row: inout RowReader) throws -> [Change] {
            var found: [Change] = []
            for _ in 0..<(try row.number(bytes)) {
                let at = try row.signed(bytes)
                let position = try row.position(bytes)
                found.append(Change(at: at, position: position, text: try row.string(bytes)))
            }
            return found
        }
        closeDates = try changes(&row)
        anomalies = try changes(&row)
        lastEvent = try row.signed(bytes)
        events = try row.number(bytes)
    }
}
