// Making a store, and making something derived anew, is done by one process at a time. Appending and reading need no lock but
// LMDB's.
internal import JourneyEvents
internal import Platform

/// The lock file of a store.
package struct StoreLock: Sendable {
    private let files: StoreFiles

    /// That of a store.
    package init(_ files: StoreFiles) { self.files = files }

    /// Runs `body` while no other process, and no other thread of this one, holds the lock.
    package func hold<R>(_ body: () throws -> R) throws -> R {
        let lock = try translating("lock \(files.directory)") {
            let lock = try FileLock.open(file: files.lock)
            guard let lock, lock.isWritable else {
                throw RihlaError(.permission, "\(files.lock) cannot be written", hint: "check who owns the directory")
            }
            try lock.lock(.exclusive)
            return lock
        }
        defer { lock.unlock() }
        return try body()
    }
}
