// Walks the pages of an LMDB file's trees and says which are not as LMDB writes them: numbers, flags, bounds, children,
// overflow runs, double use, depth and counts.
internal import Platform

/// Walks from the roots of a meta page.
struct PageWalker {
    private let file: PageFile
    private let meta: FileCheck.Meta
    private let depth: FileCheck.Depth
    private var isComplete: Bool { depth == .complete }
    /// Of a file that ends before its last page, the pages behind its end must all be free: else it is cut off, or the number
    /// of its last page is wrong.
    private var readsFree: Bool { isComplete || meta.isShort }
    /// A bit for each page that the file has, and those that are behind its end.
    private var seen: [UInt64]
    private var seenBehind: Set<UInt64> = []
    private var free: [(page: UInt64, leaf: UInt64)] = []
    private(set) var findings: [FileCheck.Finding] = []

    /// What a walk of one tree counts.
    private struct Counts {
        var branchPages: UInt64 = 0
        var leafPages: UInt64 = 0
        var overflowPages: UInt64 = 0
        var entries: UInt64 = 0
    }

    private enum Kind { case free, main, table }

    private struct Pending {
        var page: UInt64
        var depth: UInt16
    }

    init(_ file: PageFile, _ meta: FileCheck.Meta, _ depth: FileCheck.Depth) {
        self.file = file
        self.meta = meta
        self.depth = depth
        seen = Array(repeating: 0, count: Int(meta.filePages >> 6) + 1)
    }

    private mutating func find(_ page: UInt64, _ reason: String) {
        // A damaged page may hold thousands of wrong entries; the first ones say enough.
        guard findings.count < 1_000 else { return }
        findings.append(.init(page: page, offset: page &* UInt64(meta.pageSize), reason: "page \(page): \(reason)"))
    }

    /// Marks a page as used; false when it is already.
    private mutating func mark(_ page: UInt64) -> Bool {
        guard page < meta.filePages else { return seenBehind.insert(page).inserted }
        let bit: UInt64 = 1 << (page & 63)
        guard seen[Int(page >> 6)] & bit == 0 else { return false }
        seen[Int(page >> 6)] |= bit
        return true
    }

    /// Walks all trees.
    mutating func walk() throws {
        try walk(meta.free, .free)
        try walk(meta.main, .main)
        guard readsFree else { return }
        for entry in free {
            if entry.page < 2 || entry.page > meta.lastPage {
                find(entry.leaf, "the free page \(entry.page) lies outside of the file")
            } else if !mark(entry.page) {
                find(entry.leaf, "the page \(entry.page) is free and in use")
            }
        }
        if meta.isShort, UInt64(seenBehind.count) != meta.lastPage + 1 - meta.filePages {
            find(meta.filePages, "the file ends here, its last page is \(meta.lastPage)")
        }
    }

    private mutating func walk(_ tree: FileCheck.Tree, _ kind: Kind) throws {
        guard tree.root != FileCheck.noPage else { return }
        var counts = Counts()
        var tables: [FileCheck.Tree] = []
        var pending = [Pending(page: tree.root, depth: 1)]
        while let next = pending.popLast() {
            guard next.page >= 2, next.page <= meta.lastPage else {
                find(next.page, "it lies outside of the file and is used")
                continue
            }
            guard next.page < meta.filePages else {
                find(next.page, "the file ends before it, and it is used: cut off")
                continue
            }
            guard mark(next.page) else {
                find(next.page, "it is used twice")
                continue
            }
            let page = try file.bytes(at: Int64(next.page) * Int64(meta.pageSize), count: meta.pageSize)
            guard let isBranch = checkHeader(page, next.page) else { continue }
            guard next.depth < tree.depth ? isBranch : !isBranch && next.depth == tree.depth else {
                find(next.page, "it lies at depth \(next.depth) of a tree of depth \(tree.depth)")
                continue
            }
            if isBranch {
                counts.branchPages += 1
                eachNode(page, next.page) { pending.append(Pending(page: $0.child, depth: next.depth + 1)) }
            } else {
                counts.leafPages += 1
                try visitLeaf(page, next.page, kind, &counts, &tables)
            }
        }
        if isComplete, counts.entries != tree.entries {
            find(tree.root, "its tree has \(counts.entries) entries and says \(tree.entries)")
        }
        if isComplete,
            (counts.branchPages, counts.leafPages, counts.overflowPages) != (
                tree.branchPages, tree.leafPages, tree.overflowPages
            )
        {
            find(tree.root, "its tree has other page counts than it says")
        }
        for table in tables { try walk(table, .table) }
    }

    /// Whether the page is a branch; nil when it is neither that nor a leaf.
    private mutating func checkHeader(_ page: [UInt8], _ number: UInt64) -> Bool? {
        var reason: String?
        var isBranch = false
        if page.count != meta.pageSize {
            reason = "it is cut off"
        } else if load(page, 0, UInt64.self) != number {
            reason = "it has the number of another page"
        } else {
            let flags = load(page, 10, UInt16.self)
            let (lower, upper) = bounds(page)
            isBranch = flags == 1
            if flags != 1, flags != 2 {
                reason = "its flags are \(flags)"
            } else if lower < (isBranch ? 20 : 18) || lower > upper || upper > meta.pageSize || lower & 1 != 0 {
                // A branch has two children at least, a leaf one entry.
                reason = "its bounds are \(lower) and \(upper)"
            }
        }
        guard let reason else { return isBranch }
        find(number, reason)
        return nil
    }

