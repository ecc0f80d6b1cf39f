// LMDB maps a file as a whole, with room for its growth. Address space costs nothing, so normally there is plenty; a limit on
// it (`ulimit -v`) has to do for all environments of a process, its threads and its memory.
internal import CLMDB
internal import Foundation
internal import Platform

/// How large the map of an environment is made.
struct AddressSpace {
    /// With a limit an environment begins with this part of it, and its map grows when it has to.
    private static let share: UInt64 = 16
    /// A map has so much room beside what is in the file, at least: what one transaction writes.
    static let room = 48 << 20

    /// Sizes to be tried, the best first.
    private(set) var sizes: [Int]

    /// For an environment whose file has some bytes; `fixed` is a size that was asked for.
    init(fixed: Int?, fileBytes: Int64) {
        if let fixed {
            sizes = [fixed]
            return
        }
        let floor = AddressSpace.pages(Int(fileBytes) + max(AddressSpace.room, Int(fileBytes) / 4))
        let wanted = FileSystem.addressSpaceLimit().map { Int(min($0 / AddressSpace.share, 1 << 40)) } ?? 1 << 40
        let steps = [40, 36, 34, 32, 30, 29, 28, 27, 26].map { 1 << $0 }
        sizes = steps.filter { $0 <= wanted && $0 > floor } + [floor]
    }

    /// Sizes to be tried for a map that has got too small for what is in it.
    static func grown(_ size: Int, used: Int) -> [Int] {
        [size * 2, used + room * 2, used + room].map(pages).filter { $0 > size && $0 >= used + room }
    }

    private static func pages(_ bytes: Int) -> Int { (bytes + 0xFFFF) & ~0xFFFF }

    /// What to say when there is none left; nil when it is another error.
    static func explained(_ error: LMDBError, _ directory: String) -> LMDBError? {
        guard error.code == ENOMEM else { return nil }
        let limit = FileSystem.addressSpaceLimit().map { "the limit is \($0) bytes: raise it (ulimit -v)" }
        return LMDBError(
            code: ENOMEM,
            call: error.call,
            detail: "no address space is left for \(directory): \(limit ?? "the system gives no more")"
        )
    }
}
