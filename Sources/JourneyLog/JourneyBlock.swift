// Journeys: the events of each customer, and of each deal, side by side. A rebuild reads them front to back, one question about
// a customer reads a block. A run has the journeys of the events of one stretch of the log, in order of symbol, in blocks:
//
//   u32 CRC of key and rest   u8 flags   u8 0   u16 groups   u16 events   u16 others   u16 amounts   u16 0   i64 base time
//   groups × (u32 symbol, u16 events)
//   events × (u32 position − first of the run, u40 time − base, u8 type, u8 channel, u16 campaign, u8 flags)
//            with flag 1 (wide): u32, i64, u32, u32, u32, u8
//   others × u32 symbol (the deal of a customer's event, the customer of a deal's)
//   amounts × (i64 units, u32 currency | scale << 24)
//   for each event that has kept properties: varint count, then for each: varint key, varint length, JSON text
internal import JourneyEvents
internal import LMDB

/// The flags of an event in a block.
private struct JourneyFlags {
    static let other: UInt8 = 1
    static let amount: UInt8 = 2
    static let properties: UInt8 = 4
}

/// Events of some customers or deals, grouped, in ascending order of symbol and then of position.
package struct JourneyGroups: Sendable {
    /// All events.
    package var events: [FoldEvent] = []
    /// The symbols; those that follow one another may be equal where journeys are parted.
    package var symbols: [UInt32] = []
    /// Where each symbol's events end.
    package var ends: [Int] = []
    /// What is kept of their properties, in order of the events.
    package var kept = KeptProperties()
    /// Where each symbol's kept properties end.
    package var keptEnds: [Int] = []
    /// The indices of the events that have kept properties.
    package var keptEvents: [Int] = []
    /// The highest symbol of a type that an event has.
    package var lastType: UInt32 = 0

    /// No groups.
    package init() {}

    /// Forgets everything but the room that it took.
    package mutating func removeAll() {
        events.removeAll(keepingCapacity: true)
        symbols.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        kept.removeAll()
        keptEnds.removeAll(keepingCapacity: true)
        keptEvents.removeAll(keepingCapacity: true)
        lastType = 0
    }

    /// Adds an event to the group that is not ended yet, with its kept properties among others.
    package mutating func append(_ event: FoldEvent, _ others: KeptProperties, _ range: Range<Int>) {
        if !range.isEmpty {
            keptEvents.append(events.count)
            kept.append(others, range)
        }
        lastType = max(lastType, event.type)
        events.append(event)
    }

    /// Adds the events of another's group, those through a position, to the group that is not ended yet.
    package mutating func append(_ other: JourneyGroups, _ index: Int, through last: UInt64 = .max) {
        other.eachEvent(index) { event, range in if event.position <= last { append(event, other.kept, range) } }
    }

    /// Visits the events of the group at an index, each with the range of its kept properties.
    package func eachEvent(_ index: Int, _ body: (FoldEvent, Range<Int>) throws -> Void) rethrows {
        var at = keptRange(index).lowerBound
        let end = keptRange(index).upperBound
        for event in events[range(index)] {
            let start = at
            while at < end, kept.position(at) == event.position { at += 1 }
            try body(event, start..<at)
        }
    }

    /// Where the events of the group at an index lie.
    package func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }
    /// Where the kept properties of the group at an index lie.
    package func keptRange(_ index: Int) -> Range<Int> { (index == 0 ? 0 : keptEnds[index - 1])..<keptEnds[index] }

    /// Ends the group of a symbol: what was added since the last one is its own. Without events there is no group.
    package mutating func endGroup(_ symbol: UInt32) {
        guard events.count > ends.last ?? 0 else { return }
        symbols.append(symbol)
        ends.append(events.count)
        keptEnds.append(kept.count)
    }
}

/// The key of a block: `u64 run`, `u8 kind`, `u32 symbol`, `u64 position` of its first event, big-endian so that keys sort so.
struct JourneyKey {
    var run: UInt64
    var kind: SymbolKind
    var symbol: UInt32
    var position: UInt64

