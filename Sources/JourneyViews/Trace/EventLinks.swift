// Which events name which: found in one pass over the events inside the bounds, in memory that grows with the events that name
// another, not with all.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections

/// The events that belong to one event by cause or correlation.
struct EventLinks {
    /// One event that names others, or is named.
    struct Node {
        var position: UInt64
        var id: String
        var causation: String?
        var correlation: String?
    }

    private let log: LogSnapshot
    private let bounds: EventBounds
    private static let chunk: UInt64 = 262_144

    init(_ log: LogSnapshot, _ bounds: EventBounds) {
        self.log = log
        self.bounds = bounds
    }

    /// Visits the events inside the bounds.
    private func each(_ body: (Node) -> Void) throws {
        let keys = [RecordPart.id, RecordPart.causation, RecordPart.correlation]
        var after: UInt64 = 0
        while after < bounds.through.rawValue {
            try Task.checkCancellation()
            let end = min(after + EventLinks.chunk, bounds.through.rawValue)
            var positions: [UInt64] = []
            try log.scanFolds(after: after, through: end) { event in
                if bounds.contains(event) { positions.append(event.position) }
            }
            var node: Node?
            try log.eachProperty(keys, at: positions) { index, key, value in
                if node?.position != positions[index] {
                    if let node { body(node) }
                    node = Node(position: positions[index], id: "")
                }
                let text = value.string(0..<value.count)
                switch key {
                case RecordPart.id: node?.id = text
                case RecordPart.causation: node?.causation = text
                default: node?.correlation = text
                }
            }
            if let node { body(node) }
            after = end
        }
    }

    /// The events of the whole that an event is part of: those that caused it, those that it caused, those that share its
    /// correlation, and so on from each of them. Empty when no event has the id, and none is at the position, of the name.
    func whole(of name: String) throws -> (targets: Set<UInt64>, nodes: [Node]) {
        var linked: [Node] = []
        var named: Set<UInt64> = []
        let position = UInt64(name)
        var isThere = false
        try each { node in
            if node.id == name { named.insert(node.position) }
            if node.position == position { isThere = true }
            if node.causation != nil || node.correlation != nil { linked.append(node) }
        }
        // An id wins over a position that looks the same.
        let targets = named.isEmpty && isThere ? Set([position ?? 0]) : named
        guard !targets.isEmpty else { return ([], []) }
        // Those that are named and name nothing themselves.
        var plain: [Node] = []
        let causes = Set(linked.compactMap(\.causation))
        let known = Set(linked.map(\.position))
        try each { node in
            let isWanted = targets.contains(node.position) || causes.contains(node.id)
            if isWanted, !known.contains(node.position) { plain.append(node) }
        }
        let all = linked + plain
        var byID: [String: [Int]] = [:]
        var byCause: [String: [Int]] = [:]
        var byCorrelation: [String: [Int]] = [:]
        for (index, node) in all.enumerated() {
            byID[node.id, default: []].append(index)
            if let causation = node.causation { byCause[causation, default: []].append(index) }
            if let correlation = node.correlation { byCorrelation[correlation, default: []].append(index) }
        }
        var reached = Set(all.indices.filter { targets.contains(all[$0].position) })
        var open = Array(reached)
        while let index = open.popLast() {
            let node = all[index]
            let next =
                (byCause[node.id] ?? []) + (node.causation.flatMap { byID[$0] } ?? [])
                + (node.correlation.flatMap { byCorrelation[$0] } ?? [])
            for other in next where reached.insert(other).inserted { open.append(other) }
        }
        return (targets, reached.map { all[$0] })
    }
}
