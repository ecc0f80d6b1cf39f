// How far an ingest is, on one line of standard error that is written again and again.
internal import Foundation
internal import Rihla
internal import Synchronization

final class ProgressLine: Sendable {
    private let start = ContinuousClock.now
    private let last = Mutex<ContinuousClock.Instant?>(nil)
    private let isOnTerminal = Output.error.isTerminal

    /// Shows the state, at most ten times a second.
    func show(_ progress: IngestProgress) {
        let now = ContinuousClock.now
        let isDue = last.withLock { last in
            if let before = last, now - before < .milliseconds(100) { return false }
            last = now
            return true
        }
        guard isDue else { return }
        let seconds = max((now - start) / .seconds(1), 0.001)
        var text = "\(progress.accepted) events, \(Int(Double(progress.accepted) / seconds))/s"
        if let total = progress.bytesTotal, total > 0, progress.bytesDone > 0 {
            let share = min(Double(progress.bytesDone) / Double(total), 1)
            text += ", \(Int(share * 100)) %, \(Int(seconds / share - seconds)) s left"
        }
        Output.error.finish(writing: isOnTerminal ? "\r\u{1B}[K" + text : text + "\n", as: .styled)
    }

    /// Clears the line.
    func end() {
        if isOnTerminal, last.withLock({ $0 != nil }) { Output.error.finish(writing: "\r\u{1B}[K", as: .styled) }
    }
}
