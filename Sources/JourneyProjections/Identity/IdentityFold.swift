// The fold of statements into persons. Known identifiers (user, customer, e-mail, telephone) that are linked are one person,
// within limits; devices and anonymous ids belong to whom they were linked last, so that a shared device splits by time.
internal import JourneyEvents

/// Folds identity statements; a function of their set.
public struct IdentityFold {
    private struct Node {
        var symbol: UInt32
        var identifier: Identifier
        /// The earliest statement that names it.
        var firstNamed: Int64
        /// Active links with nodes of the same sort (known or anonymous).
        var links: Set<Int> = []
        /// For anonymous nodes: to whom they were linked, in journey order.
        var owners: [(at: Int64, node: Int)] = []
        /// For known nodes: the anonymous nodes that are linked with it.
        var devices: Set<Int> = []
        var isBlocked: Bool
        var component: Int
        var isAnonymous: Bool { identifier.kind == .anonymousID || identifier.kind == .device }
    }

    private let limits: IdentityLimits
    private let longestBlocked: Int
    private let text: (UInt32) throws -> String
    private var nodes: [Node] = []
    private var indexes: [UInt32: Int] = [:]
    private var members: [[Int]] = []
    private var conflicts: [IdentityConflict] = []

    /// The persons that statements make.
    ///
    /// - Parameters:
    ///   - statements: In journey order.
    ///   - text: The `kind:value` of a customer symbol.
    public static func resolve(
        _ statements: [IdentityStatement],
        limits: IdentityLimits,
        text: (UInt32) throws -> String
    ) throws -> IdentityMap {
        guard !statements.isEmpty else { return IdentityMap() }
        return try withoutActuallyEscaping(text) { text in
            var fold = IdentityFold(limits, text)
            for statement in statements { try fold.add(statement) }
            return fold.map()
        }
    }

    private init(_ limits: IdentityLimits, _ text: @escaping (UInt32) throws -> String) {
        self.limits = limits
        // Lower case can take more bytes, or fewer.
        longestBlocked = 3 * (limits.blocked.map(\.utf8.count).max() ?? 0)
        self.text = text
    }

    private func isBlocked(_ value: String) -> Bool {
        // Most values are longer than any that is blocked, and need no folding of case.
        value.utf8.count <= longestBlocked && limits.blocked.contains(value.lowercased())
    }

    private mutating func node(_ symbol: UInt32, _ at: Int64) throws -> Int {
        if let known = indexes[symbol] { return known }
        let written = try text(symbol)
        let identifier = Identifier(normal: written) ?? Identifier(kind: .customerID, value: "?" + written)
        guard let identifier else { throw RihlaError(.damaged, "the customer symbol \(symbol) has no text") }
        let index = nodes.count
        nodes.append(
            Node(
                symbol: symbol,
                identifier: identifier,
                firstNamed: at,
                isBlocked: isBlocked(identifier.value),
                component: index
            )
        )
        members.append([index])
        indexes[symbol] = index
        return index
    }

    private mutating func add(_ statement: IdentityStatement) throws {
        guard statement.a != 0, statement.b != 0 || statement.kind == .block else {
            return refuse(statement, "invalid")
        }
        let a = try node(statement.a, statement.at)
        guard statement.kind != .block else { return block(a) }
        let b = try node(statement.b, statement.at)
        guard a != b else { return }
        switch statement.kind {
        case .unlink: unlink(a, b)
        case .link, .forcedLink: link(a, b, statement)
        case .block: break
        }
    }

    private mutating func refuse(_ statement: IdentityStatement, _ reason: String) {
        conflicts.append(
            IdentityConflict(
                position: statement.position,
                at: statement.at,
                a: statement.a,
                b: statement.b,
                reason: reason
            )
        )
    }

    private mutating func link(_ a: Int, _ b: Int, _ statement: IdentityStatement) {
        guard !nodes[a].isBlocked, !nodes[b].isBlocked else { return refuse(statement, "blocked") }
        if nodes[a].isAnonymous != nodes[b].isAnonymous {
            let (device, known) = nodes[a].isAnonymous ? (a, b) : (b, a)
            return own(device, known, statement)
        }
        if nodes[a].component != nodes[b].component {
            if statement.kind != .forcedLink, let kind = exceeded(a, b) {
                return refuse(statement, "limit:" + kind.rawValue)
            }
            merge(nodes[a].component, nodes[b].component)
        }
        nodes[a].links.insert(b)
        nodes[b].links.insert(a)
    }

