// What a directory says that it is, and how an empty one becomes a store: by one process, whatever others do, and in an order
// that leaves nothing that nobody can open, wherever it is cut off.
internal import JourneyEvents
internal import LMDB
internal import Platform

/// The format of a store directory.
enum StoreFormat {
    /// The number that this version reads and writes.
    static let version = 2
    /// The text of FORMAT.
    static let text = prefix + "\(version)\n"
    private static let prefix = "rihla store format "

    /// Checks that a directory holds a store of this format; with `create` an absent or empty one becomes the beginning of one.
    static func check(_ files: StoreFiles, create: Bool) throws {
        if try isStore(files) { return }
        try checkIsFree(files)
        guard create else {
            throw RihlaError(
                .noStore,
                "there is no store at \(files.directory)",
                hint: "make one with `rihla init --store \(files.directory)` or ingest into it"
            )
        }
        try translating("make the store at \(files.directory)") {
            try FileSystem.makeDirectory(files.directory)
            try StoreLock(files).hold {
                // Another process may have made it a moment ago.
                if try isStore(files) { return }
                try checkIsFree(files)
                try FileSystem.makeDirectory(files.log)
                try FileSystem.makeDirectory(files.index)
                try FileSystem.makeDirectory(files.views)
                try FileSystem.writeAtomically(Array(text.utf8), to: files.format)
            }
        }
    }

    /// Whether the directory has a FORMAT of this version.
    private static func isStore(_ files: StoreFiles) throws -> Bool {
        let directory = files.directory
        guard try translating("open \(directory)", { try FileSystem.isPresent(directory) }),
            FileSystem.isDirectory(directory),
            try translating("open \(directory)", { try FileSystem.isPresent(files.format) })
        else { return false }
        let found = String(
            decoding: try translating("read \(files.format)") { try FileSystem.read(files.format) }.prefix(40),
            as: UTF8.self
        )
        if found == text { return true }
        guard found.hasPrefix(prefix) else {
            throw RihlaError(.notAStore, "\(directory) is not a Rihla store: FORMAT does not say so")
        }
        let number = found.dropFirst(prefix.count).prefix { $0.isASCII && $0.isNumber }
        guard found == prefix + number + "\n", !number.isEmpty else {
            throw RihlaError(
                .damaged,
                "FORMAT of \(directory) is damaged: it is not the line \"\(text.dropLast())\"",
                hint: "write that line into it if the store is of this version"
            )
        }
        guard number == "1" else {
            throw RihlaError(
                .newerFormat,
                "FORMAT says that \(directory) has store format \(number), this version reads format \(version)",
                hint: "use a newer rihla"
            )
        }
        throw RihlaError(
            .olderFormat,
            "FORMAT says that \(directory) has store format 1, this version reads format \(version)",
            hint:
                "move it in two steps: with the rihla that made it `rihla export -o events.ndjson --store \(directory)`, "
                + "then with this one `rihla import events.ndjson --store NEW`"
        )
    }

    /// Refuses a directory that holds something else.
    private static func checkIsFree(_ files: StoreFiles) throws {
        let directory = files.directory
        guard try translating("open \(directory)", { try FileSystem.isPresent(directory) }) else { return }
        guard FileSystem.isDirectory(directory) else {
            throw RihlaError(.notAStore, "\(directory) is a file, not a store directory")
        }
        let entries = try translating("read \(directory)") { try FileSystem.list(directory) }
        // Directories without any data are what a store that was being made leaves behind.
        let begun: Set = ["log", "index", "views", "LOCK"]
        let isBegun =
            entries.allSatisfy { begun.contains($0) || FileSystem.isTemporary($0) }
            && !FileSystem.exists(files.log + "/data.mdb")
        guard isBegun else {
            throw RihlaError(
                .notAStore,
                "\(directory) holds other files and no FORMAT, so it is not a Rihla store",
                hint: "name another directory with --store"
            )
        }
    }

    // MARK: Whose it is

    /// Refuses a store parts of which lie behind symbolic links; the way to the store itself may be one.
    static func refuseLinks(_ files: StoreFiles) throws {
        for path in [files.log, files.index, files.views] where FileSystem.isLink(path) {
            throw RihlaError(
                .permission,
                "\(path) is a symbolic link",
                hint: "no part of a store is reached through one: move the directory into its place"
            )
        }
    }

    /// Why this process should not write to a store; nil when it may. Who is not the owner could leave files that the owner
    /// cannot write, and where everybody may write nobody can say who did.
    static func reasonNotToWrite(_ files: StoreFiles) throws -> String? {
        guard FileSystem.isDirectory(files.directory) else { return nil }
        for path in [files.directory, files.log, files.index, files.views] where FileSystem.exists(path) {
            let ownership = try translating("open \(path)") { try FileSystem.ownership(of: path) }
            if ownership.isWritableByAll { return "everybody may write to \(path)" }
            if !ownership.isOwnedByThisUser { return "\(path) belongs to another user" }
        }
        for path in [files.directory, files.log, files.log + "/data.mdb"] where FileSystem.exists(path) {
            if !FileSystem.isWritable(path) { return "\(path) cannot be written" }
        }
        return nil
    }
}
