// What the system has to give a process before it can begin: the parts that it stands on end it by a trap when they do not get
// it, so it is asked for first.
internal import JourneyEvents
internal import Platform

enum Limits {
    /// Those of a store, its index and its views with their locks, those of the system's queues, and files of the command.
    private static let files = 32
    /// What is asked for where the limit can be raised: some views more are open at once then.
    private static let wishedFiles: UInt64 = 1_024

    /// What is not enough; nil when the process can begin.
    static func failure() -> RihlaError? {
        let limit = Descriptor.raiseLimit(to: wishedFiles)
        guard !Descriptor.canOpen(files) else { return nil }
        return RihlaError(
            .failure,
            "this process may have \(limit) files open, and a command needs \(files) besides those that are open already",
            hint: "raise the limit first, as with `ulimit -n 256`"
        )
    }
}
