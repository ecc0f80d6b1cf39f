// Where the values of a property table are. Short values are interned while there are not too many of them; the others stand
// one after the other.
internal import JourneyEvents
internal import JourneyLog
internal import LMDB

/// Values of properties by position and key, read once and never changed.
final class PropertyStorage: Sendable {
    /// Names a value: the number of an interned one, else, with the highest bit, the index of one that stands alone.
    struct Value {
        fileprivate var number: UInt32
        fileprivate static let alone: UInt32 = 1 << 31
    }

    private struct Entry {
        var key: UInt32
        var value: UInt32
    }

    /// An event: where its entries begin, and the folds that may see them, a bit each.
    private struct Slot {
        var start: UInt32
        var readers: UInt32
    }

    /// Longer values are not interned, and none is once so many are.
    private static let longestInterned = 64
    private static let mostInterned = 1 << 20
    /// So many of the interned values, the first ones, are kept as text too.
    private static let mostTexts = 4_096

    private let positions: PositionSet
    /// By rank of position; one more at the end.
    private let slots: [Slot]
    private let entries: [Entry]
    private let interned: SymbolTable
    /// The texts of interned values by number, nil for what is no text.
    private let texts: [String?]
    private let bytes: [UInt8]
    /// Where each value in `bytes` ends.
    private let ends: [Int]

    /// Reads properties from the log.
    ///
    /// - Parameters:
    ///   - keys: The keys that are read.
    ///   - positions: The events whose properties are read.
    ///   - readers: For each of the positions the folds that may see it, a bit each; nil for all.
    init(_ log: EventLog, _ keys: [UInt32], _ positions: PositionSet, readers: [UInt32]?) throws {
        var builder = Builder(positions.count, readers)
        try log.eachProperty(keys, at: positions.positions) { builder.add($0, $1, $2) }
        builder.startSlots(through: positions.count)
        var texts: [String?] = [nil]
        for number in 0..<min(builder.interned.count, PropertyStorage.mostTexts) {
            texts.append(PropertyStorage.text(builder.interned.slice(UInt32(number + 1))))
        }
        (self.positions, self.texts) = (positions, texts)
        (slots, entries, interned) = (builder.slots, builder.entries, builder.interned)
        (bytes, ends) = (builder.bytes, builder.ends)
    }

    private struct Builder {
        let readers: [UInt32]?
        var slots: [Slot] = []
        var entries: [Entry] = []
        var interned = SymbolTable(kind: .propertyKey)
        var bytes: [UInt8] = []
        var ends: [Int] = []

        init(_ count: Int, _ readers: [UInt32]?) {
            self.readers = readers
            slots.reserveCapacity(count + 1)
            entries.reserveCapacity(count * 2)
        }

        mutating func startSlots(through rank: Int) {
            while slots.count <= rank {
                let mask = readers.map { slots.count < $0.count ? $0[slots.count] : 0 } ?? .max
                slots.append(Slot(start: UInt32(entries.count), readers: mask))
            }
        }

        mutating func add(_ rank: Int, _ key: UInt32, _ value: Span<UInt8>) {
            if slots.count <= rank { startSlots(through: rank) }
            if value.count <= PropertyStorage.longestInterned, interned.count < PropertyStorage.mostInterned {
                entries.append(Entry(key: key, value: interned.intern(value, 0..<value.count)))
            } else {
                entries.append(Entry(key: key, value: Value.alone | UInt32(ends.count)))
                bytes.append(copying: value)
                ends.append(bytes.count)
            }
        }
    }

    /// Where the entries of the event at a position are; empty when it has none that this fold may see.
    func entries(at position: UInt64, _ reader: UInt32) -> Range<UInt32> {
        guard let rank = positions.rank(of: position), slots[rank].readers & reader != 0 else { return 0..<0 }
        return slots[rank].start..<slots[rank + 1].start
    }

    /// Asks for the memory of an event's slot (step 0), and then (step 1) of its entries.
    func prepare(_ position: UInt64, _ step: Int) {
        guard let rank = positions.rank(of: position) else { return }
        if step == 0 { prefetch(slots, rank) } else { prefetch(entries, Int(slots[rank].start)) }
    }

    /// The value of a key among the entries of an event; of a key that is written twice the last one.
    func value(_ key: UInt32, in range: Range<UInt32>) -> Value? {
        var index = Int(range.upperBound)
        while index > Int(range.lowerBound) {
            index -= 1
            if entries[index].key == key { return Value(number: entries[index].value) }
        }
        return nil
    }

    /// The JSON text of a value.
    func bytes(_ value: Value) -> ArraySlice<UInt8> {
        guard value.number & Value.alone != 0 else { return interned.slice(value.number) }
        let index = Int(value.number & ~Value.alone)
        return bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    /// The text of a value that is a JSON string.
    func text(_ value: Value) -> String? {
        if Int(value.number) < texts.count { return texts[Int(value.number)] }
        return PropertyStorage.text(bytes(value))
    }

    private static func text(_ json: ArraySlice<UInt8>) -> String? {
        guard json.count >= 2, json.first == 34, json.last == 34 else { return nil }
        // Few texts have escapes; the others are what stands between the quotes.
        guard !json.contains(92) else { return stringValue(ofJSON: String(decoding: json, as: UTF8.self)) }
        return String(decoding: json.dropFirst().dropLast(), as: UTF8.self)
    }
}