    /// The first kind of which the two together would have too many.
    private func exceeded(_ a: Int, _ b: Int) -> Identifier.Kind? {
        guard !nodes[a].isAnonymous else { return nil }
        let both = members[nodes[a].component] + members[nodes[b].component]
        return Identifier.Kind.allCases.first { kind in
            guard let most = limits.most[kind] else { return false }
            return both.count(where: { nodes[$0].identifier.kind == kind }) > most
        }
    }

    private mutating func own(_ device: Int, _ known: Int, _ statement: IdentityStatement) {
        let kind = nodes[device].identifier.kind
        if statement.kind != .forcedLink, let most = limits.most[kind] {
            let devices = members[nodes[known].component].reduce(into: Set<Int>()) { $0.formUnion(nodes[$1].devices) }
            let isFull = devices.count(where: { nodes[$0].identifier.kind == kind }) >= most
            if !devices.contains(device), isFull {
                return refuse(statement, "limit:" + kind.rawValue)
            }
        }
        nodes[device].owners.append((statement.at, known))
        nodes[known].devices.insert(device)
    }

    private mutating func merge(_ a: Int, _ b: Int) {
        let (large, small) = members[a].count >= members[b].count ? (a, b) : (b, a)
        for node in members[small] { nodes[node].component = large }
        members[large] += members[small]
        members[small] = []
    }

    private mutating func unlink(_ a: Int, _ b: Int) {
        if nodes[a].isAnonymous != nodes[b].isAnonymous {
            let (device, known) = nodes[a].isAnonymous ? (a, b) : (b, a)
            nodes[device].owners.removeAll { $0.node == known }
            nodes[known].devices.remove(device)
        } else if nodes[a].links.remove(b) != nil {
            nodes[b].links.remove(a)
            recompute(nodes[a].component)
        }
    }

    private mutating func block(_ node: Int) {
        nodes[node].isBlocked = true
        for other in nodes[node].links { nodes[other].links.remove(node) }
        nodes[node].links = []
        for owner in nodes[node].owners { nodes[owner.node].devices.remove(node) }
        nodes[node].owners = []
        for device in nodes[node].devices { nodes[device].owners.removeAll { $0.node == node } }
        nodes[node].devices = []
        recompute(nodes[node].component)
    }

    /// Walks the active links of one component and makes of it what still hangs together.
    private mutating func recompute(_ component: Int) {
        let all = members[component]
        members[component] = []
        var seen: Set<Int> = []
        for start in all where seen.insert(start).inserted {
            var reached = [start]
            var next = 0
            while next < reached.count {
                for other in nodes[reached[next]].links.sorted() where seen.insert(other).inserted {
                    reached.append(other)
                }
                next += 1
            }
            for node in reached { nodes[node].component = start }
            members[start] = reached
        }
    }

    /// The identifier that names a component: the strongest kind, then the one that was named first, then by text.
    private func canonical(_ component: Int) -> UInt32 {
        func rank(_ node: Node) -> (Int, Int64, String) {
            (Identifier.Kind.allCases.firstIndex(of: node.identifier.kind) ?? 0, node.firstNamed, node.identifier.value)
        }
        let best = members[component].min { rank(nodes[$0]) < rank(nodes[$1]) }
        return nodes[best ?? component].symbol
    }

    private func map() -> IdentityMap {
        var map = IdentityMap()
        map.conflicts = conflicts
        for component in members.indices where !members[component].isEmpty {
            let person = canonical(component)
            let group = members[component]
            guard nodes[group[0]].isAnonymous else {
                let hasDevices = group.contains { !nodes[$0].devices.isEmpty }
                if group.count > 1 || hasDevices {
                    for node in group { map.set(nodes[node].symbol, [.init(from: .min, person: person)]) }
                }
                continue
            }
            let owners = group.flatMap { nodes[$0].owners }.sorted { $0.at < $1.at }
            var stretches: [IdentityMap.Stretch] = []
            for owner in owners {
                let next = canonical(nodes[owner.node].component)
                if stretches.last?.person == next { continue }
                if stretches.last?.from == owner.at { stretches.removeLast() }
                stretches.append(.init(from: owner.at, person: next))
            }
            if stretches.isEmpty {
                guard group.count > 1 else { continue }
                stretches = [.init(from: .min, person: person)]
            }
            for node in group { map.set(nodes[node].symbol, stretches) }
        }
        map.finish()
        return map
    }
}
