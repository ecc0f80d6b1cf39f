// A pass over a whole file leaves all of its pages in the memory of the process, although they are needed once. They are
// given back on the way, so that memory does not grow with the log; the system keeps them as cache as long as it likes.
internal import Foundation

/// The part of an environment's map that a pass has read.
package struct TouchedPages {
    private static let pageSize = UInt(max(1, sysconf(Int32(_SC_PAGESIZE))))
    /// A part is given back when it has grown to so many bytes.
    private static let limit = UInt(32 << 20)
    private var low = UInt.max
    private var high = UInt(0)

    /// Nothing yet.
    package init() {}

    /// Adds what a value of the environment takes; gives everything back when it has become much.
    @inline(__always)
    package mutating func add(_ value: Span<UInt8>) {
        value.withUnsafeBytes { bytes in
            let start = UInt(bitPattern: bytes.baseAddress)
            low = min(low, start)
            high = max(high, start + UInt(bytes.count))
        }
        if high - low > TouchedPages.limit { release() }
    }

    /// Gives the pages back. What is read of them later is mapped again: their bytes are those of the file.
    package mutating func release() {
        if low < high, let start = UnsafeMutableRawPointer(bitPattern: low & ~(TouchedPages.pageSize - 1)) {
            // Advice may be refused, which changes nothing but memory.
            _ = madvise(start, Int(high - (low & ~(TouchedPages.pageSize - 1))), Int32(MADV_DONTNEED))
        }
        low = .max
        high = 0
    }
}
