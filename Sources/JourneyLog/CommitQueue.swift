// Group commit: requests that arrive while a commit runs wait together and share the next one, so that a hundred writers
// cost few syncs. Each request gets an answer of its own.
internal import JourneyEvents
internal import LMDB
internal import Synchronization

/// One waiting request.
struct WaitingAppend {
    var request: AppendRequest
    var answer: CheckedContinuation<[AppendOutcome], any Error>
}

/// The requests that wait for the next commit, and the one place where commits run.
final class CommitQueue: Sendable {
    private let waiting = Mutex<[WaitingAppend]>([])
    private let committer = Committer()

    /// Adds a request and answers when it is durable.
    func append(_ request: AppendRequest, to log: EventLog) async throws -> [AppendOutcome] {
        try await withCheckedThrowingContinuation { answer in
            let isFirst = waiting.withLock { requests in
                requests.append(WaitingAppend(request: request, answer: answer))
                return requests.count == 1
            }
            if isFirst { committer.schedule { self.drain(log) } }
        }
    }

    private func drain(_ log: EventLog) {
        let requests = waiting.withLock { requests in
            defer { requests = [] }
            return requests
        }
        guard !requests.isEmpty else { return }
        let answers = log.commit(requests.map(\.request))
        for (waiting, answer) in zip(requests, answers) { waiting.answer.resume(with: answer) }
    }
}
