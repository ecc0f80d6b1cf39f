// A read model for tests: a key's row lists its events, so that a lost, doubled or reordered one shows. A hook runs at every
// fold, which is how tests look at a rebuild from within.
import JourneyEvents
import JourneyLog
@testable import JourneyProjections
import TestSupport

/// Lists each event of a key as `position:type:note`. Events of type `poison` throw.
struct TrailProjection: Projection {
    struct Poison: Error {}

    var name = "trail"
    var version = 1
    var rules = "r"
    var key = SymbolKind.customer
    /// The property that is listed: the index keeps some.
    var property = "note"
    /// Whether poison is folded like any other event.
    var isImmune = false
    var hook: (@Sendable (UInt32) throws -> Void)?
    /// Runs at the end of each preparation.
    var preparation: (@Sendable () -> Void)?
    /// The types that can give a key a row; nil for all.
    var rowTypeNames: [String]?
    private var types: [String] = []
    private var note: UInt32 = 0

    init(_ name: String = "trail") { self.name = name }

    func prepared(for log: LogSnapshot) throws -> any Projection {
        var copy = self
        copy.types = try log.symbolTexts(.type)
        copy.note = try log.symbol(.propertyKey, property) ?? 0
        preparation?()
        return copy
    }

    var propertyKeys: [UInt32] { note == 0 ? [] : [note] }
    var rowTypes: [UInt32]? {
        rowTypeNames.map { names in types.indices.filter { names.contains(types[$0]) }.map { UInt32($0 + 1) } }
    }
    func propertyUse(ofType type: UInt32) -> PropertyUse { types[Int(type) - 1] == "b" ? .withDeal : .always }

    func row(for key: UInt32, events: ArraySlice<FoldEvent>, properties: PropertyTable) throws -> [UInt8]? {
        try hook?(key)
        var text = ""
        for event in events {
            let type = types[Int(event.type) - 1]
            if type == "poison", !isImmune { throw Poison() }
            text += "\(event.position):\(type):\(properties.text(note, at: event.position) ?? "-")\n"
        }
        return text.utf8.isEmpty ? nil : Array(text.utf8)
    }

    /// The rows as plain code gives them, by the text of their key.
    func reference(_ log: EventLog, through: Position? = nil) throws -> [String: String] {
        var events: [String: [Event]] = [:]
        for event in try log.allEvents() where event.position <= through ?? log.head.position {
            if let key = key == .customer ? event.customer : event.deal { events[key, default: []].append(event) }
        }
        var rows: [String: String] = [:]
        for (key, all) in events {
            if let rowTypeNames, !all.contains(where: { rowTypeNames.contains($0.type) }) { continue }
            let journey = all.sorted { ($0.occurredAt, $0.position) < ($1.occurredAt, $1.position) }
            let folded = isImmune ? journey[...] : journey.prefix { $0.type != "poison" }
            if folded.isEmpty { continue }
            rows[key] =
                folded.map { event in
                    let isRead = event.type != "b" || event.deal != nil
                    let note = isRead ? event.property(property) : nil
                    return
                        "\(event.position.rawValue):\(event.type):\(note.flatMap { stringValue(ofJSON: $0) } ?? "-")\n"
                }
                .joined()
        }
        return rows
    }
}

extension ProjectionEngine {
    /// The rows of a read model at a position, by the text of their key.
    func rows(_ projection: TrailProjection, through: Position? = nil) throws -> [String: String] {
        var rows: [String: String] = [:]
        let moment = log.snapshot
        let bounds = EventBounds(through: through ?? moment.position)
        try eachRow(of: projection, in: moment, bounds: bounds) { key, bytes in
            rows[try moment.symbolText(projection.key, key)] = bytes.string(0..<bytes.count)
        }
        return rows
    }

    /// The stored rows, wherever the view stands; nil when it was never made.
    func stored(_ name: String) throws -> [UInt32: [UInt8]]? {
        let worker = try worker(name)
        guard let state = try worker.store.state() else { return nil }
        let need = ViewNeed(point: state.point, definition: state.definition)
        var rows: [UInt32: [UInt8]] = [:]
        _ = try worker.store.each(need) { key, bytes in rows[key] = bytes.array(0..<bytes.count) }
        return rows
    }
}

/// Random events of a few customers and deals; some come late, some are of nobody, some share an instant.
func randomEvents(_ count: Int, from first: Int, customers: Int, poison: Bool = false, using random: inout SplitMix)
    -> [Event]
{
    (first..<(first + count)).map { number in
        let isLate = Int.random(in: 0..<4, using: &random) == 0
        let time = Int64(isLate ? Int.random(in: 0...max(first, 1), using: &random) : number) / 2
        let isPoison = poison && Int.random(in: 0..<40, using: &random) == 0
        let customer = Int.random(in: 0...customers, using: &random)
        let deal = Int.random(in: 0..<6, using: &random)
        return event(
            "e-\(number)",
            type: isPoison ? "poison" : ["a", "b", "c"].randomElement(using: &random) ?? "a",
            at: time,
            customer: customer == 0 ? nil : "customer_id:\(customer)",
            deal: deal > 3 ? "d-\(deal)-\(customer)" : nil,
            properties: ["note", "reason"].filter { _ in number % 2 == 0 }
                .map { .init(key: $0, json: "\"\($0.prefix(1))\\u0021 \(number)\"") }
        )
    }
}
