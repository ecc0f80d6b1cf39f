// Who closes an environment that is sound says so to the next, who need not walk it then. Locks are those of open files, so a
// second process is played by a lock that is taken as `SoundMark` takes it.
import Foundation
@testable import LMDB
import Platform
import TestSupport
import Testing

@Suite struct SoundMarkTests {
    private func options(readOnly: Bool = false) -> Environment.Options {
        var options = testOptions(create: !readOnly)
        options.readOnly = readOnly
        options.check = .unlessMarked
        return options
    }

    /// Makes an environment and closes it, as its user found it.
    private func make(_ path: String, sound: Bool) throws {
        let environment = try Environment.open(at: path, options: options())
        #expect(!environment.wasUnclean)
        for key in 1...50 as ClosedRange<UInt64> { try environment.put([UInt8](repeating: 1, count: 3_000), key) }
        if sound { try environment.markSound() }
        environment.close()
    }

    /// Whether an open finds no mark that fits.
    private func isUnclean(_ path: String, readOnly: Bool = false) throws -> Bool {
        let environment = try Environment.open(at: path, options: options(readOnly: readOnly))
        defer { environment.close() }
        #expect(try environment.get(50)?.count == 3_000)
        return environment.wasUnclean
    }

    @Test(arguments: [false, true]) func `a file is walked unless it was closed as sound`(sound: Bool) async throws {
        try await withDirectory { path in
            try make(path, sound: sound)
            #expect(try isUnclean(path) == !sound)
            // Looking at it changes nothing.
            #expect(try isUnclean(path) == !sound)
            #expect(try isUnclean(path, readOnly: true) == !sound)
        }
    }

    enum Change: CaseIterable { case commit, written, copy, touched, mark, tornMark, noMark, otherStart }

    @Test(arguments: Change.allCases) func `a mark fits only the file that it was left for`(change: Change) async throws
    {
        try await withDirectory { path in
            try make(path, sound: true)
            let (data, mark) = (path + "/data.mdb", path + "/sound")
            var bytes = try FileSystem.read(mark)
            switch change {
            case .commit:
                let environment = try Environment.open(at: path, options: options())
                #expect(!environment.wasUnclean)
                try environment.put([1], 1)
                environment.close()
            case .written:
                let at = try #require(try FileSystem.read(data).firstRange(of: [UInt8](repeating: 1, count: 500)))
                let file = try FileHandle(forUpdating: URL(fileURLWithPath: data))
                try file.seek(toOffset: UInt64(at.lowerBound) + 100)
                try file.write(contentsOf: [2])
                try file.close()
            case .copy: try FileSystem.writeAtomically(try FileSystem.read(data), to: data)
            case .touched: try #require(utimes(data, nil) == 0)
            case .mark: bytes[60] ^= 1
            case .tornMark: bytes.removeLast(6)
            case .noMark: try FileSystem.remove(mark)
            case .otherStart: bytes[15] ^= 1
            }
            if [.mark, .tornMark, .otherStart].contains(change) { try FileSystem.writeAtomically(bytes, to: mark) }
            #expect(try isUnclean(path))
        }
    }

    @Test func `a walk that is asked for finds the damage, and leaves no mark`() async throws {
        try await withDirectory { path in
            try make(path, sound: true)
            var bytes = try FileSystem.read(path + "/data.mdb")
            for page in 2..<bytes.count / 4_096 { bytes[page * 4_096] ^= 1 }
            try FileSystem.writeAtomically(bytes, to: path + "/data.mdb")
            for _ in 0..<2 {
                #expect(throws: FileCheckError.self) { _ = try Environment.open(at: path, options: options()) }
            }
        }
    }

    @Test func `beside a process that has found it sound nobody walks, and only the last one leaves a mark`()
        async throws
    {
        try await withDirectory { path in
            try make(path, sound: false)
            var walks = 0
            let first = try SoundMark.take(path) { walks += 1 }
            #expect(first.wasUnclean)
            // Its rows are not known to be sound yet: who comes now looks at them as well, and need not walk.
            let second = try SoundMark.take(path) { walks += 1 }
            #expect(second.wasUnclean)
            try first.confirm()
            let third = try SoundMark.take(path) { walks += 1 }
            #expect(!third.wasUnclean)
            #expect(walks == 1)
            try first.giveBack(sound: true)
            try second.giveBack(sound: true)
            let fourth = try SoundMark.take(path) { walks += 1 }
            #expect(!fourth.wasUnclean)
            try fourth.giveBack(sound: true)
            try third.giveBack(sound: true)
            #expect(try !isUnclean(path))
            #expect(walks == 1)
        }
    }

    @Test func `a process that dies takes its hold with it, and the next one walks`() async throws {
        try await withDirectory { path in
            try make(path, sound: true)
            var walks = 0
            do {
                let killed = try SoundMark.take(path) { walks += 1 }
                try killed.beginChange()
                #expect(!killed.wasUnclean)
                // What a killed process did not give back ends with its descriptors.
            }
            let next = try SoundMark.take(path) { walks += 1 }
            #expect(next.wasUnclean)
            try next.giveBack(sound: false)
            #expect(walks == 1)
        }
    }

    @Test func `a walk that fails lets the next one walk`() async throws {
        struct Damage: Error {}
        try await withDirectory { path in
            try make(path, sound: false)
            #expect(throws: Damage.self) { _ = try SoundMark.take(path) { throw Damage() } }
            var walks = 0
            let next = try SoundMark.take(path) { walks += 1 }
            try next.giveBack(sound: false)
            #expect(walks == 1)
        }
    }

    @Test func `who opens while another walks waits for its end`() async throws {
        try await withDirectory { path in
            try make(path, sound: false)
            let walks = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        var walks = 0
                        let mark = try SoundMark.take(path) {
                            walks += 1
                            usleep(20_000)
                        }
                        usleep(200_000)
                        try mark.giveBack(sound: true)
                        return walks
                    }
                }
                return try await group.reduce(0, +)
            }
            // Tasks that start after all others have ended find the mark.
            #expect(walks == 1)
        }
    }
}
