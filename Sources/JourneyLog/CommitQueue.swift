// Group commit: requests that arrive while a commit runs wait together and share the next one, so that a hundred writers
// cost few syncs. Each request gets an answer of its own.
internal import JourneyEvents
internal import Platform
internal import Synchronization

/// Requests of one caller that wait.
struct WaitingAppend {
    var requests: [AppendRequest]
    var answer: CheckedContinuation<[Result<[AppendOutcome], any Error>], Never>
}

/// The requests that wait for the next commit, and the one place where commits run.
final class CommitQueue: Sendable {
    private let waiting = Mutex<[WaitingAppend]>([])
    private let committer = Committer(label: "rihla.commit")

    /// Adds requests and answers each of them, in order, when they are durable.
    func append(_ requests: [AppendRequest], to log: EventLog) async -> [Result<[AppendOutcome], any Error>] {
        await withCheckedContinuation { answer in
            let isFirst = waiting.withLock { waiting in
                waiting.append(WaitingAppend(requests: requests, answer: answer))
                return waiting.count == 1
            }
            if isFirst { committer.schedule { self.drain(log) } }
        }
    }

    private func drain(_ log: EventLog) {
        let callers = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        guard !callers.isEmpty else { return }
        var answers = log.commit(callers.flatMap(\.requests))[...]
        for caller in callers {
            caller.answer.resume(returning: Array(answers.prefix(caller.requests.count)))
            answers.removeFirst(caller.requests.count)
        }
    }
}
