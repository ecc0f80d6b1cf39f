// Texts that events share (customers, types, channels, …) become dense numbers, one numbering per kind, first come first
// numbered from 1. Folds then index arrays instead of hashing text.
internal import JourneyEvents
internal import LMDB

/// What a symbol names. The raw value is stored.
public enum SymbolKind: UInt8, CaseIterable, Sendable {
    /// Customers, as `kind:value`.
    case customer = 1
    /// Deals.
    case deal = 2
    /// Event types.
    case type = 3
    /// Channels as given.
    case channel = 4
    /// Campaigns as given.
    case campaign = 5
    /// Sources.
    case source = 6
    /// Accounts.
    case account = 7
    /// Actors.
    case actor = 8
    /// Property keys.
    case propertyKey = 9
}

/// All symbols of one kind in memory: text to number by open addressing, number to text by offset.
struct SymbolTable {
    private var arena: [UInt8] = []
    private var starts: [UInt32] = [0]
    private var hashes: [UInt64] = []
    private var slots: [UInt32]
    private let seed: UInt64

    init(kind: SymbolKind) {
        seed = UInt64(kind.rawValue)
        slots = Array(repeating: 0, count: 64)
    }

    /// How many symbols there are; the highest number.
    var count: Int { hashes.count }

    /// The number of a text, nil when it has none yet.
    func find(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt32? {
        find(bytes, range, hash: stableHash(bytes, range, seed: seed)).number
    }

    private func find(_ bytes: Span<UInt8>, _ range: Range<Int>, hash: UInt64) -> (number: UInt32?, slot: Int) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let number = slots[slot]
            if number == 0 { return (nil, slot) }
            let index = Int(number) - 1
            if hashes[index] == hash {
                let start = Int(starts[index])
                if Int(starts[index + 1]) - start == range.count {
                    var same = true
                    var offset = 0
                    while offset < range.count {
                        if arena[start + offset] != bytes[range.lowerBound + offset] {
                            same = false
                            break
                        }
                        offset += 1
                    }
                    if same { return (number, slot) }
                }
            }
            slot = (slot + 1) & mask
        }
    }

    /// The number of a text; a new one when the text is new.
    mutating func intern(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt32 {
        let hash = stableHash(bytes, range, seed: seed)
        let (found, slot) = find(bytes, range, hash: hash)
        if let found { return found }
        for index in range { arena.append(bytes[index]) }
        starts.append(UInt32(arena.count))
        hashes.append(hash)
        let number = UInt32(hashes.count)
        slots[slot] = number
        if hashes.count * 2 > slots.count { grow() }
        return number
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for index in hashes.indices {
            var slot = Int(truncatingIfNeeded: hashes[index]) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(index + 1)
        }
    }

    /// The text of a number.
    func text(_ number: UInt32) -> String {
        guard number > 0, Int(number) <= hashes.count else { return "" }
        return String(decoding: arena[Int(starts[Int(number) - 1])..<Int(starts[Int(number)])], as: UTF8.self)
    }

    func hash(_ number: UInt32) -> UInt64 { hashes[Int(number) - 1] }

    /// The symbols from number `first` on as one stored value: `u32 count, u32 end offsets, texts`.
    func chunk(from first: Int, to last: Int) -> [UInt8] {
        var out: [UInt8] = []
        let base = starts[first - 1]
        out.appendInteger(UInt32(last - first + 1))
        for number in first...last { out.appendInteger(starts[number] - base) }
        out.append(contentsOf: arena[Int(base)..<Int(starts[last])])
        return out
    }

    /// Adds the symbols of a stored value.
    mutating func load(_ bytes: Span<UInt8>) throws(RecordDamage) {
        var reader = ByteReader(from: 0, to: bytes.count)
        let count = Int(try reader.integer(bytes, as: UInt32.self))
        let texts = 4 + count * 4
        guard texts <= bytes.count else { throw RecordDamage(offset: 0) }
        var start = texts
        for _ in 0..<count {
            let end = texts + Int(try reader.integer(bytes, as: UInt32.self))
            guard end >= start, end <= bytes.count else { throw RecordDamage(offset: start) }
            _ = intern(bytes, start..<end)
            start = end
        }
    }

    /// The hash under which a text of this kind is found.
    static func hash(kind: SymbolKind, _ text: [UInt8]) -> UInt64 {
        stableHash(text.span, 0..<text.count, seed: UInt64(kind.rawValue))
    }
}

/// The key of a stored chunk of symbols.
func symbolKey(_ kind: SymbolKind, _ first: Int) -> UInt64 { UInt64(kind.rawValue) << 40 | UInt64(first) }
