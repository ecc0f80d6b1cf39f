// Bytes out: buffered, and quiet about a reader that went away.
internal import Foundation
internal import Synchronization

/// Nobody reads standard output any more.
struct ClosedPipe: Error {}

/// A standard stream.
final class Output: Sendable {
    static let standard = Output(.standardOutput, descriptor: 1)
    static let error = Output(.standardError, descriptor: 2)

    private let handle: FileHandle
    /// Whether a person looks at it.
    let isTerminal: Bool

    private init(_ handle: FileHandle, descriptor: Int32) {
        self.handle = handle
        isTerminal = isatty(descriptor) == 1
    }

    /// Writes bytes.
    ///
    /// - Throws: `ClosedPipe` when the other side has closed; the system's error otherwise.
    func write(_ bytes: [UInt8]) throws {
        guard !bytes.isEmpty else { return }
        do {
            try handle.write(contentsOf: Data(bytes))
        } catch {
            let code = (error as NSError).code
            let under = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.code
            if code == Int(EPIPE) || under == Int(EPIPE) || code == CocoaError.fileWriteUnknown.rawValue {
                throw ClosedPipe()
            }
            throw error
        }
    }

    func write(_ text: String) throws { try write(Array(text.utf8)) }

    /// The last words of the process: there is nobody left to tell when they cannot be written.
    func finish(writing text: String) { try? handle.write(contentsOf: Data(text.utf8)) }
}
