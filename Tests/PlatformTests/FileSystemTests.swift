// A store's files are written by several processes, and may be put in place by somebody who means harm.
import Foundation
import Platform
import TestSupport
import Testing

@Suite struct FileSystemTests {
    private func scratch(_ body: (String) async throws -> Void) async throws {
        try await withScratchDirectory { path in
            try FileSystem.makeDirectory(path)
            try await body(path)
        }
    }

    // `HEAD` as a symbolic link: a query emptied the file that it named.
    @Test func `a symbolic link in place of a file is neither read nor written`() async throws {
        try await scratch { path in
            let foreign = path + "/foreign"
            try FileSystem.writeAtomically([1, 2, 3], to: foreign)
            try FileManager.default.createSymbolicLink(atPath: path + "/HEAD", withDestinationPath: foreign)
            let error = #expect(throws: FileError.self) { _ = try FileSystem.read(path + "/HEAD") }
            #expect(error?.description.contains("symbolic link") == true)
            #expect(throws: FileError.self) {
                try FileSystem.update(path + "/HEAD", with: [9], sync: false) { _ in true }
            }
            #expect(throws: FileError.self) { _ = try PageFile(path + "/HEAD") }
            #expect(try FileSystem.read(foreign) == [1, 2, 3])
            // What is put over a link takes its place.
            try FileSystem.writeAtomically([4], to: path + "/HEAD")
            #expect(try FileSystem.read(path + "/HEAD") == [4])
            #expect(try FileSystem.read(foreign) == [1, 2, 3])
        }
    }

    @Test func `a pipe in place of a file is refused and not waited for`() async throws {
        try await scratch { path in
            try #require(mkfifo(path + "/HEAD", 0o600) == 0)
            let error = #expect(throws: FileError.self) { _ = try FileSystem.read(path + "/HEAD") }
            #expect(error?.description.contains("no plain file") == true)
            #expect(throws: FileError.self) {
                try FileSystem.update(path + "/HEAD", with: [9], sync: false) { _ in true }
            }
            #expect(throws: FileError.self) { _ = try FileSystem.read(path) }
        }
    }

    // First appends of several processes at once: 40 of 180 failed on one temporary name.
    @Test func `many may write one file at once, and readers see one of their texts whole`() async throws {
        try await scratch { path in
            let file = path + "/FORMAT"
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<8 as Range<UInt8> {
                    group.addTask {
                        for _ in 0..<20 {
                            try FileSystem.writeAtomically(Array(repeating: task, count: 5_000), to: file)
                            let read = try FileSystem.read(file)
                            #expect(read.count == 5_000 && Set(read).count == 1)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try FileSystem.list(path) == ["FORMAT"])
        }
    }

    @Test func `what could not be written leaves nothing, and what a killed writer left goes`() async throws {
        try await scratch { path in
            try FileSystem.makeDirectory(path + "/taken/inner")
            #expect(throws: FileError.self) { try FileSystem.writeAtomically([1], to: path + "/taken") }
            #expect(try FileSystem.list(path) == ["taken"])
            let left = path + "/FORMAT.0011223344556677.new"
            for (name, age) in [
                (left, 7_200.0), (path + "/FORMAT.0011223344556688.new", 0), (path + "/FORMAT.new", 7_200),
            ] {
                try Data([1]).write(to: URL(fileURLWithPath: name))
                let date = Date(timeIntervalSinceNow: -age)
                try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: name)
            }
            try FileSystem.writeAtomically([1], to: path + "/FORMAT")
            #expect(
                try FileSystem.list(path) == ["FORMAT", "FORMAT.0011223344556688.new", "FORMAT.new", "taken"]
            )
            #expect(FileSystem.isTemporary("FORMAT.0011223344556688.new"))
            #expect(!FileSystem.isTemporary("FORMAT.new") && !FileSystem.isTemporary("unsynced-00"))
        }
    }

    @Test func `directories are made with those above them, for the owner alone, and a file is none`() async throws {
        try await scratch { path in
            try FileSystem.makeDirectory(path + "/a/b/c")
            for name in ["/a", "/a/b", "/a/b/c"] {
                let mode = try FileManager.default.attributesOfItem(atPath: path + name)[.posixPermissions] as? Int
                #expect(mode == 0o700)
            }
            try FileSystem.writeAtomically([1], to: path + "/file")
            #expect(throws: FileError.self) { try FileSystem.makeDirectory(path + "/file") }
        }
    }
}
