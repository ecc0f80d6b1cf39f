// A run of ingest says of itself what it was: an event of Rihla's own at its end, so that a run can be listed, explained and
// taken back.
internal import Crypto
internal import JourneyEvents
internal import JourneyIngest
internal import JourneyViews

/// The event `ingest_recorded` of a run that appended something.
struct IngestRecord {
    static let type = "ingest_recorded"
    private let run: UInt32
    private let summary: IngestSummary
    private let options: IngestOptions
    private let mapping: [UInt8]?

    /// The record of a run with this number.
    init(_ run: UInt32, _ summary: IngestSummary, _ options: IngestOptions, _ mapping: [UInt8]?) {
        (self.run, self.summary, self.options, self.mapping) = (run, summary, options, mapping)
    }

    /// The event: number of the run, first and last position, counts, files, form of the input and hash of the mapping.
    func event(at time: Timestamp) -> Event {
        var event = Event(
            id: "run-\(run)",
            source: OwnSource.name,
            type: IngestRecord.type,
            occurredAt: time
        )
        func add(_ key: String, _ value: JSONValue) { event.properties.append(.init(key: key, json: value.text)) }
        add("run", .count(run))
        add("first", .count(summary.firstPosition?.rawValue ?? 0))
        add("last", .count(summary.lastPosition?.rawValue ?? 0))
        add("accepted", .count(summary.accepted))
        add("duplicates", .count(summary.duplicates))
        add("rejected", .count(summary.rejected))
        add(
            "files",
            .array(
                summary.files.map { file in
                    .object([
                        .init("name", .string(file.path.split(separator: "/").last.map(String.init) ?? file.path)),
                        .init("lines", .count(file.lines)),
                        .init("accepted", .count(file.accepted)),
                    ])
                }
            )
        )
        add("input", .string("\(options.from)"))
        if let source = options.source { add("source", .string(source)) }
        if let mapping {
            let digest = SHA256.hash(data: mapping).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
            add("mapping", .string(digest.joined()))
        }
        return event
    }
}
