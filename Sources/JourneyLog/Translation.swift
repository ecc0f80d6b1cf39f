// LMDB's and the system's errors become sentences with an exit status; the code below is kept in the text.
package import JourneyEvents
package import LMDB
internal import Platform

/// Runs `body` and turns errors of LMDB and the file system into `RihlaError`. Errors of a caller's own pass through.
package func translating<R>(_ what: String, _ body: () throws -> R) throws -> R {
    do {
        return try body()
    } catch  where error is LMDBError || error is FileError || error is FileCheckError {
        throw translated(error, what)
    }
}

/// The error as a user should see it.
package func translated(_ error: any Error, _ what: String) -> RihlaError {
    let text = "cannot \(what): \(error)"
    if let error = error as? RihlaError { return error }
    if let fault = error as? DerivedFault {
        return RihlaError(
            .damaged,
            "cannot \(what): \(fault)",
            hint: "run it again: what is damaged is made anew from the log"
        )
    }
    if let error = error as? FileCheckError {
        return RihlaError(.damaged, "cannot \(what): \(error)", hint: LogStorage.damageHint)
    }
    if let error = error as? LMDBError {
        if error.isDamage { return RihlaError(.damaged, text, hint: LogStorage.damageHint) }
        switch error.code {
        case 9: return RihlaError(.failure, text, hint: "open the store again")
        case 13, 1, 30: return RihlaError(.permission, text, hint: "check who owns the directory and its modes")
        case 28, 27, 122, LMDBError.mapFull.code:
            return RihlaError(.diskFull, text, hint: "make room, then run it again; nothing acknowledged is lost")
        case 5:
            return error.description.contains("disk full")
                ? RihlaError(.diskFull, text, hint: "make room, then run it again; nothing acknowledged is lost")
                : RihlaError(.io, text)
        case 16, 11: return RihlaError(.busy, text)
        default: return RihlaError(.io, text)
        }
    }
    if let error = error as? FileError {
        if error.isLink {
            return RihlaError(.permission, text, hint: "no file of a store is reached through a symbolic link")
        }
        switch error.errno {
        case 13, 1, 30: return RihlaError(.permission, text, hint: "check who owns the directory and its modes")
        case 28, 27, 122: return RihlaError(.diskFull, text, hint: "make room, then run it again")
        case 2: return RihlaError(.notFound, text)
        default: return RihlaError(.io, text)
        }
    }
    return RihlaError(.failure, text)
}

extension LMDBError {
    /// Whether the file is not what LMDB wrote: a page or table that should be there is not, or the format is another.
    package var isDamage: Bool { [-30_798, -30_797, -30_796, -30_794, -30_793, -30_784].contains(code) }
}

extension LMDBError {
    /// Whether a file of the environment is not there.
    package var isAbsent: Bool { code == 2 }
}

extension FileError {
    /// Whether there is no such file.
    package var isAbsent: Bool { errno == 2 }
}
