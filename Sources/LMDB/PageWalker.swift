// Walks the pages of an LMDB file's trees and says which are not as LMDB writes them: numbers, flags, bounds, children,
// order of keys, overflow runs, double use, depth and counts. The children of a branch are read in order of their pages, many
// at once where they lie close together.
internal import Platform

/// Walks from the roots of a meta page.
struct PageWalker {
    private let file: PageFile
    private let meta: FileCheck.Meta
    private let depth: FileCheck.Depth
    /// Whether the list of free pages is compared with those in use.
    private let readsFree: Bool
    private var used: PageSet
    private var free = FreeLists()
    private var foundPages: Set<UInt64> = []
    private(set) var findings: [FileCheck.Finding] = []

    /// A damaged file may have thousands of wrong pages; the first ones say enough.
    private static let mostFindings = 1_000
    /// So much is read at once.
    private static let windowBytes = 1 << 20
    /// Reading so many pages that are not asked for costs less than one more call.
    private static let largestGap: UInt64 = 8

    /// What a walk of one tree knows and counts.
    private struct Walk {
        let tree: FileCheck.Tree
        let kind: Kind
        /// Keys are 64-bit numbers.
        let integers: Bool
        var branchPages: UInt64 = 0
        var leafPages: UInt64 = 0
        var overflowPages: UInt64 = 0
        var entries: UInt64 = 0
        /// Named tables that the main tree has.
        var tables: [FileCheck.Tree] = []
    }

    private enum Kind { case free, main, table }

    /// A page to be visited, and between which keys its own must lie.
    private struct Pending {
        var page: UInt64
        var low: [UInt8]?
        var high: [UInt8]?
    }

    init(_ file: PageFile, _ meta: FileCheck.Meta, _ depth: FileCheck.Depth, readsFree: Bool = false) {
        self.file = file
        self.meta = meta
        self.depth = depth
        // Of a file that ends before its last page, the pages behind its end must all be free: else it is cut off, or the
        // number of its last page is wrong.
        self.readsFree = readsFree || depth == .complete || meta.isShort
        used = PageSet(filePages: meta.filePages)
    }

    /// Notes what is wrong with a page; the first thing is enough.
    private mutating func find(_ page: UInt64, _ reason: String) {
        guard findings.count < PageWalker.mostFindings, foundPages.insert(page).inserted else { return }
        findings.append(.init(page: page, offset: page &* UInt64(meta.pageSize), reason: "page \(page): \(reason)"))
    }

    /// Walks all trees.
    mutating func walk() throws {
        let tables = try walk(meta.main, .main)
        for table in tables { _ = try walk(table, .table) }
        _ = try walk(meta.free, .free)
        guard readsFree else { return }
        for (page, reason) in free.faults(lastPage: meta.lastPage, used: &used) { find(page, reason) }
        if findings.isEmpty, meta.isShort, used.countBehind != meta.lastPage + 1 - meta.filePages {
            find(meta.filePages, "the file ends here, its last page is \(meta.lastPage)")
        }
    }

    private mutating func walk(_ tree: FileCheck.Tree, _ kind: Kind) throws -> [FileCheck.Tree] {
        guard tree.root != FileCheck.noPage else { return [] }
        var walk = Walk(tree: tree, kind: kind, integers: tree.flags & 8 != 0)
        let before = findings.count
        try visit([Pending(page: tree.root)], 1, &walk)
        guard depth == .complete, findings.count == before else { return walk.tables }
        if walk.entries != tree.entries {
            find(tree.root, "its tree has \(walk.entries) entries and says \(tree.entries)")
        }
        if (walk.branchPages, walk.leafPages, walk.overflowPages)
            != (tree.branchPages, tree.leafPages, tree.overflowPages)
        {
            find(tree.root, "its tree has other page counts than it says")
        }
        return walk.tables
    }

    /// Visits the children of a page, in order of their numbers.
    private mutating func visit(_ children: [Pending], _ level: UInt16, _ walk: inout Walk) throws {
        let children = children.filter { admit($0.page) }.sorted { $0.page < $1.page }
        let largest = UInt64(max(1, PageWalker.windowBytes / meta.pageSize))
        var start = 0
        while start < children.count {
            let first = children[start].page
            var end = start + 1
            while end < children.count, children[end].page - children[end - 1].page <= PageWalker.largestGap,
                children[end].page - first < largest
            {
                end += 1
            }
            let count = Int(children[end - 1].page - first + 1) * meta.pageSize
            let bytes = try file.bytes(at: Int64(first) * Int64(meta.pageSize), count: count)
            for child in children[start..<end] {
                let base = Int(child.page - first) * meta.pageSize
                try visit(Page(number: child.page, size: meta.pageSize, bytes: bytes, base: base), child, level, &walk)
            }
            start = end
        }
    }

    /// Whether a page may be read: it lies inside of the file, and nothing else has it.
    private mutating func admit(_ page: UInt64) -> Bool {
        guard page >= 2, page <= meta.lastPage else {
            find(page, "it lies outside of the file and is used")
            return false
        }
        guard page < meta.filePages else {
            find(page, "the file ends before it, and it is used: cut off")
            return false
        }
        guard used.insert(page) else {
            find(page, "it is used twice")
            return false
        }
        return true
    }

