// A page of a data file as bytes: its header, its entries and their keys, each read only where it lies inside of the page.
internal import CLMDB
internal import Platform

/// A branch or leaf page, in bytes that may hold others beside it.
struct Page {
    /// Header, then slots with the places of entries, which grow down from the end.
    static let headerSize = 16
    /// LMDB's longest key.
    private static let longestKey = 511

    let number: UInt64
    let size: Int
    private let bytes: [UInt8]
    private let base: Int

    init(number: UInt64, size: Int, bytes: [UInt8], base: Int) {
        self.number = number
        self.size = size
        self.bytes = bytes
        self.base = base
    }

    /// One entry of a page.
    struct Node {
        var flags: UInt16
        /// How long the value is; the lower half of a child's number.
        var size: UInt64
        var key: Range<Int>
        var child: UInt64 { size | UInt64(flags) << 32 }
    }

    /// Reads an integer at an offset of the page.
    func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ type: T.Type) -> T {
        loadLittleEndian(bytes.span, at: base + offset, as: type)
    }

    var isBranch: Bool { load(10, UInt16.self) == 1 }
    private var lower: Int { Int(load(12, UInt16.self)) }
    private var upper: Int { Int(load(14, UInt16.self)) }
    /// How many entries it has.
    var count: Int { (lower - Page.headerSize) / 2 }

    /// What is wrong with the header; nil when it is that of a branch or leaf.
    var headerFault: String? {
        guard bytes.count - base >= size else { return "it is cut off" }
        guard load(0, UInt64.self) == number else { return "it has the number of another page" }
        let flags = load(10, UInt16.self)
        guard flags == 1 || flags == 2 else { return "its flags are \(flags)" }
        // A branch has two children at least, a leaf one entry.
        guard lower >= (flags == 1 ? 20 : 18), lower <= upper, upper <= size, lower & 1 == 0 else {
            return "its bounds are \(lower) and \(upper)"
        }
        return nil
    }

    /// An entry; nil when it leaves the page.
    func node(_ index: Int) -> Node? {
        let at = Int(load(Page.headerSize + index * 2, UInt16.self))
        guard at >= upper, at + 8 <= size, at & 1 == 0 else { return nil }
        let keySize = Int(load(at + 6, UInt16.self))
        guard keySize <= Page.longestKey, at + 8 + keySize <= size else { return nil }
        let size = UInt64(load(at, UInt16.self)) | UInt64(load(at + 2, UInt16.self)) << 16
        return Node(flags: load(at + 4, UInt16.self), size: size, key: at + 8..<at + 8 + keySize)
    }

    /// Whether entries have room beside one another: one that says to be longer than it is lies over others, and whoever deletes it
    /// moves more than there is.
    func haveRoom(_ nodes: [Node]) -> Bool {
        let isBranch = isBranch
        var taken: UInt64 = 0
        for node in nodes {
            // Of a large value there is the number of its first page.
            let value = isBranch ? 0 : node.flags & 1 == 1 ? 8 : node.size
            taken += (8 + UInt64(node.key.count) + value + 1) & ~1
        }
        return taken <= UInt64(size - upper)
    }

    /// The bytes of a range that lies inside of it.
    func copy(_ range: Range<Int>) -> [UInt8] { Array(bytes[base + range.lowerBound..<base + range.upperBound]) }

    /// Whether one key is below another of the same page, as LMDB orders them.
    func isAscending(_ first: Range<Int>, _ second: Range<Int>, integers: Bool) -> Bool {
        bytes.withUnsafeBytes { bytes in
            Page.compare(part(bytes, first), part(bytes, second), integers) < 0
        }
    }

    /// How a key of the page compares with one from elsewhere.
    func compare(_ key: Range<Int>, with other: [UInt8], integers: Bool) -> Int {
        bytes.withUnsafeBytes { bytes in
            other.withUnsafeBytes { other in Page.compare(part(bytes, key), other, integers) }
        }
    }

    private func part(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[base + range.lowerBound..<base + range.upperBound])
    }

    private static func compare(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, _ integers: Bool) -> Int {
        if integers, a.count == 8, b.count == 8 {
            let (a, b) = (a.loadUnaligned(as: UInt64.self), b.loadUnaligned(as: UInt64.self))
            return a == b ? 0 : a < b ? -1 : 1
        }
        let common = min(a.count, b.count)
        if common > 0, let a = a.baseAddress, let b = b.baseAddress {
            let order = memcmp(a, b, common)
            if order != 0 { return Int(order) }
        }
        return a.count - b.count
    }
}
