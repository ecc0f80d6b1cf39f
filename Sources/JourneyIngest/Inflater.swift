// zlib's stream for gzip. All that is unsafe here is C's: zlib keeps the address of its stream, which therefore has memory of
// its own, and takes the addresses of input and output, which it sees only while a call runs.
internal import CZlib

/// Unpacks gzip, one member after the other; owns zlib's memory and frees it with itself.
@safe final class Inflater {
    private static let mostAtOnce = 262_144
    // A pointer, since zlib refuses a stream that has moved.
    private let stream: UnsafeMutablePointer<z_stream>

    init() throws(ByteSourceFailure) {
        // Allocated by hand for an address that stays; `deinit` frees it.
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // 15 bits of window, and 16 for the wrapping of gzip with its checksum.
        let code = unsafe inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { throw .damaged("zlib cannot start (\(code))") }
    }

    deinit {
        // zlib allows this for a stream that did not start, too.
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// What follows the bytes that a call gave.
    enum Next {
        case more
        /// Another member, or the end.
        case member
        case damage(String)
    }

    /// Unpacks some of `input[used...]` to at most `room` bytes and moves `used` on.
    func unpack(_ input: [UInt8], _ used: inout Int, room: Int) -> (bytes: [UInt8], next: Next) {
        var code = Z_OK
        let offset = used
        // zlib gets both addresses for this call only, with the lengths of what is there.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: min(room, Inflater.mostAtOnce)) { output, filled in
            unsafe input.withUnsafeBufferPointer { input in
                // It never writes to its input; C has no other way to say so.
                unsafe stream.pointee.next_in = unsafe UnsafeMutablePointer(mutating: input.baseAddress).map {
                    unsafe $0 + offset
                }
                unsafe stream.pointee.avail_in = UInt32(input.count - offset)
                unsafe stream.pointee.next_out = output.baseAddress
                unsafe stream.pointee.avail_out = UInt32(output.count)
                code = unsafe inflate(stream, Z_NO_FLUSH)
            }
            filled = unsafe output.count - Int(stream.pointee.avail_out)
        }
        used = unsafe input.count - Int(stream.pointee.avail_in)
        switch code {
        case Z_STREAM_END:
            unsafe inflateReset(stream)
            return (bytes, .member)
        case Z_OK, Z_BUF_ERROR: return (bytes, .more)
        default:
            // The text is a constant of zlib's.
            let message = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
            return (bytes, .damage(message ?? "zlib says \(code)"))
        }
    }
}
