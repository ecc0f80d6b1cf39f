// Whose files a store's are: readers who may not write, directories of others, and links that lead out of the store.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct AccessTests {
    private static let questions = [
        ["stages"], ["attribution", "--model", "last"], ["customer", "user_id:u7"], ["deals"], ["pipeline"],
        ["timeline", "user_id:u7"], ["stats"],
    ]
    /// Nobody in particular; the superuser may do everything, so questions are asked as this one then.
    private static let other: UInt32? = geteuid() == 0 ? 65_534 : nil

    /// Each file that a link may stand for: leading to what was there, so that nothing but the link is wrong, or, of one of
    /// each kind, to somebody's text.
    private static let links: [(what: String, hasText: Bool)] = [
        ("HEAD", true), ("FORMAT", true), ("log/lock.mdb", true), ("index/data.mdb", true), ("views/", true),
        ("HEAD", false), ("FORMAT", false), ("log/data.mdb", false), ("log/lock.mdb", false), ("index/data.mdb", false),
        ("index/lock.mdb", false), ("views/data.mdb", false), ("views/lock.mdb", false), ("views/", false),
        ("log", false), ("index", false), ("views", false),
    ]

    /// A store with views that caught up, made once in a run.
    private static let template: String = {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("rihla-links-" + UUID().uuidString)
            .path
        do {
            try StoreOnDisk(path).settle(MadeUp.lines(0..<300), last: 20, [["stages"], ["deals"]])
        } catch {
            preconditionFailure("the store cannot be made: \(error)")
        }
        return path
    }()

    private func run(_ words: [String], _ store: StoreOnDisk, input: String? = nil) throws -> RihlaBinary.Result {
        let child = try RihlaChild(words + ["--store", store.path], asUser: AccessTests.other)
        if let input { child.send(input) }
        return child.end()
    }

    private func setModes(_ store: StoreOnDisk, directories: Int, files: Int) throws {
        let names = try FileManager.default.subpathsOfDirectory(atPath: store.path).map { "/" + $0 }
        for name in [""] + names {
            let mode = StoreOnDisk.isDirectory(store.path + name) ? directories : files
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: store.path + name)
        }
    }

    // No question was answered on read-only media or for who is not the owner: opening wanted to write.
    @Test(arguments: [true, false])
    func `who may only read is answered as the owner is, and leaves nothing behind`(hasViews: Bool) async throws {
        try await withScratchDirectory { path in
            let store = StoreOnDisk(path)
            try store.ingest(MadeUp.lines(0..<400))
            let asked = try store.copy(to: path + "-asked")
            defer { try? FileManager.default.removeItem(atPath: asked.path) }
            let right = try asked.answers(AccessTests.questions)
            let read = hasViews ? asked : store
            try setModes(read, directories: 0o555, files: 0o444)
            defer { try? setModes(read, directories: 0o755, files: 0o644) }
            let before = try read.files()
            for (words, wanted) in zip(AccessTests.questions, right) {
                let result = try run(words + ["--format", "json", "--quiet"], read)
                #expect(result.status == 0, "\(words): \(result.err)")
                if result.status == 0 { #expect(try StoreOnDisk.bare(result.out) == wanted, "\(words)") }
            }
            let append = try run(["append", "--quiet"], read, input: MadeUp.line(1, prefix: "no-"))
            #expect([1, 4, 5].contains(append.status) && !append.signalled, "\(append.status) \(append.err)")
            #expect(append.err.hasPrefix("rihla: "))
            #expect(try read.files() == before)
        }
    }

    // A store that everybody may write to is one in which anybody may put links and other histories. It was written to without
    // a word.
    @Test(arguments: ["", "/log", "/index", "/views"])
    func `a directory that all may write to is not written`(part: String) async throws {
        try await withScratchDirectory { path in
            let store = StoreOnDisk(path)
            try store.ingest(MadeUp.lines(0..<100))
            let right = try store.answer(["stages"])
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: path + part)
            let append = try store.run(["append", "--quiet"], input: MadeUp.line(1, prefix: "no-") + "\n")
            #expect([1, 4].contains(append.status), "\(append.status) \(append.out)")
            #expect(append.err.hasPrefix("rihla: ") && append.err.contains(path), "\(append.err)")
            let asked = try store.run(["stages", "--format", "json", "--quiet"])
            // Either it is read without being written, or it is refused by a sentence as well.
            if asked.status == 0 {
                #expect(try StoreOnDisk.bare(asked.out) == right)
            } else {
                #expect(asked.status == 4 && asked.err.hasPrefix("rihla: "), "\(asked.status) \(asked.err)")
            }
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path + part)
            #expect(try store.ids().count == 100)
            #expect(try store.answer(["stages"]) == right)
        }
    }

    // The superuser may write to everybody's stores, and left files there that their owners could not open any more.
    @Test func `a store of another owner is not written`() async throws {
        try await withScratchDirectory { path in
            let store = StoreOnDisk(path)
            try store.ingest(MadeUp.lines(0..<100))
            let before = try store.files()
            // Only the superuser can give a store away; others are themselves refused when the modes let them read.
            if let other = AccessTests.other {
                for name in [""] + (try FileManager.default.subpathsOfDirectory(atPath: path).map { "/" + $0 }) {
                    #expect(chown(path + name, other, other) == 0)
                }
            } else {
                try setModes(store, directories: 0o555, files: 0o444)
            }
            defer { try? setModes(store, directories: 0o700, files: 0o600) }
            let append = try store.run(["append", "--quiet"], input: MadeUp.line(1, prefix: "no-") + "\n")
            #expect([1, 4].contains(append.status), "\(append.status) \(append.out)")
            #expect(append.err.hasPrefix("rihla: ") && append.err.contains(path), "\(append.err)")
            let rebuild = try store.run(["rebuild", "--quiet"])
            #expect([1, 4].contains(rebuild.status), "\(rebuild.status)")
            #expect(try store.files() == before)
        }
    }

    // HEAD of a store was a link to somebody's file: a question opened it for writing and cut it to 64 bytes. No file of a store
    // is opened through a link, whatever it is.
    @Test(arguments: AccessTests.links)
    func `a link in a store is not followed`(what: String, hasText: Bool) async throws {
        try await withScratchDirectory { path in
            let store = try StoreOnDisk(AccessTests.template).copy(to: path)
            var name = what
            if what.hasPrefix("views/") {
                let view = (try #require(store.dataFiles("views").first) as NSString).deletingLastPathComponent
                name = what == "views/" ? view : view + what.dropFirst(5)
            }
            let foreign = path + "-foreign"
            defer { try? FileManager.default.removeItem(atPath: foreign) }
            try FileManager.default.moveItem(atPath: path + "/" + name, toPath: foreign)
            let isDirectory = StoreOnDisk.isDirectory(foreign)
            if hasText {
                try FileManager.default.removeItem(atPath: foreign)
                if isDirectory {
                    try FileManager.default.createDirectory(atPath: foreign, withIntermediateDirectories: false)
                }
                let text = Data("somebody else's text, longer than anything that would be written over it\n".utf8)
                try text.write(to: URL(filePath: isDirectory ? foreign + "/notes" : foreign))
            }
            try FileManager.default.createSymbolicLink(atPath: path + "/" + name, withDestinationPath: foreign)
            let before = try contents(foreign)
            for words in [["stages"], ["append"], ["rebuild"], ["verify"]] {
                let input = words == ["append"] ? MadeUp.line(1, prefix: "n-") + "\n" : ""
                let result = try store.run(words + ["--quiet"], input: input)
                #expect(!result.signalled && [0, 1, 2, 4, 6].contains(result.status), "\(words): \(result.status)")
                #expect([0, 2].contains(result.status) || !(result.err + result.out).isEmpty)
                #expect(try contents(foreign) == before, "\(words) changed what \(name) leads to")
            }
        }
    }

    // Users do put stores behind links: the way to a store may be one.
    @Test func `a store is reached through a link to its directory`() async throws {
        try await withScratchDirectory { path in
            let store = StoreOnDisk(path)
            try store.ingest(MadeUp.lines(0..<50))
            let link = StoreOnDisk(path + "-link")
            try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: path)
            defer { try? FileManager.default.removeItem(atPath: link.path) }
            #expect(try link.append([MadeUp.line(1, prefix: "n-")]).first?["duplicate"] as? Bool == false)
            #expect(try link.answer(["stages"]) == store.answer(["stages"]))
            #expect(try link.run(["verify"]).status == 0)
        }
    }

    /// Every file below a path, or the file itself, with its bytes.
    private func contents(_ path: String) throws -> [String: Data] {
        guard StoreOnDisk.isDirectory(path) else { return ["": try Data(contentsOf: URL(filePath: path))] }
        var found: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            found[name] = FileManager.default.contents(atPath: path + "/" + name) ?? Data()
        }
        return found
    }
}
