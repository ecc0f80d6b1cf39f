// LMDB trusts its file: a damaged page ends the process by a signal. So a file is looked at with `pread` first: the meta
// pages and the trees' pages at every open, the rest on request. The layout is that of LMDB 0.9 on 64-bit little-endian
// machines (`mdb.c`).
internal import Foundation
internal import Platform

/// A file that LMDB must not be given.
package struct FileCheckError: Error, Hashable, Sendable, CustomStringConvertible {
    package var path: String
    package var reason: String
    package var offset: Int64
    package var description: String { "\(path) is damaged at byte \(offset): \(reason)" }
}

/// Looks at LMDB data files without LMDB.
package enum FileCheck {
    /// How much of a file a check looks at.
    package enum Depth: Sendable {
        /// What LMDB needs to read without dying: branch and leaf pages.
        case trees
        /// Also the first pages of large values, on which LMDB depends when it deletes them.
        case values
        /// Also the list of free pages and all counts.
        case complete
    }

    /// One page that is not as it should be.
    package struct Finding: Hashable, Sendable {
        package var page: UInt64
        package var offset: UInt64
        package var reason: String
    }

    /// What a meta page says of one tree.
    struct Tree {
        var flags: UInt16
        var depth: UInt16
        var branchPages: UInt64
        var leafPages: UInt64
        var overflowPages: UInt64
        var entries: UInt64
        var root: UInt64

        /// Reads the 48 bytes of a tree's record.
        init(_ bytes: [UInt8], at offset: Int) {
            flags = load(bytes, offset + 4, UInt16.self)
            depth = load(bytes, offset + 6, UInt16.self)
            branchPages = load(bytes, offset + 8, UInt64.self)
            leafPages = load(bytes, offset + 16, UInt64.self)
            overflowPages = load(bytes, offset + 24, UInt64.self)
            entries = load(bytes, offset + 32, UInt64.self)
            root = load(bytes, offset + 40, UInt64.self)
        }
    }

    /// What a meta page says.
    struct Meta {
        var pageSize: Int
        var free: Tree
        var main: Tree
        var lastPage: UInt64
        var transaction: UInt64
        /// How many whole pages the file has. A sound file may end before its last page: LMDB does not write pages that one
        /// transaction both allocates and frees. What is reached must lie inside; what it reads beyond ends the process.
        var filePages: UInt64 = 0
        var isShort: Bool { filePages <= lastPage }
    }

    static let noPage = UInt64.max

    /// Checks size, magic, both meta pages and the trees of a data file.
    package static func check(dataFile path: String, depth: Depth = .trees) throws {
        let findings = try settled(path) { file, meta in
            var walker = PageWalker(file, meta, depth)
            try walker.walk()
            return walker.findings
        }
        if let first = findings.first {
            throw FileCheckError(path: path, reason: first.reason, offset: Int64(first.offset))
        }
    }

    /// Checks also the lists of free pages, for the holder of the write lock, beside whom nobody changes the file.
    static func checkForWriting(dataFile path: String, depth: Depth) throws {
        let file = try PageFile(path)
        var walker = PageWalker(file, try newestMeta(file, path), depth, readsFree: true)
        try walker.walk()
        if let first = walker.findings.first {
            throw FileCheckError(path: path, reason: first.reason, offset: Int64(first.offset))
        }
    }

    /// The number of the newest transaction.
    static func newestTransaction(dataFile path: String) throws -> UInt64 {
        try newestMeta(PageFile(path), path).transaction
    }

    /// Checks everything that the newest meta page reaches: also overflow runs, the list of free pages and counts.
    package static func walk(dataFile path: String) throws -> [Finding] {
        try settled(path) { file, meta in
            var walker = PageWalker(file, meta, .complete)
            try walker.walk()
            return walker.findings
        }
    }

    /// Runs a check again when it found something while another process was writing: pages of an old snapshot are used
    /// anew two commits later. A file that never stands still is in good use.
    private static func settled(_ path: String, _ body: (PageFile, Meta) throws -> [Finding]) throws -> [Finding] {
        for attempt in 0..<16 {
            let file = try PageFile(path)
            let before = try? metaBytes(file)
            do {
                let findings = try body(file, try newestMeta(file, path))
                if findings.isEmpty { return [] }
                if try metaBytes(file) == before { return findings }
            } catch let error as FileCheckError {
                if try metaBytes(file) == before { throw error }
            }
            usleep(UInt32(1_000 << min(attempt, 5)))
        }
        return []
    }

    /// How many bytes of a meta page say something.
    private static let metaSize = 152

    /// What both meta pages say: it changes with each commit.
    private static func metaBytes(_ file: PageFile) throws -> [UInt8] {
        let first = try file.bytes(at: 0, count: metaSize)
        guard first.count == metaSize else { return first }
        return try first + file.bytes(at: Int64(load(first, 40, UInt32.self)), count: metaSize)
    }

    private static func newestMeta(_ file: PageFile, _ path: String) throws -> Meta {
        let size = FileSystem.size(of: path)
        func fail(_ reason: String, _ offset: Int64) -> FileCheckError {
            FileCheckError(path: path, reason: reason, offset: offset)
        }
        let first = try meta(file, at: 0, path)
        guard size >= 2 * Int64(first.pageSize) else {
            throw fail("it has \(size) bytes, less than its two meta pages", size)
        }
        let second = try meta(file, at: Int64(first.pageSize), path)
        guard first.pageSize == second.pageSize else { throw fail("its meta pages disagree", Int64(first.pageSize)) }
        var newest = first.transaction >= second.transaction ? first : second
        // The file's size is asked again: a writer may have made it longer since.
        newest.filePages = UInt64(FileSystem.size(of: path)) / UInt64(newest.pageSize)
        for tree in [newest.free, newest.main] {
            guard (tree.root == noPage) == (tree.depth == 0), tree.depth <= 32 else {
                throw fail("a tree of depth \(tree.depth) has the root \(tree.root)", 0)
            }
            guard tree.root != noPage else { continue }
            guard tree.root >= 2, tree.root <= newest.lastPage else {
                throw fail("a root page lies outside of the file", 0)
            }
            guard tree.root < newest.filePages else {
                throw fail("it has \(size) bytes, the root page \(tree.root) lies behind them: cut off", size)
            }
            let page = try file.bytes(at: Int64(tree.root) * Int64(newest.pageSize), count: 16)
            guard page.count == 16, load(page, 0, UInt64.self) == tree.root, load(page, 10, UInt16.self) & 3 != 0 else {
                throw fail("a root page is not one", Int64(tree.root) * Int64(newest.pageSize))
            }
        }
        return newest
    }

    private static func meta(_ file: PageFile, at offset: Int64, _ path: String) throws -> Meta {
        let page = try file.bytes(at: offset, count: metaSize)
        func fail(_ reason: String, _ at: Int64) -> FileCheckError {
            FileCheckError(path: path, reason: reason, offset: offset + at)
        }
        guard page.count == metaSize else { throw fail("its meta pages are cut off", Int64(page.count)) }
        guard load(page, 16, UInt32.self) == 0xBEEF_C0DE else { throw fail("it is not an LMDB file", 16) }
        guard load(page, 20, UInt32.self) == 1 else { throw fail("its LMDB data version is not 1", 20) }
        guard load(page, 10, UInt16.self) == 8 else { throw fail("a meta page has other flags", 10) }
        let pageSize = Int(load(page, 40, UInt32.self))
        guard pageSize >= 512, pageSize <= 65_536, pageSize & (pageSize - 1) == 0 else {
            throw fail("its page size is \(pageSize)", 40)
        }
        let number = load(page, 0, UInt64.self)
        guard number == UInt64(offset) / UInt64(pageSize) else { throw fail("a meta page has another number", 0) }
        let last = load(page, 136, UInt64.self)
        guard last >= 1, last < 1 << 40, load(page, 32, UInt64.self) >= 2 * UInt64(pageSize) else {
            throw fail("a meta page is implausible", 136)
        }
        let free = Tree(page, at: 40)
        let main = Tree(page, at: 88)
        // The free tree has number keys and carries the environment's persistent flags, of which none is used here.
        guard free.flags == 8, main.flags == 0 else { throw fail("a tree has other flags", 44) }
        return Meta(
            pageSize: pageSize,
            free: free,
            main: main,
            lastPage: last,
            transaction: load(page, 144, UInt64.self)
        )
    }
}

/// Reads an integer of a page.
func load<T: FixedWidthInteger & BitwiseCopyable>(_ bytes: [UInt8], _ offset: Int, _ type: T.Type) -> T {
    loadLittleEndian(bytes.span, at: offset, as: type)
}
