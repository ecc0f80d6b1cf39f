// Walking all pages of an environment takes a second for a gigabyte of rows, too long for every open. So who closes an
// environment that is sound leaves a mark of the file as it is then; an open that finds the file like that does not walk it.
// A process that is killed, or a machine that goes down, leaves a file that the mark does not fit.
//
// Who has found the environment sound holds the mark's lock, shared with others, until it closes: beside such a process
// nobody walks, though the file changes all the time. The lock vanishes with its process. What is decided and by whom is
// ordered by a lock on the directory, held for the decision and the walk.
internal import Foundation
internal import Platform

/// A process's hold on an environment whose pages were found sound.
final class SoundMark: Sendable {
    private static let name = "sound"
    /// How a mark begins; all three have one length.
    private enum Header: String {
        /// The file was closed as the mark says.
        case sound = "rihla sound 1\n"
        /// It was sound, and is being changed since by those who hold it.
        case changing = "rihla inuse 1\n"
        /// Its pages were walked; whether its rows are sound nobody has said yet.
        case walked = "rihla walkd 1\n"

        var bytes: [UInt8] { Array(rawValue.utf8) }
    }

    private let directory: String
    /// Nil where the mark can be neither made nor read.
    private let lock: FileLock?
    /// Nothing says that the rows are sound.
    let wasUnclean: Bool

    private init(_ directory: String, _ lock: FileLock?, wasUnclean: Bool) {
        self.directory = directory
        self.lock = lock
        self.wasUnclean = wasUnclean
    }

    /// Takes hold of an environment; walks it first by `verify`, unless the mark fits or another process holds it.
    static func take(_ directory: String, verify: () throws -> Void) throws -> SoundMark {
        let gate = try takeGate(directory)
        return try withExtendedLifetime(gate) {
            let isNew = FileSystem.size(of: directory + "/data.mdb") == 0
            guard let lock = try FileLock.open(file: directory + "/" + name) else {
                if !isNew { try verify() }
                return SoundMark(directory, nil, wasUnclean: !isNew)
            }
            // Every try for the lock is made under the gate: who has it, shared, is done with its walk.
            let isAlone = try lock.tryExclusive()
            var wasUnclean = try !isNew && !isFit(lock, directory)
            if wasUnclean, isAlone {
                try verify()
                try write(.walked, lock)
            } else if wasUnclean {
                wasUnclean = try lock.bytes(Header.changing.bytes.count) != Header.changing.bytes
            }
            try lock.lock(.shared)
            return SoundMark(directory, lock, wasUnclean: wasUnclean)
        }
    }

    private static func write(_ header: Header, _ lock: FileLock) throws {
        if lock.isWritable { try lock.overwrite(header.bytes) }
    }

    /// Says that rows are sound, for those who open the environment while it is held.
    func confirm() throws {
        guard let lock, try lock.bytes(Header.walked.bytes.count) == Header.walked.bytes else { return }
        try SoundMark.write(.changing, lock)
    }

    /// Takes the mark back before the first change.
    func beginChange() throws {
        guard let lock, try lock.bytes(Header.walked.bytes.count) != Header.walked.bytes else { return }
        try SoundMark.write(wasUnclean ? .walked : .changing, lock)
    }

    /// Gives the hold back, after LMDB has closed the environment. The last one to do so leaves a mark, when the environment is
    /// `sound`.
    func giveBack(sound: Bool) throws {
        guard let lock else { return }
        defer { lock.unlock() }
        guard sound, lock.isWritable else { return }
        let gate = try SoundMark.takeGate(directory)
        try withExtendedLifetime(gate) {
            guard try lock.isInPlace(), try lock.tryExclusive(), try !SoundMark.isFit(lock, directory),
                let mark = try SoundMark.mark(of: directory)
            else { return }
            try lock.overwrite(mark)
        }
    }

    private static func takeGate(_ directory: String) throws -> FileLock {
        while true {
            let gate = try FileLock.open(directory: directory)
            try gate.lock(.exclusive)
            // The directory may have been removed and made anew while this waited.
            if try gate.isInPlace() { return gate }
        }
    }

    private static func isFit(_ lock: FileLock, _ directory: String) throws -> Bool {
        do {
            guard let mark = try mark(of: directory) else { return false }
            return try lock.bytes(mark.count) == mark
        } catch is FileCheckError {
            return false
        }
    }

    /// What stands in a mark of the data file as it is now; nil where the system does not say since when it runs. An incomplete
    /// one does not fit, so it is never synced.
    private static func mark(of directory: String) throws -> [UInt8]? {
        let data = directory + "/data.mdb"
        guard let boot = FileSystem.bootID(), FileSystem.size(of: data) > 0 else { return nil }
        let stamp = try FileSystem.stamp(of: data)
        var mark = Header.sound.bytes
        mark += boot
        for number in [
            stamp.device, stamp.inode, stamp.size, stamp.modified, stamp.changed,
            try FileCheck.newestTransaction(dataFile: data),
        ] { appendLittleEndian(number, to: &mark) }
        appendLittleEndian(Checksum.crc32c(mark.span), to: &mark)
        return mark
    }
}
