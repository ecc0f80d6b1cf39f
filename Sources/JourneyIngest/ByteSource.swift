// The bytes of a file descriptor, unpacked when they begin as gzip does. What comes slowly, from a pipe, is handed on after
// a quarter of a second, so that events of a running program are in the store soon after they are written.
internal import Foundation
internal import JourneyEvents

/// Why an input ended before its end.
enum ByteSourceFailure: Error {
    /// Reading failed, with this `errno`.
    case read(Int32)
    /// What is packed is damaged or cut off.
    case damaged(String)
    /// Something else follows what was packed, which is whole.
    case junk(String)
}

/// Owns a descriptor and closes it with itself.
final class ByteSource {
    /// How long a block that has begun waits for more, unless the reader says otherwise.
    static let patience = Duration.milliseconds(250)
    /// How often a wait looks whether its task was cancelled.
    private static let look = Duration.milliseconds(250)
    private static let packedSize = 262_144
    /// Enough to know gzip and a byte order mark.
    private static let startSize = 4

    private let descriptor: Int32
    /// Whether a read may wait for whoever writes.
    private let mayWait: Bool
    private let patience: Duration
    /// Whether input that begins as gzip is unpacked.
    private let unpacks: Bool
    /// Bytes of the descriptor so far, before unpacking.
    private(set) var bytesRead: Int64 = 0
    /// What was read and not handed on yet.
    private var packed: [UInt8] = []
    private var used = 0
    private var isStarted = false
    /// Nil for plain bytes.
    private var inflater: Inflater?
    /// Whether a gzip member has begun that has not ended.
    private var isInMember = false
    /// Whether only zeros may follow: they fill up the last block of a tape.
    private var isPadding = false
    private var atEnd = false

    /// Takes the descriptor over.
    init(descriptor: Int32, mayWait: Bool, patience: Duration = ByteSource.patience, unpacks: Bool = true) {
        self.descriptor = descriptor
        self.mayWait = mayWait
        self.patience = patience
        self.unpacks = unpacks
    }

    deinit { close(descriptor) }

    /// Up to `size` bytes, fewer at the end or when no more come for a while, none only at the end; and why it ended when
    /// that is not the end of the input. They come behind `start`, which is what the caller has kept of the block before,
    /// in an array with some room: neither this nor what is appended later copies a block.
    func next(_ size: Int, after start: [UInt8] = []) -> (bytes: [UInt8], failure: ByteSourceFailure?) {
        var block = start
        do throws(ByteSourceFailure) {
            try begin()
            if let inflater {
                try unpack(inflater, size, &block)
            } else {
                try copy(size, &block)
            }
            return (block, nil)
        } catch {
            atEnd = true
            return (block, error)
        }
    }

    /// Reads enough to tell what the input is.
    private func begin() throws(ByteSourceFailure) {
        guard !isStarted else { return }
        isStarted = true
        guard unpacks else { return }
        while packed.count < ByteSource.startSize, !atEnd { packed += try readSome(ByteSource.packedSize) }
        if packed.starts(with: [0x1F, 0x8B]) { inflater = try Inflater() }
    }

    /// At most `size` bytes of the descriptor behind `start`; none more at its end.
    private func readSome(_ size: Int, after start: [UInt8] = []) throws(ByteSourceFailure) -> [UInt8] {
        waitForInput()
        while !atEnd {
            var count = 0
            // `read` fills memory that is not set before: clearing 4 MiB for each block would cost more than the read.
            let room = start.count + size + size / 8
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
                filled = unsafe buffer.update(fromContentsOf: start)
                count = unsafe read(descriptor, buffer.baseAddress?.advanced(by: filled), size)
                filled += max(count, 0)
            }
            if count >= 0 {
                atEnd = count == 0
                bytesRead += Int64(count)
                return bytes
            }
            guard errno == EINTR else { throw .read(errno) }
        }
        return start
    }

    /// Waits until there is something to read; a task that is cancelled meanwhile is at the end of its input.
    private func waitForInput() {
        guard mayWait else { return }
        while !isReady(since: .now, within: ByteSource.look) {
            guard !Task.isCancelled else {
                atEnd = true
                return
            }
        }
    }

    private func copy(_ size: Int, _ block: inout [UInt8]) throws(ByteSourceFailure) {
        let (began, start) = (ContinuousClock.now, block.count)
        let ahead = packed[used...].prefix(size)
        block += ahead
        used += ahead.count
        if ahead.isEmpty, !atEnd { block = try readSome(size, after: block) }
        // A file gives all at once.
        while mayWait, block.count - start < size, !atEnd, isReady(since: began, within: patience) {
            block += try readSome(min(size - (block.count - start), ByteSource.packedSize))
        }
    }

    private func unpack(_ inflater: Inflater, _ size: Int, _ block: inout [UInt8]) throws(ByteSourceFailure) {
        let (began, start) = (ContinuousClock.now, block.count)
        block.reserveCapacity(start + size + size / 8)
        while block.count - start < size {
            if used == packed.count {
                // At the end of the input there is nothing to wait for, but a member may have been cut off.
                guard atEnd || block.count == start || isReady(since: began, within: patience) else { return }
                packed = atEnd ? [] : try readSome(ByteSource.packedSize)
                used = 0
                guard !packed.isEmpty else {
                    if isInMember, !Task.isCancelled { throw .damaged("unexpected end of file") }
                    return
                }
            }
            if !isInMember, isPadding || packed[used] == 0 {
                isPadding = true
                try passZeros()
                continue
            }
            guard isInMember || packed[used] == 0x1F else { throw junk() }
            let (bytes, next) = inflater.unpack(packed, &used, room: size - (block.count - start))
            block += bytes
            isInMember = true
            switch next {
            case .more: continue
            case .member: isInMember = false
            case .damage(let why): throw .damaged("\(why) before byte \(offset)")
            }
        }
    }

    /// How many bytes of the input were used so far.
    private var offset: Int64 { bytesRead - Int64(packed.count - used) }

    private func junk() -> ByteSourceFailure {
        .junk("what follows byte \(offset), the end of its last gzip member, is not gzip")
    }

    private func passZeros() throws(ByteSourceFailure) {
        while used < packed.count {
            guard packed[used] == 0 else { throw junk() }
            used += 1
        }
    }

    /// Whether more can be read within some time.
    private func isReady(since began: ContinuousClock.Instant, within patience: Duration) -> Bool {
        guard mayWait else { return true }
        let left = (patience - (ContinuousClock.now - began)) / .milliseconds(1)
        // `poll` writes into the one entry that it is given.
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, Int32(max(left, 0))) != 0
    }
}
