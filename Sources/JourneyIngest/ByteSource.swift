// The bytes of a file descriptor, unpacked when they begin as gzip does. What comes slowly, from a pipe, is handed on after
// a quarter of a second, so that events of a running program are in the store soon after they are written.
internal import CZlib
internal import Foundation
internal import JourneyEvents

/// Why an input ended before its end.
enum ByteSourceFailure: Error {
    /// Reading failed, with this `errno`.
    case read(Int32)
    /// What is packed is damaged or cut off.
    case damaged(String)
}

/// Owns a descriptor and, for gzip, zlib's stream, and lets both go with itself.
@safe final class ByteSource {
    /// How long a block that has begun waits for more.
    private static let patience = Duration.milliseconds(250)
    private static let packedSize = 262_144
    /// Enough to know gzip and a byte order mark.
    private static let startSize = 4

    private let descriptor: Int32
    /// Whether a read may wait for whoever writes.
    private let mayWait: Bool
    /// Bytes of the descriptor so far, before unpacking.
    private(set) var bytesRead: Int64 = 0
    /// What was read and not handed on yet.
    private var packed: [UInt8] = []
    private var used = 0
    private var isStarted = false
    /// zlib's stream, which must not move; nil for plain bytes.
    private var stream: UnsafeMutablePointer<z_stream>?
    /// Whether a gzip member has begun that has not ended.
    private var isInMember = false
    private var atEnd = false

    /// Takes the descriptor over.
    init(descriptor: Int32, mayWait: Bool) {
        self.descriptor = descriptor
        self.mayWait = mayWait
    }

    deinit {
        if let stream = unsafe stream {
            unsafe inflateEnd(stream)
            unsafe stream.deallocate()
        }
        close(descriptor)
    }

    /// Up to `size` bytes, fewer at the end or when no more come for a while, none only at the end; and why it ended when
    /// that is not the end of the input.
    func next(_ size: Int) -> (bytes: [UInt8], failure: ByteSourceFailure?) {
        var failure: ByteSourceFailure?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            do throws(ByteSourceFailure) {
                try start()
                if unsafe stream == nil {
                    try unsafe copy(to: buffer, &filled)
                } else {
                    try unsafe unpack(to: buffer, &filled)
                }
            } catch {
                atEnd = true
                failure = error
            }
        }
        return (bytes, failure)
    }

    /// Reads enough to tell what the input is.
    private func start() throws(ByteSourceFailure) {
        guard !isStarted else { return }
        isStarted = true
        while packed.count < ByteSource.startSize, try refill() {}
        guard packed.starts(with: [0x1F, 0x8B]) else { return }
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        unsafe self.stream = unsafe stream
        // 15 bits of window, and 16 for the wrapping of gzip with its checksum.
        let code = unsafe inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { throw .damaged("zlib cannot start (\(code))") }
    }

    /// Puts more behind what is there; false at the end.
    private func refill() throws(ByteSourceFailure) -> Bool {
        packed.removeFirst(used)
        used = 0
        var more = [UInt8](repeating: 0, count: ByteSource.packedSize)
        let count = try unsafe more.withUnsafeMutableBufferPointer { buffer throws(ByteSourceFailure) in
            try unsafe readSome(UnsafeMutableRawBufferPointer(buffer))
        }
        packed.append(contentsOf: more[..<count])
        return count > 0
    }

    private func readSome(_ buffer: UnsafeMutableRawBufferPointer) throws(ByteSourceFailure) -> Int {
        while true {
            let count = unsafe read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 {
                atEnd = count == 0
                bytesRead += Int64(count)
                return count
            }
            guard errno == EINTR else { throw .read(errno) }
        }
    }

    private func copy(to buffer: UnsafeMutableBufferPointer<UInt8>, _ filled: inout Int) throws(ByteSourceFailure) {
        if used < packed.count {
            filled = min(buffer.count, packed.count - used)
            for index in 0..<filled { unsafe buffer[index] = packed[used + index] }
            used += filled
        }
        let began = ContinuousClock.now
        while filled < buffer.count, !atEnd, filled == 0 || isReady(since: began) {
            filled += try unsafe readSome(
                UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
            )
        }
    }

    private func unpack(to buffer: UnsafeMutableBufferPointer<UInt8>, _ filled: inout Int) throws(ByteSourceFailure) {
        guard let stream = unsafe stream else { return }
        let began = ContinuousClock.now
        while filled < buffer.count {
            if used == packed.count {
                guard !atEnd, filled == 0 || isReady(since: began) else { return }
                guard try refill() else {
                    if isInMember { throw .damaged("unexpected end of file") }
                    return
                }
            }
            if !isInMember {
                // Other bytes behind the last member are padding, as gzip itself takes them.
                guard packed[used] == 0x1F else {
                    atEnd = true
                    used = packed.count
                    return
                }
                isInMember = true
            }
            try unsafe inflateSome(stream, buffer, &filled)
        }
    }

    private func inflateSome(
        _ stream: UnsafeMutablePointer<z_stream>,
        _ buffer: UnsafeMutableBufferPointer<UInt8>,
        _ filled: inout Int
    ) throws(ByteSourceFailure) {
        let available = packed.count - used
        let code = unsafe packed.withUnsafeMutableBufferPointer { input in
            unsafe stream.pointee.next_in = unsafe input.baseAddress.map { unsafe $0 + used }
            unsafe stream.pointee.avail_in = UInt32(available)
            unsafe stream.pointee.next_out = unsafe buffer.baseAddress.map { unsafe $0 + filled }
            unsafe stream.pointee.avail_out = UInt32(buffer.count - filled)
            return unsafe inflate(stream, Z_NO_FLUSH)
        }
        used += unsafe available - Int(stream.pointee.avail_in)
        filled = unsafe buffer.count - Int(stream.pointee.avail_out)
        switch code {
        case Z_STREAM_END:
            isInMember = false
            unsafe inflateReset(stream)
        case Z_OK, Z_BUF_ERROR:
            return
        default:
            throw .damaged(unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "zlib says \(code)")
        }
    }

    /// Whether more can be read within the time that a block waits.
    private func isReady(since began: ContinuousClock.Instant) -> Bool {
        guard mayWait else { return true }
        let left = (ByteSource.patience - (ContinuousClock.now - began)) / .milliseconds(1)
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, Int32(max(left, 0))) != 0
    }
}
