// A file that is there as a whole or not at all: written beside the target under a new name and renamed at the end. What is no
// plain file, such as a device or a pipe, is written to as it is, and a symbolic link stays one.
internal import Foundation
internal import JourneyEvents
internal import Platform
internal import Synchronization

/// A file that a command writes because an option named it.
///
/// Until ``commit()`` the file under the name is as it was; whoever does not come that far calls ``discard()``.
final class OutputFile: Sendable {
    /// Where bytes go until the end.
    private struct State {
        var descriptor: Int32
        var temporary: String?
    }

    /// The name as the user gave it.
    private let path: String
    /// The file that gets the bytes: what a symbolic link leads to.
    private let target: String
    private let form: Sanitizer.Form
    private let isTerminal: Bool
    private let state: Mutex<State>
    /// Those that a process which ends at once has to remove.
    private static let temporaries = Mutex<Set<String>>([])

    /// Opens the file for new content; `-` is standard output.
    ///
    /// - Parameter form: What the bytes are, in case that the file is a terminal.
    /// - Throws: `RihlaError` when nothing can be written there; `CancellationError` when a signal came before a pipe had a
    ///   reader.
    init(_ path: String, as form: Sanitizer.Form = .text) throws {
        self.path = path
        self.form = form
        guard !path.isEmpty else { throw RihlaError(.usage, "the name of a file to write is empty") }
        if let open = OutputFile.openAlready(path) {
            target = path
            let copy = fcntl(open, F_DUPFD_CLOEXEC, 3)
            guard copy >= 0 else { throw RihlaError.writing(path, errno) }
            isTerminal = isatty(copy) == 1
            state = Mutex(State(descriptor: copy))
            return
        }
        target = try OutputFile.followed(path)
        var info = stat()
        let isThere = unsafe stat(target, &info) == 0
        guard isThere || (errno == ENOENT && !target.hasSuffix("/")) else {
            throw RihlaError.writing(path, target.hasSuffix("/") ? EISDIR : errno)
        }
        guard isThere, info.st_mode & S_IFMT != S_IFREG else {
            let temporary = try OutputFile.make(beside: target, for: path, replacing: isThere ? info : nil)
            state = Mutex(State(descriptor: temporary.descriptor, temporary: temporary.path))
            isTerminal = false
            return
        }
        let descriptor = try OutputFile.openDirectly(target, path)
        isTerminal = isatty(descriptor) == 1
        state = Mutex(State(descriptor: descriptor))
    }

    /// Writes the file through `body`, which is given what takes its bytes.
    static func write<R>(
        _ path: String,
        as form: Sanitizer.Form = .text,
        _ body: (([UInt8]) throws -> Void) throws -> R
    ) throws -> R {
        let file = try OutputFile(path, as: form)
        defer { file.discard() }
        let result = try body(file.write)
        try file.commit()
        return result
    }

    /// Adds bytes.
    func write(_ bytes: [UInt8]) throws {
        let shown = isTerminal ? Sanitizer.shown(bytes, as: form) : bytes
        switch state.withLock({ Descriptor.write(shown, to: $0.descriptor) }) {
        case 0: return
        case EPIPE: throw ClosedPipe()
        case let failure: throw RihlaError.writing(path, failure)
        }
    }

    /// Ends the file: it has all of its bytes on the disk, and only then the name.
    func commit() throws {
        try state.withLock { state in
            guard state.descriptor >= 0 else { return }
            // Not every device and file system can sync.
            if fsync(state.descriptor) != 0, ![EINVAL, ENOTSUP, EROFS].contains(errno) {
                throw RihlaError.writing(path, errno)
            }
            let descriptor = state.descriptor
            state.descriptor = -1
            guard close(descriptor) == 0 || errno == EINTR else { throw RihlaError.writing(path, errno) }
            guard let temporary = state.temporary else { return }
            guard unsafe rename(temporary, target) == 0 else { throw RihlaError.writing(path, errno) }
            state.temporary = nil
            OutputFile.temporaries.withLock { _ = $0.remove(temporary) }
        }
    }

    /// Leaves the file under the name as it was, unless it was committed.
    func discard() {
        state.withLock { state in
            if state.descriptor >= 0 { _ = close(state.descriptor) }
            state.descriptor = -1
            guard let temporary = state.temporary else { return }
            state.temporary = nil
            _ = unsafe unlink(temporary)
            OutputFile.temporaries.withLock { _ = $0.remove(temporary) }
        }
    }

    /// Removes what is not complete: the process ends at once.
    static func discardAll() { temporaries.withLock { for path in $0 { _ = unsafe unlink(path) } } }
}

extension OutputFile {
    /// The descriptor that a name stands for. Its file may be shared with others, so it is never replaced.
    private static func openAlready(_ path: String) -> Int32? {
        switch path {
        case "-", "/dev/stdout": return 1
        case "/dev/stderr": return 2
        default: break
        }
        for directory in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(directory) {
            return Int32(path.dropFirst(directory.count))
        }
        return nil
    }

    /// Where symbolic links lead, whether something is there or not.
    private static func followed(_ path: String) throws -> String {
        var current = path
        // As many as the system itself follows.
        for _ in 0..<40 {
            var info = stat()
            guard unsafe lstat(current, &info) == 0, info.st_mode & S_IFMT == S_IFLNK else { return current }
            let next: String
            do {
                next = try FileManager.default.destinationOfSymbolicLink(atPath: current)
            } catch {
                throw RihlaError.writing(path, EACCES)
            }
            current = next.hasPrefix("/") ? next : directory(of: current) + next
        }
        throw RihlaError.writing(path, ELOOP)
    }

    /// What stands before the name, with the slash; empty for a name alone.
    private static func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    /// A new file in the directory of the target, with the mode and the owner of the one that it will replace.
    private static func make(
        beside target: String,
        for path: String,
        replacing old: stat?
    ) throws -> (path: String, descriptor: Int32) {
        // Whoever may not write the file may not replace it either.
        if old != nil, unsafe access(target, W_OK) != 0 { throw RihlaError.writing(path, errno) }
        for _ in 0..<100 {
            let random = String(UInt64.random(in: .min ... .max), radix: 36)
            let temporary = directory(of: target) + ".rihla-" + random + ".part"
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
            let descriptor = unsafe open(temporary, flags, old == nil ? 0o666 : 0o600)
            guard descriptor >= 0 else {
                guard errno == EEXIST else { throw RihlaError.writing(path, errno) }
                continue
            }
            temporaries.withLock { _ = $0.insert(temporary) }
            if let old {
                // Another owner can be had by root alone; the mode comes last, since a change of owner may take bits of it.
                _ = fchown(descriptor, old.st_uid, old.st_gid)
                _ = fchmod(descriptor, old.st_mode & 0o7777)
            }
            return (temporary, descriptor)
        }
        throw RihlaError.writing(path, EEXIST)
    }

    /// Opens what is no plain file.
    private static func openDirectly(_ target: String, _ path: String) throws -> Int32 {
        while true {
            // A pipe without a reader would hold an ordinary open until one comes, whatever signals come first.
            let descriptor = unsafe open(target, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
            if descriptor >= 0 {
                _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
                return descriptor
            }
            var info = stat()
            guard errno == ENXIO, unsafe stat(target, &info) == 0, info.st_mode & S_IFMT == S_IFIFO else {
                throw RihlaError.writing(path, errno)
            }
            try Task.checkCancellation()
            _ = usleep(20_000)
        }
    }
}
