// What Rihla itself has written: rules, runs of ingest, corrections. Their positions lie beside the head, so that opening a
// store finds them without looking at any event, and a question knows which events it does not see.
internal import JourneyEvents
internal import LMDB
internal import Platform

/// Positions from one through another.
struct PositionRange: Hashable, Sendable {
    var first: UInt64
    var last: UInt64
}

/// An event that Rihla itself has written, as the table `own` has it under the event's position.
struct OwnEvent: Hashable, Sendable {
    var position: UInt64
    /// The symbol of its type.
    var type: UInt32
    /// The events that count no more from here on: those that it retracts or replaces.
    var hides: [PositionRange] = []

    /// `u32 CRC-32C of position and rest, u32 type, u32 count, u32 zero`, then for each range `u64 first, u64 last`.
    var bytes: [UInt8] {
        var out: [UInt8] = []
        out.appendInteger(UInt32(0))
        out.appendInteger(type)
        out.appendInteger(UInt32(hides.count))
        out.appendInteger(UInt32(0))
        for range in hides {
            out.appendInteger(range.first)
            out.appendInteger(range.last)
        }
        out.setInteger(OwnEvent.checksum(position, out.span), at: 0)
        return out
    }

    private static func checksum(_ position: UInt64, _ bytes: Span<UInt8>) -> UInt32 {
        var key: [UInt8] = []
        key.appendInteger(position)
        return Checksum.crc32c(bytes.extracting(4..<bytes.count), seed: Checksum.crc32c(key.span))
    }

    init(position: UInt64, type: UInt32, hides: [PositionRange] = []) {
        (self.position, self.type, self.hides) = (position, type, hides)
    }

    /// Reads a stored one; nil when it is damaged.
    init?(position: UInt64, _ bytes: Span<UInt8>) {
        guard bytes.count >= 16, OwnEvent.checksum(position, bytes) == loadLittleEndian(bytes, at: 0, as: UInt32.self),
            bytes.count == 16 + 16 * Int(loadLittleEndian(bytes, at: 8, as: UInt32.self))
        else { return nil }
        self.init(position: position, type: loadLittleEndian(bytes, at: 4, as: UInt32.self))
        for at in stride(from: 16, to: bytes.count, by: 16) {
            hides.append(
                PositionRange(
                    first: loadLittleEndian(bytes, at: at, as: UInt64.self),
                    last: loadLittleEndian(bytes, at: at + 8, as: UInt64.self)
                )
            )
        }
    }
}

/// All events that Rihla itself has written, in order of position.
struct OwnEvents: Sendable {
    private(set) var events: [OwnEvent] = []
    /// Their positions; while nothing is corrected, these are all that no question sees.
    private var positions = HiddenPositions()
    /// Those that hide others.
    private(set) var corrections: [OwnEvent] = []

    var count: Int { events.count }

    /// Adds one that follows the others.
    mutating func append(_ event: OwnEvent) {
        events.append(event)
        positions.append(PositionRange(first: event.position, last: event.position))
        if !event.hides.isEmpty { corrections.append(event) }
    }

    /// What a question does not see that knows the events through a position: these, and what they take back.
    func hidden(through last: UInt64) -> HiddenPositions {
        guard let first = corrections.first, first.position <= last else { return positions }
        var ranges = events.map { PositionRange(first: $0.position, last: $0.position) }
        for correction in corrections where correction.position <= last { ranges += correction.hides }
        return HiddenPositions(ranges, hasCorrections: true)
    }
}

extension OwnEvent {
    /// The events that one of Rihla's own takes back, as its type and properties say: `events_retracted` has `positions`, an
    /// array of positions and of pairs `[first, last]`, and `event_replaced` has `position`. Only events before it can be.
    static func hides(type: String, at position: UInt64, _ property: (String) throws -> String?) rethrows
        -> [PositionRange]
    {
        let key: String
        switch type {
        case "events_retracted": key = "positions"
        case "event_replaced": key = "position"
        default: return []
        }
        guard position > 1, let json = try property(key) else { return [] }
        return ranges(json).compactMap { range in
            guard range.first > 0, range.first <= range.last, range.first < position else { return nil }
            return PositionRange(first: range.first, last: min(range.last, position - 1))
        }
    }

    /// The numbers of `12` or `[3, [5, 9]]` as ranges; what is none of these is passed over.
    private static func ranges(_ json: String) -> [PositionRange] {
        var found: [PositionRange] = []
        var (depth, number): (Int, UInt64?) = (0, nil)
        var pair: [UInt64] = []
        func end() {
            guard let value = number else { return }
            number = nil
            if depth == 2 { pair.append(value) } else { found.append(PositionRange(first: value, last: value)) }
        }
        for byte in json.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let (product, isTooLarge) = (number ?? 0).multipliedReportingOverflow(by: 10)
                let (sum, overflows) = product.addingReportingOverflow(UInt64(byte - 48))
                number = isTooLarge || overflows ? .max : sum
            case UInt8(ascii: "["):
                depth += 1
                pair = []
            case UInt8(ascii: "]"):
                end()
                if depth == 2, let first = pair.first, let last = pair.last {
                    found.append(PositionRange(first: first, last: last))
                }
                depth -= 1
            default: end()
            }
        }
        end()
        return found
    }
}
