// A subscription reads history in pieces and then waits for more. It keeps nothing but its place in the log, so a slow reader
// costs one buffer, and there is no hand-over at which an event could be lost: history and live events are read alike.
public import JourneyEvents
internal import JourneyLog

/// The events after a position, in order: history first, then each new one, without end.
public struct EventSubscription: AsyncSequence, Sendable {
    /// Events.
    public typealias Element = Event

    let log: EventLog
    let start: Position
    let types: [String]?
    let interval: Duration

    /// A reader of its own, from the subscription's start.
    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    /// One reader of a subscription.
    public struct Iterator: AsyncIteratorProtocol {
        /// How many events are held at most.
        private static let pieceSize = 256
        /// How many are looked at between two looks at the task, when few are of the types.
        private static let stride: UInt64 = 65_536

        private let subscription: EventSubscription
        /// The last position that was read.
        private var reached: UInt64
        private var piece: ArraySlice<Event> = []

        init(_ subscription: EventSubscription) {
            self.subscription = subscription
            reached = subscription.start.rawValue
        }

        /// The next event; nil when the task was cancelled.
        public mutating func next() async throws -> Event? {
            let log = subscription.log
            while true {
                if Task.isCancelled { return nil }
                if let event = piece.popFirst() { return event }
                // Counted before the look at the head: an append in between is not slept through.
                let changes = log.changeCount
                let moment = try log.refresh()
                if reached < moment.position.rawValue {
                    try readPiece(moment)
                    if piece.isEmpty { await Task.yield() }
                } else {
                    await log.waitForAppend(since: changes, atMost: subscription.interval)
                }
            }
        }

        private mutating func readPiece(_ log: LogSnapshot) throws {
            let head = log.position.rawValue
            guard let types = subscription.types else {
                let last = Swift.min(head, reached + UInt64(Iterator.pieceSize))
                var events: [Event] = []
                try log.scan(after: Position(reached), through: Position(last)) {
                    events.append($0)
                    return true
                }
                piece = events[...]
                reached = last
                return
            }
            let wanted = Set(try types.compactMap { try log.symbol(.type, $0) })
            var last = Swift.min(head, reached + Iterator.stride)
            var positions: [UInt64] = []
            try log.showingAll().scanFolds(after: reached, through: last) { event in
                if positions.count < Iterator.pieceSize, wanted.contains(event.type) {
                    positions.append(event.position)
                }
            }
            if positions.count == Iterator.pieceSize, let full = positions.last { last = full }
            piece = try log.events(at: positions)[...]
            reached = last
        }
    }
}

extension JourneyStore {
    /// The events after a position, in order of position: history, then new ones as they are appended. It never misses,
    /// repeats or reorders one, and ends when the task is cancelled.
    ///
    /// ```swift
    /// for try await event in store.events(after: receipt.position) { … }
    /// ```
    ///
    /// Appends of this process arrive at once, those of others within `interval`. Remember the position of the last event
    /// that you have dealt with, in the same transaction as what you did about it, and start after it the next time.
    /// - Parameters:
    ///   - position: The last position that is known already; `.start` for everything.
    ///   - types: Only events of these types; nil for all.
    ///   - interval: How often to look for what other processes have appended.
    public func events(
        after position: Position = .start,
        types: [String]? = nil,
        interval: Duration = .milliseconds(50)
    ) -> EventSubscription {
        EventSubscription(log: log, start: position, types: types, interval: interval)
    }
}
