// What a writer asks for and what it gets back.
public import JourneyEvents

/// Events to append as one unit.
public struct AppendRequest: Sendable {
    /// What happens to an event whose (source, id) stands in the log with other content.
    public enum ConflictPolicy: Sendable {
        /// The whole request fails and appends nothing.
        case fail
        /// The event is left out and reported; the others are appended.
        case skip
        /// What stands before the event is appended; it is the last one that gets an outcome.
        case stop
    }
    /// Where and when another log recorded the events of a request.
    public struct Recorded: Sendable {
        /// The position of the first event; each of the others has the next one.
        public var first: Position
        /// The `recorded_at` of each event; never goes back.
        public var at: [Timestamp]
        /// Positions and times of events that another log recorded.
        public init(first: Position, at: [Timestamp]) {
            self.first = first
            self.at = at
        }
    }
    /// The events.
    public var batch: EventBatch
    /// The stream that `expected` speaks of.
    public var stream: StreamName?
    /// What the stream's version must be.
    public var expected: ExpectedVersion
    /// What a conflict of ids does.
    public var onConflict: ConflictPolicy
    /// Whether each outcome states the version of the event's stream. Costs a look-up for each new stream.
    public var wantsVersions: Bool
    /// Makes the request append every event exactly where and when another log recorded it, or fail as a whole with
    /// `versionConflict` or `idConflict`.
    public var recorded: Recorded?
    /// The run of ingest that the events belong to; nil for single appends.
    package var run: RunNumber?
    /// Whether Rihla itself writes these events: source `rihla`, which nothing from outside has.
    package var isOwn = false
    /// Hashes of the events' ids and customers.
    private var hashes: (ids: [UInt64], customers: [UInt64])?
    /// A request without expectations.
    public init(
        _ batch: EventBatch,
        to stream: StreamName? = nil,
        expecting expected: ExpectedVersion = .any,
        onConflict: ConflictPolicy = .fail,
        wantsVersions: Bool = true
    ) {
        self.batch = batch
        self.stream = stream
        self.expected = expected
        self.onConflict = onConflict
        self.wantsVersions = wantsVersions
    }

    /// Does what a commit needs of each event and what needs no log, so that it is not done while others wait for theirs.
    /// The batch must not change afterwards.
    package mutating func prepare(for log: EventLog) { hashes = eventHashes(log.storage.hashKey) }

    func eventHashes(_ key: HashKey) -> (ids: [UInt64], customers: [UInt64]) {
        if let hashes { return hashes }
        let bytes = batch.bytes.span
        return (
            batch.events.map { key.idHash(bytes, source: $0.source, id: $0.id) },
            batch.events.map { key.hash(.customer, bytes, $0.customer.range) }
        )
    }
}
