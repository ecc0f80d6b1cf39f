// Stores of a test's own: one process may open an LMDB directory only once.
internal import Foundation
public import JourneyEvents
public import JourneyLog

/// Runs `body` with the path of a directory that does not exist yet and removes it afterwards.
public func withScratchDirectory<R>(_ body: (String) async throws -> R) async throws -> R {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("rihla-" + UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

/// An event with a plain id.
public func event(
    _ id: String,
    type: String = "page_viewed",
    at time: Int64 = 1_000,
    customer: String? = "customer_id:a",
    deal: String? = nil,
    properties: [Event.Property] = []
) -> Event {
    Event(
        id: id,
        source: "test",
        type: type,
        occurredAt: Timestamp(milliseconds: time),
        customer: customer,
        deal: deal,
        properties: properties
    )
}

/// The events as a request.
public func request(
    _ events: [Event],
    to stream: StreamName? = nil,
    expecting expected: ExpectedVersion = .any,
    onConflict: AppendRequest.ConflictPolicy = .fail
) -> AppendRequest {
    var batch = EventBatch()
    for event in events { event.add(to: &batch) }
    return AppendRequest(batch, to: stream, expecting: expected, onConflict: onConflict)
}

extension EventLog {
    /// Every event from the first to the head.
    public func allEvents() throws -> [Event] {
        var events: [Event] = []
        try scan(after: .start, through: head.position) {
            events.append($0)
            return true
        }
        return events
    }
}
