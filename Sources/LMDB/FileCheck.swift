// LMDB trusts its file: a damaged page ends the process by a signal. So a file is looked at with `pread` first, the meta
// pages at every open, all pages on request. The layout is that of LMDB 0.9 on 64-bit little-endian machines (`mdb.c`).

/// A file that LMDB must not be given.
package struct FileCheckError: Error, Hashable, Sendable, CustomStringConvertible {
    package var path: String
    package var reason: String
    package var offset: Int64
    package var description: String { "\(path) is damaged at byte \(offset): \(reason)" }
}

/// Looks at LMDB data files without LMDB.
package enum FileCheck {
    /// One page that is not as it should be.
    package struct Finding: Hashable, Sendable {
        package var page: UInt64
        package var offset: UInt64
        package var reason: String
    }

    /// What a meta page says.
    struct Meta {
        var pageSize: Int
        var freeRoot: UInt64
        var mainRoot: UInt64
        var lastPage: UInt64
        var transaction: UInt64
    }

    static let noPage = UInt64.max

    /// Checks size, magic, both meta pages and flags of a data file.
    package static func check(dataFile path: String) throws { _ = try newestMeta(path) }

    private static func newestMeta(_ path: String) throws -> Meta {
        let size = FileSystem.size(of: path)
        func fail(_ reason: String, _ offset: Int64) -> FileCheckError {
            FileCheckError(path: path, reason: reason, offset: offset)
        }
        guard size >= 8_192 else { throw fail("it has \(size) bytes, less than its two meta pages", size) }
        let file = try PageFile(path)
        let first = try meta(file, at: 0, path)
        let second = try meta(file, at: Int64(first.pageSize), path)
        guard first.pageSize == second.pageSize else { throw fail("its meta pages disagree", Int64(first.pageSize)) }
        let newest = first.transaction >= second.transaction ? first : second
        guard UInt64(size) >= (newest.lastPage + 1) * UInt64(newest.pageSize) else {
            throw fail(
                "it has \(size) bytes, its last page needs \((newest.lastPage + 1) * UInt64(newest.pageSize)): cut off",
                size
            )
        }
        for root in [newest.freeRoot, newest.mainRoot] where root != noPage {
            guard root >= 2, root <= newest.lastPage else { throw fail("a root page lies outside of the file", 0) }
            let page = try file.bytes(at: Int64(root) * Int64(newest.pageSize), count: 16)
            guard load(page, 0, UInt64.self) == root, load(page, 10, UInt16.self) & 3 != 0 else {
                throw fail("a root page is not one", Int64(root) * Int64(newest.pageSize))
            }
        }
        return newest
    }

    private static func meta(_ file: PageFile, at offset: Int64, _ path: String) throws -> Meta {
        let page = try file.bytes(at: offset, count: 152)
        func fail(_ reason: String, _ at: Int64) -> FileCheckError {
            FileCheckError(path: path, reason: reason, offset: offset + at)
        }
        guard load(page, 16, UInt32.self) == 0xBEEF_C0DE else { throw fail("it is not an LMDB file", 16) }
        guard load(page, 20, UInt32.self) == 1 else { throw fail("its LMDB data version is not 1", 20) }
        guard load(page, 10, UInt16.self) & 8 != 0 else { throw fail("a meta page has other flags", 10) }
        let pageSize = Int(load(page, 40, UInt32.self))
        guard pageSize >= 512, pageSize <= 65_536, pageSize & (pageSize - 1) == 0 else {
            throw fail("its page size is \(pageSize)", 40)
        }
        let number = load(page, 0, UInt64.self)
        guard number == UInt64(offset) / UInt64(pageSize) else { throw fail("a meta page has another number", 0) }
        let last = load(page, 136, UInt64.self)
        guard last < 1 << 48, load(page, 32, UInt64.self) >= 8_192 else {
            throw fail("a meta page is implausible", 136)
        }
        return Meta(
            pageSize: pageSize,
            freeRoot: load(page, 80, UInt64.self),
            mainRoot: load(page, 128, UInt64.self),
            lastPage: last,
            transaction: load(page, 144, UInt64.self)
        )
    }

    /// Checks every page that the newest meta page reaches: numbers, flags, bounds, children, overflow runs, double use.
    package static func walk(dataFile path: String) throws -> [Finding] {
        let meta = try newestMeta(path)
        var walker = PageWalker(try PageFile(path), meta)
        for root in [meta.freeRoot, meta.mainRoot] where root != noPage { try walker.walk(root) }
        return walker.findings
    }
}

/// Reads an integer of a page.
private func load<T: FixedWidthInteger & BitwiseCopyable>(_ bytes: [UInt8], _ offset: Int, _ type: T.Type) -> T {
    loadLittleEndian(bytes.span, at: offset, as: type)
}

