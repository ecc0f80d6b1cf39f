// Stores of a test's own: one process may open an LMDB directory only once.
internal import Foundation
public import JourneyEvents
public import JourneyLog

/// Runs `body` with the path of a directory that does not exist yet and removes it afterwards. Few run at a time: a store
/// reserves more than a TiB of address space, of which a process has 128.
public func withScratchDirectory<R>(_ body: (String) async throws -> R) async throws -> R {
    guard !Turns.isTaken else { return try await scratch(body) }
    await Turns.shared.take()
    do {
        let result = try await Turns.$isTaken.withValue(true) { try await scratch(body) }
        await Turns.shared.giveBack()
        return result
    } catch {
        await Turns.shared.giveBack()
        throw error
    }
}

private func scratch<R>(_ body: (String) async throws -> R) async throws -> R {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("rihla-" + UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

/// A bound on how many tests have stores at once.
private actor Turns {
    static let shared = Turns()
    /// Whether this test has its turn already.
    @TaskLocal static var isTaken = false
    private var free = 8
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func giveBack() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
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
        let moment = snapshot
        try moment.scan(after: .start, through: moment.position) {
            events.append($0)
            return true
        }
        return events
    }
}
