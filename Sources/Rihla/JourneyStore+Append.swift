// Appending events that a program made: they are checked as input lines are, so that what is in the log is valid whichever
// way it came.
internal import JourneyEvents
internal import JourneyIngest
internal import JourneyLog

/// What an append gives back once its events are durable.
public struct AppendReceipt: Hashable, Sendable {
    /// What became of each event, in order.
    public var outcomes: [AppendOutcome]
    /// The position at or past which everything of this append is: queries that start now answer there or later.
    public var position: Position
    /// The version of the stream after the last event; 0 when that has none.
    public var version: UInt64
}

extension JourneyStore {
    /// Appends events as one unit; durable when it returns.
    ///
    /// ```swift
    /// let receipt = try await store.append(events, to: .deal("d-1"), expecting: .version(7))
    /// ```
    ///
    /// - Parameters:
    ///   - events: Each needs an id that is its own within its source. The same event again gives its first position.
    ///   - stream: The customer or deal that `expected` speaks of.
    ///   - expected: What the stream's version must be; it counts the stream's events.
    ///   - onConflict: What happens when an event's (source, id) stands in the log with other content.
    /// - Throws: `RihlaError` with code `versionConflict` when the stream moved on: read it again and decide anew;
    ///   `idConflict`; `invalidInput` when an event is not valid. Nothing is appended when it throws.
    @discardableResult
    public func append(
        _ events: [Event],
        to stream: StreamName? = nil,
        expecting expected: ExpectedVersion = .any,
        onConflict: AppendRequest.ConflictPolicy = .fail
    ) async throws -> AppendReceipt {
        let batch = try JourneyStore.batch(events, NDJSONScanner())
        return receipt(try await append(batch, to: stream, expecting: expected, onConflict: onConflict))
    }

    /// Appends an event that one of Rihla's own commands makes: only those may have the source that is kept for them.
    func appendOwn(_ event: Event, to stream: StreamName? = nil) async throws -> AppendReceipt {
        let batch = try JourneyStore.batch([event], NDJSONScanner(ownEvents: ()))
        var request = AppendRequest(batch, to: stream)
        request.isOwn = true
        return receipt(try await log.append(request))
    }

    private func receipt(_ outcomes: [AppendOutcome]) -> AppendReceipt {
        var receipt = AppendReceipt(outcomes: outcomes, position: .start, version: 0)
        for outcome in outcomes {
            switch outcome {
            case .appended(let position, let version), .duplicate(let position, let version):
                receipt.position = max(receipt.position, position)
                receipt.version = version
            case .conflict(let position): receipt.position = max(receipt.position, position)
            }
        }
        return receipt
    }

    /// The events as a checked batch.
    private static func batch(_ events: [Event], _ scanner: NDJSONScanner) throws -> EventBatch {
        var bytes: [UInt8] = []
        for (index, event) in events.enumerated() {
            // Written as text, it would be another time.
            guard Timestamp.writable.contains(event.occurredAt) else {
                throw invalid(index, event, "its time lies outside of the years 0000 to 9999 (invalid_time)")
            }
            for property in event.properties where property.json.utf8.contains(10) {
                throw invalid(index, event, "the property \"\(property.key)\" has a line feed in its JSON")
            }
            bytes.append(contentsOf: event.line.utf8)
            bytes.append(10)
        }
        var batch = EventBatch(bytes: bytes)
        var scanner = scanner
        let rejected = scanner.scan(&batch, range: 0..<batch.bytes.count, firstLine: 1)
        if let first = rejected.first {
            let index = Int(first.rejection.line) - 1
            throw invalid(index, events[index], "\(first.rejection.message) (\(first.rejection.code.rawValue))")
        }
        return batch
    }

    private static func invalid(_ index: Int, _ event: Event, _ why: String) -> RihlaError {
        RihlaError(.invalidInput, "event \(index + 1), id \"\(event.id)\", cannot be appended: \(why)")
    }
}

extension Event {
    /// The event as a line of native input: what a writer gives, without what the log adds.
    fileprivate var line: String {
        var event = self
        event.position = .start
        event.erased = false
        return event.json
    }
}