    static let count = 21

    var bytes: [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(JourneyKey.count)
        key.appendInteger(run.byteSwapped)
        key.append(kind.rawValue)
        key.appendInteger(symbol.byteSwapped)
        key.appendInteger(position.byteSwapped)
        return key
    }
}

extension JourneyKey {
    init?(_ bytes: Span<UInt8>) {
        guard bytes.count == JourneyKey.count, let kind = SymbolKind(rawValue: bytes[8]) else { return nil }
        run = UInt64(bigEndian: loadLittleEndian(bytes, at: 0, as: UInt64.self))
        self.kind = kind
        symbol = UInt32(bigEndian: loadLittleEndian(bytes, at: 9, as: UInt32.self))
        position = UInt64(bigEndian: loadLittleEndian(bytes, at: 13, as: UInt64.self))
    }
}

/// Gathers the journeys of a run into blocks.
struct JourneyBuilder {
    /// With its key and LMDB's header a block of so many events takes four pages or less.
    private static let mostEvents = 1_000
    private static let mostBytes = 16_000

    private let run: UInt64
    private let first: UInt64
    private let kind: SymbolKind
    private var groups: [(symbol: UInt32, count: Int)] = []
    private var events: [FoldEvent] = []
    private var properties: [UInt8] = []
    /// Whether the event at an index has kept properties.
    private var hasProperties: [Bool] = []
    private var size = 0

    init(run: UInt64, first: UInt64, kind: SymbolKind) { (self.run, self.first, self.kind) = (run, first, kind) }

    /// Adds an event, in order of symbol and then of position, with its kept properties; a block that is full goes to `put`.
    @inline(__always)
    mutating func add(
        _ event: FoldEvent,
        _ kept: KeptProperties,
        _ range: Range<Int>,
        _ put: (_ key: [UInt8], _ value: [UInt8]) throws -> Void
    ) rethrows {
        if events.count >= JourneyBuilder.mostEvents || size >= JourneyBuilder.mostBytes { try finish(put) }
        let symbol = kind == .customer ? event.customer : event.deal
        if let last = groups.indices.last, groups[last].symbol == symbol {
            groups[last].count += 1
        } else {
            groups.append((symbol, 1))
            size += 6
        }
        events.append(event)
        hasProperties.append(!range.isEmpty)
        size += 14 + (event.customer != 0 && event.deal != 0 ? 4 : 0) + (event.currency != 0 ? 12 : 0)
        guard !range.isEmpty else { return }
        let before = properties.count
        properties.appendVarint(UInt64(range.count))
        var properties = self.properties
        self.properties = []
        kept.each(range) { _, key, bytes, value in
            properties.appendVarint(UInt64(key))
            properties.appendVarint(UInt64(value.count))
            properties.append(bytes, value)
        }
        self.properties = properties
        size += properties.count - before
    }

    /// Gives the last block to `put`.
    mutating func finish(_ put: (_ key: [UInt8], _ value: [UInt8]) throws -> Void) rethrows {
        guard let first = events.first else { return }
        let key = JourneyKey(run: run, kind: kind, symbol: groups[0].symbol, position: first.position).bytes
        var value = encode()
        value.setInteger(JourneyBlock.checksum(key.span, value.span), at: 0)
        try put(key, value)
        groups.removeAll(keepingCapacity: true)
        events.removeAll(keepingCapacity: true)
        properties.removeAll(keepingCapacity: true)
        hasProperties.removeAll(keepingCapacity: true)
        size = 0
    }

