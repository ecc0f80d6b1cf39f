// Statements about who is who, made by hand: each is an event like any other, and says what it changed.
internal import Foundation
public import JourneyEvents
internal import JourneyLog
public import JourneyViews

/// A statement about identifiers of persons.
public enum IdentityClaim: Hashable, Sendable {
    /// Two identifiers are one person. With `force` also when the limits of the rules forbid it.
    case link(String, String, force: Bool)
    /// The link of two identifiers is taken back; what it joined comes apart exactly as it was.
    case unlink(String, String)
    /// An identifier is nobody: it takes no part in links any more.
    case block(String)
}

extension JourneyStore {
    /// Appends a statement about identity and tells what it changed: who is who before and after it, and the conversions
    /// whose path is another one now.
    ///
    /// ```swift
    /// let change = try await store.state(.link("user_id:u-7", "email:a@b.example", force: false), reason: "login")
    /// ```
    ///
    /// - Parameters:
    ///   - reason: Why; needed to link by force.
    ///   - time: Since when it is so; nil stands for the moment of the call. A device that several people use is whose it
    ///     was linked to last.
    /// - Throws: `RihlaError` with code `usage` when an identifier cannot be one, or a link by force has no reason.
    public func state(_ claim: IdentityClaim, reason: String? = nil, at time: Timestamp? = nil) async throws -> Answer {
        let (type, names, isForced) =
            switch claim {
            case .link(let a, let b, let force): ("identity_linked", [a, b], force)
            case .unlink(let a, let b): ("identity_unlinked", [a, b], false)
            case .block(let a): ("identity_blocked", [a], false)
            }
        let identifiers = try names.map { name in
            guard let identifier = Identifier(name) else {
                throw RihlaError(.usage, "\"\(name)\" is no identifier", hint: "write user_id:u-7 or email:a@b.example")
            }
            return identifier.description
        }
        guard Set(identifiers).count == identifiers.count else {
            throw RihlaError(.usage, "\(identifiers[0]) and \(identifiers[0]) are one identifier")
        }
        guard !isForced || reason != nil else {
            throw RihlaError(.usage, "a link by force needs a reason", hint: "it goes beyond the limits of the rules")
        }
        var properties = zip(["a", "b"], identifiers).map { Event.Property(key: $0, json: JSONValue.string($1).text) }
        if isForced { properties.append(.init(key: "force", json: "true")) }
        if let reason { properties.append(.init(key: "reason", json: JSONValue.string(reason).text)) }
        let now = Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1_000).rounded(.down)))
        let event = Event(
            id: UUID().uuidString.lowercased(),
            source: OwnSource.name,
            type: type,
            occurredAt: time ?? now,
            customer: identifiers[0],
            properties: properties
        )
        let receipt = try await appendOwn(event, to: .customer(identifiers[0]))
        var answer = try await identityChange(at: receipt.position)
        answer.payload.insert(
            .init(
                "event",
                .object([
                    .init("id", .string(event.id)), .init("source", .string(event.source)),
                    .init("position", .count(receipt.position.rawValue)), .init("version", .count(receipt.version)),
                ])
            ),
            at: 0
        )
        answer.notes.insert("\(type) stands at position \(receipt.position.rawValue)", at: 0)
        return answer
    }
}
