// Events in, acknowledgements out: one line for each line, in order, after it is durable.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyIngest
internal import JourneyLog
internal import Rihla

struct AppendCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "append",
        abstract: "Appends events from standard input and acknowledges each line once it is durable.",
        discussion: """
            One line of NDJSON in, one line out: {"id","source","position","version","duplicate"} or {"line","error"}. What has \
            gathered goes into one commit. With --atomic or --expect all of the input is one unit: all lines or none.
            """
    )
    static let examples = [
        "rihla append --store rihla-demo < events.ndjson",
        "rihla append --store rihla-demo --expect exists --stream deal:d-7 < events.ndjson",
    ]

    @Option(
        name: .long,
        help: ArgumentHelp("What the stream's version must be: any, none, exists or a number.", valueName: "version")
    )
    var expect: String?
    @Option(name: .long, help: ArgumentHelp("The stream: customer:kind:value or deal:ID.", valueName: "stream"))
    var stream: String?
    @Flag(name: .long, help: "All lines or none.")
    var atomic = false
    @Option(name: .long, help: "Source of events that name none.")
    var source: String?
    @OptionGroup(title: "Store") var global: GlobalOptions

    func validate() throws {
        guard expect == nil || expect == "any" || stream != nil else {
            throw ValidationError("--expect needs --stream: whose version?")
        }
    }

    func run() async throws {
        let stream = try stream.map { try AppendCommand.streamName($0) }
        let expected = try AppendCommand.expectedVersion(expect)
        let isUnit = atomic || expected != .any
        let allGood = try await global.withStore(create: true) { store in
            var appender = LineAppender(store, source: source, stream: stream, expected: expected)
            let input = try InputReader.conversation()
            while let lines = try input.nextLines(), !Task.isCancelled {
                if isUnit { try appender.gather(lines) } else { try await appender.append(lines) }
            }
            if !Task.isCancelled { try await appender.appendGathered() }
            return appender.allGood
        }
        if !allGood { throw ExitStatus.found }
    }

    private static func streamName(_ text: String) throws -> StreamName {
        if text.hasPrefix("customer:") { return .customer(String(text.dropFirst(9))) }
        if text.hasPrefix("deal:") { return .deal(String(text.dropFirst(5))) }
        throw RihlaError(
            .usage,
            "--stream \"\(text)\" is no stream",
            hint: "write customer:email:a@b.example or deal:d-1"
        )
    }

    private static func expectedVersion(_ text: String?) throws -> ExpectedVersion {
        switch text {
        case nil, "any": return .any
        case "none": return .none
        case "exists": return .exists
        case let text?:
            guard let version = UInt64(text) else {
                throw RihlaError(.usage, "--expect \"\(text)\" is no version", hint: "any, none, exists or a number")
            }
            return .version(version)
        }
    }
}
