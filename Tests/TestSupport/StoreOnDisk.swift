// A store that the command line made, and what a disk, a restore or somebody else may do to its files.
internal import Foundation

/// A store directory, asked and changed through the binary.
public struct StoreOnDisk: Sendable {
    /// A command did not end as a sound store lets it.
    public struct Failure: Error, CustomStringConvertible {
        /// What happened.
        public var description: String
        /// Takes the sentence.
        public init(description: String) { self.description = description }
    }

    /// The directory.
    public let path: String

    /// Names a store; nothing is made yet.
    public init(_ path: String) { self.path = path }

    /// Runs a command on it.
    public func run(_ words: [String], input: String = "") throws -> RihlaBinary.Result {
        try RihlaBinary.run(words + ["--store", path], input: Data(input.utf8))
    }

    /// The answer of a question as JSON, without what is of the store and not of its events.
    public func answer(_ words: [String]) throws -> String {
        let result = try run(words + ["--format", "json", "--quiet"])
        guard result.status == 0, !result.signalled else {
            throw Failure(description: "\(words) ended with \(result.status): \(result.err)")
        }
        return try StoreOnDisk.bare(result.out)
    }

    /// Answers of several questions.
    public func answers(_ questions: [[String]]) throws -> [String] { try questions.map { try answer($0) } }

    /// An answer without what is of its store and of its hour: position, ids, sizes, and when events were recorded.
    public static func bare(_ json: String) throws -> String {
        let value = try JSONSerialization.jsonObject(with: Data(json.utf8))
        guard var members = value as? [String: Any] else { return json }
        for key in ["position", "store_id", "epoch", "bytes"] { members[key] = nil }
        let bytes = try JSONSerialization.data(withJSONObject: withoutTimes(members), options: .sortedKeys)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func withoutTimes(_ value: Any) -> Any {
        if let list = value as? [Any] { return list.map(withoutTimes) }
        guard var members = value as? [String: Any] else { return value }
        members["recorded_at"] = nil
        return members.mapValues(withoutTimes)
    }

    /// Ingests lines.
    public func ingest(_ lines: [String]) throws {
        let result = try run(["ingest", "-", "--quiet"], input: lines.joined(separator: "\n") + "\n")
        guard result.status == 0 else {
            throw Failure(description: "ingest ended with \(result.status): \(result.err)")
        }
    }

    /// Appends lines, and gives the acknowledgement of each.
    public func append(_ lines: [String]) throws -> [[String: Any]] {
        let result = try run(["append", "--quiet"], input: lines.joined(separator: "\n") + "\n")
        guard [0, 2, 4].contains(result.status), !result.signalled else {
            throw Failure(description: "append ended with \(result.status): \(result.err)")
        }
        return try result.out.split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
    }

    /// The ids of all events in order of position.
    public func ids() throws -> [String] {
        let result = try run(["events", "--format", "ndjson", "--quiet"])
        guard result.status == 0 else {
            throw Failure(description: "events ended with \(result.status): \(result.err)")
        }
        return try result.out.split(separator: "\n").compactMap {
            (try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["id"] as? String
        }
    }

    /// Lets each view be made, and catch up once, so that all of it is synced and trusted.
    public func settle(_ lines: [String], last: Int, _ questions: [[String]]) throws {
        try ingest(Array(lines.dropLast(last)))
        _ = try answers(questions)
        try ingest(Array(lines.suffix(last)))
        _ = try answers(questions)
    }

    // MARK: Files

    /// Whether a path leads to a directory.
    public static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    /// Every file below a part of the store, by its path below the store, in order.
    public func files(_ part: String = "") throws -> [String] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
        return names.filter { $0.hasPrefix(part) && !StoreOnDisk.isDirectory(path + "/" + $0) }
    }

    /// The data files below a part of the store.
    public func dataFiles(_ part: String) throws -> [String] { try files(part).filter { $0.hasSuffix("data.mdb") } }

    /// The bytes of a file of the store.
    public func bytes(_ file: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path + "/" + file)))
    }

    /// Writes the bytes of a file in place.
    public func write(_ bytes: [UInt8], to file: String) throws {
        let handle = try FileHandle(forWritingTo: URL(filePath: path + "/" + file))
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
    }

    /// A copy of the whole store, as `cp -r` makes it, in place of what is there.
    public func copy(to other: String) throws -> StoreOnDisk {
        try? FileManager.default.removeItem(atPath: other)
        try FileManager.default.copyItem(atPath: path, toPath: other)
        return StoreOnDisk(other)
    }

    /// Puts a part of the store back from a copy of it.
    public func putBack(_ part: String, from copy: StoreOnDisk) throws {
        try FileManager.default.removeItem(atPath: path + "/" + part)
        try FileManager.default.copyItem(atPath: copy.path + "/" + part, toPath: path + "/" + part)
    }

    /// Turns one bit of a byte that is not zero, past the two first pages of a data file below `part`; says where.
    public func turnBit(below part: String, using random: inout SplitMix) throws -> String {
        let filled = try dataFiles(part).filter { try bytes($0).count > 8_192 }
        guard let file = filled.randomElement(using: &random)
        else {
            throw Failure(description: "there is no data below \(part)")
        }
        var changed = try bytes(file)
        let at = changed.indices.dropFirst(8_192).filter { changed[$0] != 0 }.randomElement(using: &random) ?? 8_192
        changed[at] ^= 1 << UInt8.random(in: 0...7, using: &random)
        try write(changed, to: file)
        return "\(file), byte \(at)"
    }
}
