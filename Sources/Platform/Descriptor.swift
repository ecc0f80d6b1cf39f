// Calls on descriptors that are not a store's: those of a program that prints and writes files.
internal import CPlatform
internal import Foundation

/// What is done with open descriptors.
package enum Descriptor {
    /// Writes all bytes, and waits where a descriptor that never blocks has no room.
    ///
    /// - Returns: 0, or the `errno` of the write that failed.
    package static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = Foundation.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                if count > 0 {
                    done += count
                    continue
                }
                switch count == 0 ? EIO : Foundation.errno {
                case EINTR: continue
                case EAGAIN, EWOULDBLOCK:
                    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&entry, 1, -1)
                case let failure: return failure
                }
            }
            return 0
        }
    }

    /// Takes the places of standard input, output and error where they are closed: the next file that is opened, perhaps one
    /// of the store, would have them and get what the program prints. Reading from such a place and writing to it fails.
    package static func occupyStandard() {
        for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 && Foundation.errno == EBADF {
            _ = rihla_open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY, 0)
        }
    }

    /// Whether so many more files can be opened.
    package static func canOpen(_ count: Int) -> Bool {
        var copies: [Int32] = []
        defer { for copy in copies { close(copy) } }
        while copies.count < count {
            let copy = fcntl(2, F_DUPFD_CLOEXEC, 3)
            guard copy >= 0 else { return false }
            copies.append(copy)
        }
        return true
    }

    /// The soft limit of open files, after it was raised to `wanted` where the hard one lets it.
    package static func raiseLimit(to wanted: UInt64) -> UInt64 {
        var limit = rlimit()
        #if os(Linux)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limit) == 0 else { return wanted }
        guard UInt64(limit.rlim_cur) < wanted, limit.rlim_cur < limit.rlim_max else { return UInt64(limit.rlim_cur) }
        let before = limit.rlim_cur
        limit.rlim_cur = min(limit.rlim_max, rlim_t(wanted))
        return setrlimit(resource, &limit) == 0 ? UInt64(limit.rlim_cur) : UInt64(before)
    }
}