    private func encode() -> [UInt8] {
        var (base, latest) = (Int64.max, Int64.min)
        var isWide = false
        var (others, amounts) = (0, 0)
        for event in events {
            base = min(base, event.occurredAt)
            latest = max(latest, event.occurredAt)
            if event.type > 255 || event.channel > 255 || event.campaign > 65_535 { isWide = true }
            if event.customer != 0, event.deal != 0 { others += 1 }
            if event.currency != 0 { amounts += 1 }
        }
        let (span, overflows) = latest.subtractingReportingOverflow(base)
        if overflows || span >= 1 << 40 { isWide = true }
        let width = isWide ? JourneyBlock.wideWidth : JourneyBlock.narrowWidth
        let eventStart = JourneyBlock.header + groups.count * 6
        let otherStart = eventStart + events.count * width
        let amountStart = otherStart + others * 4
        let propertyStart = amountStart + amounts * 12
        var out = [UInt8](repeating: 0, count: propertyStart)
        out[4] = isWide ? 1 : 0
        out.setInteger(UInt16(groups.count), at: 6)
        out.setInteger(UInt16(events.count), at: 8)
        out.setInteger(UInt16(others), at: 10)
        out.setInteger(UInt16(amounts), at: 12)
        out.setInteger(base, at: 16)
        for (index, group) in groups.enumerated() {
            out.setInteger(group.symbol, at: JourneyBlock.header + index * 6)
            out.setInteger(UInt16(group.count), at: JourneyBlock.header + index * 6 + 4)
        }
        (others, amounts) = (0, 0)
        for (index, event) in events.enumerated() {
            var flags: UInt8 = hasProperties[index] ? JourneyFlags.properties : 0
            if event.customer != 0, event.deal != 0 {
                flags |= JourneyFlags.other
                out.setInteger(kind == .customer ? event.deal : event.customer, at: otherStart + others * 4)
                others += 1
            }
            if event.currency != 0 {
                flags |= JourneyFlags.amount
                out.setInteger(event.units, at: amountStart + amounts * 12)
                out.setInteger(event.currency | UInt32(event.scale) << 24, at: amountStart + amounts * 12 + 8)
                amounts += 1
            }
            let at = eventStart + index * width
            out.setInteger(UInt32(event.position - first), at: at)
            if isWide {
                out.setInteger(event.occurredAt, at: at + 4)
                out.setInteger(event.type, at: at + 12)
                out.setInteger(event.channel, at: at + 16)
                out.setInteger(event.campaign, at: at + 20)
                out[at + 24] = flags
            } else {
                let time = UInt64(bitPattern: event.occurredAt - base)
                out.setInteger(UInt32(truncatingIfNeeded: time), at: at + 4)
                out[at + 8] = UInt8(time >> 32)
                out[at + 9] = UInt8(event.type)
                out[at + 10] = UInt8(event.channel)
                out.setInteger(UInt16(event.campaign), at: at + 11)
                out[at + 13] = flags
            }
        }
        out += properties
        return out
    }
}

/// What a reader wants of journeys.
package struct JourneyNeed: Sendable {
    /// The types of which a journey must have one, by symbol; nil when all journeys are wanted. Others may come too.
    package var types: [Bool]?
    /// The types whose events are wanted with kept properties, by symbol; all that are not in it.
    package var keptTypes: [Bool] = []
    /// Whether no kept properties are wanted.
    package var isWithoutKept = false

    /// All journeys with all that is kept.
    package init() {}

    @inline(__always)
    fileprivate func wantsKept(_ type: UInt32) -> Bool {
        !isWithoutKept && (Int(type) >= keptTypes.count || keptTypes[Int(type)])
    }
}

/// A block of journeys as it is stored, read group by group.
struct JourneyBlock {
    static let header = 24
    static let narrowWidth = 14
    static let wideWidth = 25

    private let kind: SymbolKind
    private let first: UInt64
    private let isWide: Bool
    private let groups: Int
    private let base: Int64
    private let eventEnd: Int
    private let otherEnd: Int
    private let amountEnd: Int
    /// The group that is next, and where its events, other symbols, amounts and properties are.
    private var group = 0
    private var at: Int
    private var other: Int
    private var amount: Int
    private var properties: ByteReader
    /// The symbol of the group that is next and how many events it has in this block.
    private(set) var symbol: UInt32 = 0
    private var count = 0