/// Walks the pages below a root.
private struct PageWalker {
    private let file: PageFile
    private let meta: FileCheck.Meta
    private var seen: Set<UInt64> = []
    private(set) var findings: [FileCheck.Finding] = []

    init(_ file: PageFile, _ meta: FileCheck.Meta) {
        self.file = file
        self.meta = meta
    }

    private mutating func find(_ page: UInt64, _ reason: String) {
        findings.append(.init(page: page, offset: page &* UInt64(meta.pageSize), reason: reason))
    }

    mutating func walk(_ root: UInt64) throws {
        var pending: [(page: UInt64, depth: Int)] = [(root, 0)]
        while let (number, depth) = pending.popLast() {
            guard number >= 2, number <= meta.lastPage else {
                find(number, "a page outside of the file is used")
                continue
            }
            guard seen.insert(number).inserted else {
                find(number, "the page is used twice")
                continue
            }
            guard depth < 64 else {
                find(number, "the tree is too deep")
                continue
            }
            let page = try file.bytes(at: Int64(number) * Int64(meta.pageSize), count: meta.pageSize)
            try visit(page, number) { pending.append(($0, depth + 1)) }
        }
    }

    private mutating func visit(_ page: [UInt8], _ number: UInt64, _ descend: (UInt64) -> Void) throws {
        guard page.count == meta.pageSize else { return find(number, "the page is cut off") }
        guard load(page, 0, UInt64.self) == number else { return find(number, "the page has another number") }
        let flags = load(page, 10, UInt16.self)
        let isBranch = flags & 1 != 0
        guard flags & 3 == 1 || flags & 3 == 2, flags & 0x2C == 0 else {
            return find(number, "the page's flags are \(flags)")
        }
        let lower = Int(load(page, 12, UInt16.self))
        let upper = Int(load(page, 14, UInt16.self))
        guard lower >= 16, lower <= upper, upper <= meta.pageSize, lower & 1 == 0 else {
            return find(number, "the page's bounds are \(lower) and \(upper)")
        }
        for slot in stride(from: 16, to: lower, by: 2) {
            let node = Int(load(page, slot, UInt16.self))
            guard node >= upper, node + 8 <= meta.pageSize else { return find(number, "a slot points to \(node)") }
            let keySize = Int(load(page, node + 6, UInt16.self))
            guard node + 8 + keySize <= meta.pageSize else { return find(number, "a key leaves the page") }
            let low = UInt64(load(page, node, UInt16.self)) | UInt64(load(page, node + 2, UInt16.self)) << 16
            let nodeFlags = load(page, node + 4, UInt16.self)
            if isBranch {
                descend(low | UInt64(nodeFlags) << 32)
                continue
            }
            try leaf(page, number, at: node + 8 + keySize, size: low, flags: nodeFlags, descend)
        }
    }

    private mutating func leaf(
        _ page: [UInt8],
        _ number: UInt64,
        at data: Int,
        size: UInt64,
        flags: UInt16,
        _ descend: (UInt64) -> Void
    ) throws {
        guard flags & ~7 == 0 else { return find(number, "a node's flags are \(flags)") }
        if flags & 1 != 0 {
            guard data + 8 <= meta.pageSize else { return find(number, "an overflow reference leaves the page") }
            return try overflow(load(page, data, UInt64.self), size)
        }
        guard data + Int(size) <= meta.pageSize else { return find(number, "a value leaves the page") }
        guard flags & 2 != 0 else { return }
        guard size == 48 else { return find(number, "a table record has \(size) bytes") }
        let root = load(page, data + 40, UInt64.self)
        if root != FileCheck.noPage { descend(root) }
    }

    private mutating func overflow(_ first: UInt64, _ size: UInt64) throws {
        let needed = (size + 16 + UInt64(meta.pageSize) - 1) / UInt64(meta.pageSize)
        guard first >= 2, first <= meta.lastPage, needed <= meta.lastPage - first + 1 else {
            return find(first, "an overflow run lies outside of the file")
        }
        let head = try file.bytes(at: Int64(first) * Int64(meta.pageSize), count: 16)
        guard head.count == 16, load(head, 0, UInt64.self) == first else {
            return find(first, "the overflow page has another number")
        }
        guard load(head, 10, UInt16.self) & 0x0F == 4 else { return find(first, "the page is not an overflow page") }
        let pages = UInt64(load(head, 12, UInt32.self))
        guard pages == needed else {
            return find(first, "the overflow run has \(pages) pages, its value needs \(needed)")
        }
        for page in first..<(first + pages) where !seen.insert(page).inserted { find(page, "the page is used twice") }
    }
}