    private mutating func visit(_ page: Page, _ place: Pending, _ level: UInt16, _ walk: inout Walk) throws {
        if let fault = page.headerFault { return find(page.number, fault) }
        let isBranch = page.isBranch
        guard level < walk.tree.depth ? isBranch : !isBranch && level == walk.tree.depth else {
            return find(page.number, "it lies at depth \(level) of a tree of depth \(walk.tree.depth)")
        }
        var nodes: [Page.Node] = []
        nodes.reserveCapacity(page.count)
        for index in 0..<page.count {
            guard let node = page.node(index) else { return find(page.number, "its entry \(index) leaves it") }
            nodes.append(node)
        }
        guard page.haveRoom(nodes) else { return find(page.number, "its entries overlap") }
        guard areKeysSound(page, nodes, place, walk) else { return }
        if isBranch {
            walk.branchPages += 1
            var children: [Pending] = []
            children.reserveCapacity(nodes.count)
            for (index, node) in nodes.enumerated() {
                children.append(
                    Pending(
                        page: node.child,
                        low: index == 0 ? place.low : page.copy(node.key),
                        high: index + 1 < nodes.count ? page.copy(nodes[index + 1].key) : place.high
                    )
                )
            }
            try visit(children, level + 1, &walk)
        } else {
            walk.leafPages += 1
            walk.entries += UInt64(nodes.count)
            for node in nodes { try visit(node, page, &walk) }
        }
    }

    /// Whether keys are in order and inside of the bounds that the branches above give; what is out of order is not found.
    private mutating func areKeysSound(_ page: Page, _ nodes: [Page.Node], _ place: Pending, _ walk: Walk) -> Bool {
        // The first key of a branch says nothing: all that is below the second is there.
        let keys = page.isBranch ? nodes.dropFirst() : nodes[...]
        if walk.integers, let wrong = keys.first(where: { $0.key.count != 8 }) {
            find(page.number, "a number key has \(wrong.key.count) bytes")
            return false
        }
        for (node, next) in zip(keys, keys.dropFirst())
        where !page.isAscending(node.key, next.key, integers: walk.integers) {
            find(page.number, "its keys are out of order")
            return false
        }
        guard let first = keys.first, let last = keys.last else { return true }
        let isAboveLow = place.low.map { page.compare(first.key, with: $0, integers: walk.integers) >= 0 } ?? true
        let isBelowHigh = place.high.map { page.compare(last.key, with: $0, integers: walk.integers) < 0 } ?? true
        if !isAboveLow || !isBelowHigh { find(page.number, "its keys belong to another page") }
        return isAboveLow && isBelowHigh
    }

    private mutating func visit(_ node: Page.Node, _ page: Page, _ walk: inout Walk) throws {
        let data = node.key.upperBound
        switch node.flags {
        case 0:
            guard data + Int(node.size) <= page.size else { return find(page.number, "a value leaves it") }
            if walk.kind == .free { readFree(page.copy(data..<data + Int(node.size)), node, page) }
        case 1:
            guard data + 8 <= page.size else { return find(page.number, "an overflow reference leaves it") }
            let first = page.load(data, UInt64.self)
            guard try visitOverflow(first, node.size, from: page.number, &walk) else { return }
            if walk.kind == .free, readsFree {
                let start = Int64(first) * Int64(meta.pageSize) + Int64(Page.headerSize)
                readFree(try file.bytes(at: start, count: Int(node.size)), node, page)
            }
        case 2 where walk.kind == .main:
            guard node.size == 48, data + 48 <= page.size else {
                return find(page.number, "a table record has \(node.size) bytes")
            }
            let table = FileCheck.Tree(page.copy(data..<data + 48), at: 0)
            guard table.flags == 0 || table.flags == 8, table.depth <= 32,
                (table.root == FileCheck.noPage) == (table.depth == 0)
            else { return find(page.number, "a table record is implausible") }
            walk.tables.append(table)
        default:
            find(page.number, "an entry's flags are \(node.flags)")
        }
    }

    /// Marks the pages of a large value. Whatever the depth of the walk, they must be in the file, since LMDB maps them.
    private mutating func visitOverflow(_ first: UInt64, _ size: UInt64, from leaf: UInt64, _ walk: inout Walk) throws
        -> Bool
    {
        let needed = (size + UInt64(Page.headerSize + meta.pageSize - 1)) / UInt64(meta.pageSize)
        guard first >= 2, first <= meta.lastPage, needed <= meta.lastPage - first + 1 else {
            find(leaf, "an overflow run lies outside of the file")
            return false
        }
        guard first + needed <= meta.filePages else {
            find(first, "the file ends inside of its overflow run of \(needed) pages: cut off")
            return false
        }
        walk.overflowPages += needed
        for page in first..<(first + needed) where !used.insert(page) {
            find(page, "it is used twice")
            return false
        }
        guard depth != .trees else { return true }
        let bytes = try file.bytes(at: Int64(first) * Int64(meta.pageSize), count: Page.headerSize)
        guard bytes.count == Page.headerSize, load(bytes, 0, UInt64.self) == first, load(bytes, 10, UInt16.self) == 4
        else {
            find(first, "it is not the overflow page that it should be")
            return false
        }
        let pages = UInt64(load(bytes, 12, UInt32.self))
        guard pages == needed else {
            find(first, "its overflow run has \(pages) pages, the value needs \(needed)")
            return false
        }
        return true
    }

    private mutating func readFree(_ list: [UInt8], _ node: Page.Node, _ leaf: Page) {
        guard readsFree else { return }
        // LMDB takes 0 for none and would read that list again and again.
        let transaction = leaf.load(node.key.lowerBound, UInt64.self)
        guard transaction >= 1, transaction <= meta.transaction else {
            return find(leaf.number, "it says that pages were freed by the transaction \(transaction)")
        }
        if let fault = free.add(list, from: leaf.number) { find(leaf.number, fault) }
    }
}