    private var width: Int { isWide ? JourneyBlock.wideWidth : JourneyBlock.narrowWidth }
    /// Whether all groups were read.
    var isAtEnd: Bool { group == groups }
    /// Whether the group that is next is the last: it may go on in the next block.
    private var isLast: Bool { group + 1 == groups }

    static func checksum(_ key: Span<UInt8>, _ value: Span<UInt8>) -> UInt32 {
        Checksum.crc32c(value.extracting(4..<value.count), seed: Checksum.crc32c(key))
    }

    /// A block of a run whose first position is given.
    init(_ key: Span<UInt8>, _ bytes: Span<UInt8>, _ kind: SymbolKind, first: UInt64) throws(RecordDamage) {
        guard bytes.count >= JourneyBlock.header,
            JourneyBlock.checksum(key, bytes) == loadLittleEndian(bytes, at: 0, as: UInt32.self)
        else { throw RecordDamage(offset: 0) }
        (self.kind, self.first) = (kind, first)
        isWide = bytes[4] == 1
        groups = Int(loadLittleEndian(bytes, at: 6, as: UInt16.self))
        let events = Int(loadLittleEndian(bytes, at: 8, as: UInt16.self))
        let others = Int(loadLittleEndian(bytes, at: 10, as: UInt16.self))
        let amounts = Int(loadLittleEndian(bytes, at: 12, as: UInt16.self))
        base = loadLittleEndian(bytes, at: 16, as: Int64.self)
        at = JourneyBlock.header + groups * 6
        eventEnd = at + events * (isWide ? JourneyBlock.wideWidth : JourneyBlock.narrowWidth)
        other = eventEnd
        otherEnd = other + others * 4
        amount = otherEnd
        amountEnd = amount + amounts * 12
        guard groups > 0, amountEnd <= bytes.count else { throw RecordDamage(offset: 4) }
        properties = ByteReader(from: amountEnd, to: bytes.count)
        try load(bytes)
    }

    private mutating func load(_ bytes: Span<UInt8>) throws(RecordDamage) {
        guard group < groups else { return }
        symbol = loadLittleEndian(bytes, at: JourneyBlock.header + group * 6, as: UInt32.self)
        count = Int(loadLittleEndian(bytes, at: JourneyBlock.header + group * 6 + 4, as: UInt16.self))
        guard at + count * width <= eventEnd else { throw RecordDamage(offset: at) }
    }

    @inline(__always)
    private func narrow(_ bytes: Span<UInt8>, _ at: Int) -> (event: FoldEvent, flags: UInt8) {
        let low = loadLittleEndian(bytes, at: at, as: UInt64.self)
        let high = loadLittleEndian(bytes, at: at + 6, as: UInt64.self)
        let event = FoldEvent(
            position: first &+ (low & 0xFFFF_FFFF),
            occurredAt: base &+ Int64(low >> 32 | (high >> 16 & 255) << 32),
            type: UInt32(high >> 24 & 255),
            channel: UInt32(high >> 32 & 255),
            campaign: UInt32(high >> 40 & 65_535)
        )
        return (event, UInt8(high >> 56))
    }

    @inline(__always)
    private func wide(_ bytes: Span<UInt8>, _ at: Int) -> (event: FoldEvent, flags: UInt8) {
        let event = FoldEvent(
            position: first &+ UInt64(loadLittleEndian(bytes, at: at, as: UInt32.self)),
            occurredAt: loadLittleEndian(bytes, at: at + 4, as: Int64.self),
            type: loadLittleEndian(bytes, at: at + 12, as: UInt32.self),
            channel: loadLittleEndian(bytes, at: at + 16, as: UInt32.self),
            campaign: loadLittleEndian(bytes, at: at + 20, as: UInt32.self)
        )
        return (event, bytes[at + 24])
    }

    /// Type and flags of an event.
    @inline(__always)
    private func brief(_ bytes: Span<UInt8>, _ at: Int) -> (type: UInt32, flags: UInt8) {
        isWide
            ? (loadLittleEndian(bytes, at: at + 12, as: UInt32.self), bytes[at + 24])
            : (UInt32(bytes[at + 9]), bytes[at + 13])
    }

