// An answer that rests on a view with parked keys says so, whichever way it read the view.
internal import JourneyProjections
internal import Synchronization

/// The parked keys that one answer came upon, by view.
final class ParkedNotes: Sendable {
    private let keys = Mutex<[String: Set<UInt32>]>([:])

    func add(_ view: String, _ parked: [ParkedKey]) {
        guard !parked.isEmpty else { return }
        keys.withLock { keys in
            for entry in parked { keys[view, default: []].insert(entry.key) }
        }
    }

    /// How many keys of each view wait, views in order of name.
    func byView() -> [(view: String, count: Int)] {
        keys.withLock { keys in keys.sorted { $0.key < $1.key }.map { ($0.key, $0.value.count) } }
    }
}