    private func bounds(_ page: [UInt8]) -> (lower: Int, upper: Int) {
        (Int(load(page, 12, UInt16.self)), Int(load(page, 14, UInt16.self)))
    }

    /// One entry of a page.
    private struct Node {
        var flags: UInt16
        var size: UInt64
        var key: Range<Int>
        var child: UInt64 { size | UInt64(flags) << 32 }
    }

    private mutating func eachNode(_ page: [UInt8], _ number: UInt64, _ body: (Node) -> Void) {
        let (lower, upper) = bounds(page)
        for slot in stride(from: 16, to: lower, by: 2) {
            let at = Int(load(page, slot, UInt16.self))
            guard at >= upper, at + 8 <= meta.pageSize, at & 1 == 0 else {
                return find(number, "a slot points to \(at)")
            }
            let keySize = Int(load(page, at + 6, UInt16.self))
            guard keySize <= 511, at + 8 + keySize <= meta.pageSize else { return find(number, "a key leaves it") }
            let size = UInt64(load(page, at, UInt16.self)) | UInt64(load(page, at + 2, UInt16.self)) << 16
            body(Node(flags: load(page, at + 4, UInt16.self), size: size, key: at + 8..<at + 8 + keySize))
        }
    }

    private mutating func visitLeaf(
        _ page: [UInt8],
        _ number: UInt64,
        _ kind: Kind,
        _ counts: inout Counts,
        _ tables: inout [FileCheck.Tree]
    ) throws {
        var nodes: [Node] = []
        eachNode(page, number) { nodes.append($0) }
        counts.entries += UInt64(nodes.count)
        for node in nodes {
            let data = node.key.upperBound
            switch node.flags {
            case 0:
                guard data + Int(node.size) <= meta.pageSize else { return find(number, "a value leaves it") }
                if kind == .free { readFree(Array(page[data..<data + Int(node.size)]), number) }
            case 1:
                guard data + 8 <= meta.pageSize else { return find(number, "an overflow reference leaves it") }
                let first = load(page, data, UInt64.self)
                guard try visitOverflow(first, node.size, from: number, &counts) else { continue }
                if kind == .free, readsFree {
                    let start = Int64(first) * Int64(meta.pageSize) + 16
                    readFree(try file.bytes(at: start, count: Int(node.size)), number)
                }
            case 2 where kind == .main:
                guard node.size == 48, data + 48 <= meta.pageSize else {
                    return find(number, "a table record has \(node.size) bytes")
                }
                let table = FileCheck.Tree(page, at: data)
                guard table.flags == 0 || table.flags == 8, table.depth <= 32,
                    (table.root == FileCheck.noPage) == (table.depth == 0)
                else { return find(number, "a table record is implausible") }
                tables.append(table)
            default:
                return find(number, "an entry's flags are \(node.flags)")
            }
        }
    }

    private mutating func visitOverflow(_ first: UInt64, _ size: UInt64, from leaf: UInt64, _ counts: inout Counts)
        throws -> Bool
    {
        let needed = (size + 16 + UInt64(meta.pageSize) - 1) / UInt64(meta.pageSize)
        guard first >= 2, first <= meta.lastPage, needed <= meta.lastPage - first + 1 else {
            find(leaf, "an overflow run lies outside of the file")
            return false
        }
        guard first + needed <= meta.filePages else {
            find(first, "the file ends inside of its overflow run of \(needed) pages: cut off")
            return false
        }
        counts.overflowPages += needed
        for page in first..<(first + needed) where !mark(page) {
            find(page, "it is used twice")
            return false
        }
        guard depth != .trees else { return true }
        let head = try file.bytes(at: Int64(first) * Int64(meta.pageSize), count: 16)
        guard head.count == 16, load(head, 0, UInt64.self) == first, load(head, 10, UInt16.self) == 4 else {
            find(first, "it is not the overflow page that it should be")
            return false
        }
        let pages = UInt64(load(head, 12, UInt32.self))
        guard pages == needed else {
            find(first, "its overflow run has \(pages) pages, the value needs \(needed)")
            return false
        }
        return true
    }

    /// Collects a list of free pages: its length, then page numbers.
    private mutating func readFree(_ list: [UInt8], _ leaf: UInt64) {
        guard readsFree else { return }
        guard list.count >= 8, list.count & 7 == 0, load(list, 0, UInt64.self) <= UInt64(list.count / 8 - 1) else {
            return find(leaf, "a list of free pages has another length")
        }
        for index in 0..<Int(load(list, 0, UInt64.self)) {
            free.append((load(list, 8 + index * 8, UInt64.self), leaf))
        }
    }
}