    /// Whether the group that is next may be of a journey that has one of these types.
    func mayHave(_ types: [Bool], _ bytes: Span<UInt8>) -> Bool {
        if isLast { return true }
        for index in 0..<count {
            let type = Int(brief(bytes, at + index * width).type)
            if type < types.count, types[type] { return true }
        }
        return false
    }

    /// Goes on to the group behind the next one.
    mutating func skip(_ bytes: Span<UInt8>) throws(RecordDamage) {
        for index in 0..<count {
            let flags = brief(bytes, at + index * width).flags
            if flags & JourneyFlags.other != 0 { other += 4 }
            if flags & JourneyFlags.amount != 0 { amount += 12 }
            if flags & JourneyFlags.properties != 0 {
                for _ in 0..<(try properties.varint(bytes)) {
                    _ = try properties.varint(bytes)
                    _ = try properties.text(bytes)
                }
            }
        }
        at += count * width
        group += 1
        try load(bytes)
    }

    /// Adds the events of the group that is next to the group of `out` that is not ended yet, and goes on to the one behind it.
    mutating func take(_ bytes: Span<UInt8>, _ need: JourneyNeed, into out: inout JourneyGroups) throws(RecordDamage) {
        if isWide {
            try take(bytes, need, JourneyBlock.wideWidth, into: &out) { $0.wide(bytes, $1) }
        } else {
            try take(bytes, need, JourneyBlock.narrowWidth, into: &out) { $0.narrow(bytes, $1) }
        }
        at += count * width
        group += 1
        try load(bytes)
    }

    @inline(__always)
    private mutating func take(
        _ bytes: Span<UInt8>,
        _ need: JourneyNeed,
        _ width: Int,
        into out: inout JourneyGroups,
        _ read: (JourneyBlock, Int) -> (event: FoldEvent, flags: UInt8)
    ) throws(RecordDamage) {
        let block = self
        var (at, other, amount, properties) = (self.at, self.other, self.amount, self.properties)
        let start = out.events.count
        var (kept, keptEvents, lastType) = (KeptProperties(), [Int](), out.lastType)
        swap(&kept, &out.kept)
        swap(&keptEvents, &out.keptEvents)
        try out.events.append(addingCapacity: count) { (events: inout OutputSpan<FoldEvent>) throws(RecordDamage) in
            for index in 0..<block.count {
                var (event, flags) = read(block, at)
                at += width
                var partner: UInt32 = 0
                if flags & JourneyFlags.other != 0 {
                    guard other < block.otherEnd else { throw RecordDamage(offset: other) }
                    partner = loadLittleEndian(bytes, at: other, as: UInt32.self)
                    other += 4
                }
                (event.customer, event.deal) =
                    block.kind == .customer ? (block.symbol, partner) : (partner, block.symbol)
                if flags & JourneyFlags.amount != 0 {
                    guard amount < block.amountEnd else { throw RecordDamage(offset: amount) }
                    event.units = loadLittleEndian(bytes, at: amount, as: Int64.self)
                    let packed = loadLittleEndian(bytes, at: amount + 8, as: UInt32.self)
                    event.currency = packed & 0xFF_FFFF
                    event.scale = UInt8(packed >> 24)
                    amount += 12
                }
                if flags & JourneyFlags.properties != 0 {
                    let isWanted = need.wantsKept(event.type)
                    if isWanted { keptEvents.append(start + index) }
                    for _ in 0..<(try properties.varint(bytes)) {
                        let key = try properties.symbol(bytes)
                        let value = try properties.text(bytes)
                        if isWanted { kept.append(event.position, key, bytes, value) }
                    }
                }
                lastType = max(lastType, event.type)
                events.append(event)
            }
        }
        swap(&kept, &out.kept)
        swap(&keptEvents, &out.keptEvents)
        out.lastType = lastType
        (self.other, self.amount, self.properties) = (other, amount, properties)
    }
}
