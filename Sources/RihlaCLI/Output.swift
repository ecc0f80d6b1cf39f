// Bytes out: whole, safe for a terminal, and quiet about a reader that went away.
internal import Foundation
internal import JourneyEvents
internal import Platform
internal import Synchronization

/// Nobody reads what is written any more.
struct ClosedPipe: Error {}

/// A standard stream.
final class Output: Sendable {
    static let standard = Output(descriptor: 1, name: "standard output")
    static let error = Output(descriptor: 2, name: "standard error")

    private let descriptor: Int32
    private let name: String
    /// Whether a person looks at it.
    let isTerminal: Bool

    private init(descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
        isTerminal = isatty(descriptor) == 1
    }

    /// Writes bytes: as they are, or on a terminal with everything escaped that it would run.
    ///
    /// - Throws: `ClosedPipe` when the other side has closed; `RihlaError` with code `io` or `diskFull`.
    func write(_ bytes: [UInt8], as form: Sanitizer.Form = .json) throws {
        try check(Descriptor.write(isTerminal ? Sanitizer.shown(bytes, as: form) : bytes, to: descriptor))
    }

    func write(_ text: String, as form: Sanitizer.Form = .text) throws { try write(Array(text.utf8), as: form) }

    /// The end of what is written, at which some systems say that there was no room for it.
    func end() throws {
        guard close(descriptor) != 0 else { return }
        try check(errno)
    }

    private func check(_ failure: Int32) throws {
        switch failure {
        case 0, EINTR: return
        case EPIPE: throw ClosedPipe()
        default: throw RihlaError.writing(name, failure)
        }
    }

    /// The last words of the process: there is nobody left to tell when they cannot be written.
    func finish(writing text: String, as form: Sanitizer.Form = .text) {
        let bytes = Array(text.utf8)
        _ = Descriptor.write(isTerminal ? Sanitizer.shown(bytes, as: form) : bytes, to: descriptor)
    }
}

extension RihlaError {
    /// The system refused to write this file or stream.
    static func writing(_ path: String, _ failure: Int32) -> RihlaError {
        let text = "cannot write \(path): \(FileError(errno: failure, call: "write", path: path).detail)"
        return switch failure {
        case ENOSPC, EDQUOT, EFBIG: RihlaError(.diskFull, text, hint: "make room, then run it again")
        case EACCES, EPERM, EROFS:
            RihlaError(.permission, text, hint: "check who owns it and its directory, and their modes")
        case EMFILE, ENFILE:
            RihlaError(.failure, text, hint: "raise the limit of open files, as with `ulimit -n 256`")
        case ENOENT, ENOTDIR:
            RihlaError(.io, text, hint: "check that its directory exists and may be written")
        case EBUSY, EXDEV:
            RihlaError(.io, text, hint: "it cannot be replaced: write to standard output, and redirect that")
        case EBADF: RihlaError(.io, text, hint: "it is closed: redirect it to /dev/null when nobody wants it")
        default: RihlaError(.io, text, hint: "check the disk or device, then run it again")
        }
    }
}
