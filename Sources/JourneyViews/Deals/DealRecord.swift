// One deal with its whole history: the row of the view `deals`.
internal import JourneyEvents
internal import JourneyLog

/// One deal's record.
struct DealRecord: Hashable, Sendable {
    enum State: Int, Sendable {
        case open, won, lost
        var name: String { ["open", "won", "lost"][rawValue] }
    }

    /// A stay in a stage, and the event that began it.
    struct Stay: Hashable, Sendable {
        var stage: String
        var entered: Int64
        var left: Int64?
        var position: UInt64
    }

    /// A change of state: won, lost, or open again.
    struct StateChange: Hashable, Sendable {
        var at: Int64
        var position: UInt64
        var state: State
        var reason: String?
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
        /// The event that raised it.
        var position: UInt64
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
    /// When the event happened that named the customer.
    var customerAt: Int64 = 0
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
    /// How it was closed and opened again, in order.
    var states: [StateChange] = []
    var amounts: [AmountChange] = []
    var closeDates: [Change] = []
    var owners: [Change] = []
    var objections: [Objection] = []
    var wins: [Win] = []
    var anomalies: [Change] = []
    var firstEvent: Int64 = 0
    var lastEvent: Int64 = 0
    var events = 0

    /// Forgets everything but the memory that it took.
    mutating func removeAll() {
        func clear<T>(_ mine: inout [T], _ its: inout [T]) {
            swap(&mine, &its)
            if !its.isEmpty { its.removeAll(keepingCapacity: true) }
        }
        var next = DealRecord()
        clear(&stays, &next.stays)
        clear(&states, &next.states)
        clear(&amounts, &next.amounts)
        clear(&closeDates, &next.closeDates)
        clear(&owners, &next.owners)
        clear(&objections, &next.objections)
        clear(&wins, &next.wins)
        clear(&anomalies, &next.anomalies)
        self = next
    }

    func write(to out: inout RowWriter) {
        out.number(customer)
        out.signed(customerAt)
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
            out.number(stay.position)
        }
        out.number(states.count)
        for change in states {
            out.signed(change.at)
            out.number(change.position)
            out.number(change.state.rawValue)
            out.text(change.reason)
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
            out.number(objection.position)
            out.time(objection.resolved)
            out.text(objection.outcome)
        }
        out.number(wins.count)
        for win in wins {
            out.number(win.position)
            out.number(win.customer)
        }
        DealRecord.write(closeDates, to: &out)
        DealRecord.write(owners, to: &out)
        DealRecord.write(anomalies, to: &out)
        out.signed(firstEvent)
        out.signed(lastEvent)
        out.number(events)
    }

    private static func write(_ changes: [Change], to out: inout RowWriter) {
        out.number(changes.count)
        for change in changes {
            out.signed(change.at)
            out.number(change.position)
            out.text(change.text)
        }
    }

    init() {}

    init(_ bytes: Span<UInt8>) throws {
        var row = RowReader(bytes)
        customer = try row.symbol(bytes)
        customerAt = try row.signed(bytes)
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
            let left = try row.time(bytes)
            stays.append(Stay(stage: stage, entered: entered, left: left, position: try row.position(bytes)))
        }
        for _ in 0..<(try row.number(bytes)) {
            var change = StateChange(at: try row.signed(bytes), position: try row.position(bytes), state: .open)
            change.state = State(rawValue: try row.number(bytes)) ?? .open
            change.reason = try row.optionalText(bytes)
            states.append(change)
        }
        for _ in 0..<(try row.number(bytes)) {
            let at = try row.signed(bytes)
            let position = try row.position(bytes)
            if let amount = try row.amount(bytes) {
                amounts.append(AmountChange(at: at, position: position, amount: amount))
            }
        }
        for _ in 0..<(try row.number(bytes)) {
            let (id, category) = (try row.optionalText(bytes), try row.optionalText(bytes))
            let raised = try row.signed(bytes)
            var objection = Objection(
                id: id,
                category: category,
                raised: raised,
                position: try row.position(bytes)
            )
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
        owners = try changes(&row)
        anomalies = try changes(&row)
        firstEvent = try row.signed(bytes)
        lastEvent = try row.signed(bytes)
        events = try row.number(bytes)
    }
}
