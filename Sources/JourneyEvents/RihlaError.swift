// The error that every stage above the C edge throws: a code that tests and scripts compare, a sentence with the values
// in it, and what to do about it.

/// What failed, why, and what to do.
public struct RihlaError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure. Each has one exit status on the command line.
    public enum Code: String, Sendable, CaseIterable {
        /// Anything without a code of its own.
        case failure
        /// Nothing with that name.
        case notFound = "not_found"
        /// The directory holds no store.
        case noStore = "no_store"
        /// The directory holds something else.
        case notAStore = "not_a_store"
        /// The stream moved on since it was read.
        case versionConflict = "version_conflict"
        /// The same (source, id) with other content.
        case idConflict = "id_conflict"
        /// The system refused access.
        case permission
        /// No room on the disk, or under a size limit.
        case diskFull = "disk_full"
        /// Reading or writing failed.
        case io
        /// The store's bytes are not what was written.
        case damaged
        /// The log is older than what was acknowledged.
        case shortened
        /// The store has a format that this version does not read.
        case newerFormat = "newer_format"
        /// The store has a format that only an earlier version reads.
        case olderFormat = "older_format"
        /// Someone else holds the store.
        case busy
        /// The command or its options make no sense.
        case usage
        /// Input that cannot be used.
        case invalidInput = "invalid_input"
        /// Stopped by a signal or a cancelled task.
        case cancelled
    }
    /// The kind of failure.
    public var code: Code
    /// What failed and why, one sentence with the values in it.
    public var message: String
    /// What to do about it.
    public var hint: String?
    /// An error from its parts.
    public init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }
    /// `message (hint)`.
    public var description: String { hint.map { message + " (" + $0 + ")" } ?? message }
}
