// A file that is there as a whole or not at all: written beside the target and renamed at the end.
internal import Foundation
internal import JourneyEvents

enum OutputFile {
    /// Writes a file through `body`, which is given what takes its bytes.
    static func write<R>(_ path: String, _ body: (([UInt8]) throws -> Void) throws -> R) throws -> R {
        let temporary = path + ".part"
        guard FileManager.default.createFile(atPath: temporary, contents: nil),
            let handle = FileHandle(forWritingAtPath: temporary)
        else {
            throw RihlaError(
                .io,
                "cannot write \(temporary)",
                hint: "check that its directory exists and may be written"
            )
        }
        do {
            let result = try body { try handle.write(contentsOf: Data($0)) }
            try handle.synchronize()
            try handle.close()
            guard unsafe rename(temporary, path) == 0 else {
                throw RihlaError(.io, "cannot rename \(temporary) to \(path): errno \(errno)")
            }
            return result
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw error
        }
    }
}
