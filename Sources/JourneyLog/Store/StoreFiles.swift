// Where a store keeps its files.
internal import Platform

/// The paths of a store directory.
public struct StoreFiles: Sendable {
    /// The directory.
    public let directory: String
    /// The paths below `directory`.
    public init(directory: String) { self.directory = directory }
    /// The log's environment.
    public var log: String { directory + "/log" }
    /// The index's environment.
    public var index: String { directory + "/index" }
    /// The read models.
    public var views: String { directory + "/views" }
    /// The mark of a store.
    public var format: String { directory + "/FORMAT" }
    /// How far the history goes.
    public var head: String { directory + "/HEAD" }
    /// Held by who makes the store, or something derived anew.
    public var lock: String { directory + "/LOCK" }
}

extension EventLog {
    /// Whether a directory says that it is a store.
    public static func isStore(at directory: String) -> Bool { FileSystem.exists(directory + "/FORMAT") }
}
