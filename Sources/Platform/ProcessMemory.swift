// Blocks of input, batches and groups of events are allocated and freed by the megabyte. By default glibc gives each of them
// back to the system, which then has to clear every page again.
internal import CPlatform

/// How the process treats memory that it no longer uses.
package enum ProcessMemory {
    /// Keeps freed memory for the next use. For a program to decide, not for a library.
    package static func keepFreed() { rihla_keep_freed_memory() }

    /// Asks the system to give an array's room, reserved and still untouched, in large pages: that spares thousands of page
    /// faults.
    package static func adviseLargePages<T: BitwiseCopyable>(_ array: inout [T]) {
        let bytes = array.capacity * MemoryLayout<T>.stride
        if bytes >= 4 << 20 { array.withUnsafeMutableBytes { rihla_advise_large_pages($0.baseAddress, bytes) } }
    }
}
