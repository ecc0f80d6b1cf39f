// Group commit: requests that arrive while a commit runs wait together and share the next one, so that a hundred writers
// cost few syncs. Each request gets an answer of its own. What may wait has a bound: who comes beyond it waits outside.
internal import JourneyEvents
internal import LMDB
internal import Platform
internal import Synchronization

/// The requests that wait for the next commit, and the one place where commits run.
final class CommitQueue: Sendable {
    /// So many bytes of input may wait for a commit; one request may be larger.
    private static let mostBytes = 64 << 20
    /// And so many requests.
    private static let mostRequests = 4_096

    /// Requests of one caller that wait.
    private struct Waiting {
        var requests: [AppendRequest]
        var bytes: Int
        var answer: CheckedContinuation<[LogWriter.Answer], Never>
    }
    private struct State {
        /// Those that the next commit takes.
        var inside: [Waiting] = []
        var bytes = 0
        var requests = 0
        /// Those that came when there was no room, in the order in which they came.
        var outside: [Waiting] = []
        var isRunning = false

        mutating func admit() {
            var next = 0
            while next < outside.count, requests < mostRequests, bytes < mostBytes {
                bytes += outside[next].bytes
                requests += outside[next].requests.count
                inside.append(outside[next])
                next += 1
            }
            outside.removeFirst(next)
        }
    }

    private let writer: LogWriter
    private let state = Mutex(State())
    private let committer = Committer(label: "rihla.commit")

    init(_ writer: LogWriter) { self.writer = writer }

    /// Adds requests and answers each of them, in order, when they are durable.
    func append(_ requests: [AppendRequest]) async -> [LogWriter.Answer] {
        guard !requests.isEmpty else { return [] }
        return await withCheckedContinuation { answer in
            let bytes = requests.reduce(0) { $0 + $1.batch.bytes.count }
            let isFirst = state.withLock { state in
                state.outside.append(Waiting(requests: requests, bytes: bytes, answer: answer))
                state.admit()
                defer { state.isRunning = true }
                return !state.isRunning
            }
            if isFirst { committer.schedule { self.drain() } }
        }
    }

    private func drain() {
        while true {
            let callers = state.withLock { state in
                defer { (state.inside, state.bytes, state.requests) = ([], 0, 0) }
                if state.inside.isEmpty { state.admit() }
                if state.inside.isEmpty { state.isRunning = false }
                return state.inside
            }
            guard !callers.isEmpty else { return }
            var answers = writer.commit(callers.flatMap(\.requests))[...]
            for caller in callers {
                caller.answer.resume(returning: Array(answers.prefix(caller.requests.count)))
                answers.removeFirst(caller.requests.count)
            }
        }
    }
}
