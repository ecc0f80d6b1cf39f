// The runs of journeys that the index has: each has those of one stretch of the log, and together they have all of them.
internal import LMDB
internal import Platform
internal import Synchronization

/// One run: its number and the first and last position of the events that it has.
struct JourneyRun: Hashable {
    var number: UInt64
    var first: UInt64
    var last: UInt64

    /// How many positions it has.
    var count: UInt64 { last - first + 1 }
}

/// All runs in order of position.
struct JourneyRuns: Hashable {
    static let key = Array("journeys".utf8)

    var list: [JourneyRun] = []
    /// The number of the next run: it is higher than that of any run before, so that its blocks come behind all others.
    var nextNumber: UInt64 = 1

    init() {}

    /// `u32 CRC of the rest, u32 0, u64 next number`, then for each run `u64 number, u64 first, u64 last`.
    var bytes: [UInt8] {
        var out = [UInt8](repeating: 0, count: 8)
        out.appendInteger(nextNumber)
        for run in list {
            out.appendInteger(run.number)
            out.appendInteger(run.first)
            out.appendInteger(run.last)
        }
        out.setInteger(Checksum.crc32c(out.span.extracting(4..<out.count)), at: 0)
        return out
    }

    /// What is stored.
    init(_ bytes: Span<UInt8>) throws {
        guard bytes.count >= 16, (bytes.count - 16) % 24 == 0,
            Checksum.crc32c(bytes.extracting(4..<bytes.count)) == loadLittleEndian(bytes, at: 0, as: UInt32.self)
        else { throw IndexDamage(position: 1) }
        nextNumber = loadLittleEndian(bytes, at: 8, as: UInt64.self)
        for at in stride(from: 16, to: bytes.count, by: 24) {
            list.append(
                JourneyRun(
                    number: loadLittleEndian(bytes, at: at, as: UInt64.self),
                    first: loadLittleEndian(bytes, at: at + 8, as: UInt64.self),
                    last: loadLittleEndian(bytes, at: at + 16, as: UInt64.self)
                )
            )
        }
    }

    /// Those that have the events through a position, which must be all of them.
    func through(_ last: UInt64) throws -> [JourneyRun] {
        var next: UInt64 = 1
        var found: [JourneyRun] = []
        for run in list where run.first <= last {
            guard run.first == next, run.last >= run.first else { throw IndexDamage(position: next) }
            next = run.last + 1
            found.append(run)
        }
        guard next > last else { throw IndexDamage(position: next) }
        return found
    }
}
