// LMDB's codes, kept as they are: 0 is success, positive ones are errno, negative ones LMDB's own.
internal import CLMDB
internal import Platform

/// A failed call into LMDB.
package struct LMDBError: Error, Hashable, Sendable, CustomStringConvertible {
    /// LMDB's code or errno.
    package var code: Int32
    /// The function that failed.
    package var call: String
    /// LMDB's sentence, and what else is known.
    package var detail: String

    package init(code: Int32, call: String, detail: String? = nil) {
        self.code = code
        self.call = call
        self.detail = detail ?? (code > 0 ? FileError.sentence(code) : String(cString: mdb_strerror(code)))
    }

    package var description: String { "\(detail) (\(call): \(code))" }

    package static let notFound = LMDBError(code: MDB_NOTFOUND, call: "")
    package static let mapFull = LMDBError(code: MDB_MAP_FULL, call: "")
    package static let readersFull = LMDBError(code: MDB_READERS_FULL, call: "")
    package static let mapResized = LMDBError(code: MDB_MAP_RESIZED, call: "")

    /// Whether the system refused access.
    package var isAccess: Bool { code == EACCES || code == EPERM || code == EROFS }

    static func check(_ code: Int32, _ call: String) throws(LMDBError) {
        if code != 0 { throw LMDBError(code: code, call: call) }
    }
}
