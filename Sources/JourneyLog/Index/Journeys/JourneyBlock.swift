// Journeys: the events of each customer, and of each deal, side by side. A rebuild reads them front to back, one question about
// a customer reads a block. A run has the journeys of the events of one stretch of the log, in order of symbol, in blocks:
//
//   u8 flags   u8 0   u16 groups   u16 events   u16 others   u16 amounts   u16 0   i64 base time
//   groups × (u32 symbol, u16 events, u16 types: bit (type mod 16), u16 others, u16 amounts, u32 bytes of properties)
//   events × (u32 position − first of the run, u40 time − base, u8 type, u8 channel, u16 campaign, u8 flags)
//            with flag 1 (wide): u32, i64, u32, u32, u32, u8
//   others × u32 symbol (the deal of a customer's event, the customer of a deal's)
//   amounts × (i64 units, u32 currency | scale << 24)
//   for each event that has kept properties: varint length of what follows, varint count, then for each: varint key, varint
//   length, JSON text
internal import JourneyEvents
internal import Platform

/// The flags of an event in a block.
struct JourneyFlags {
    static let other: UInt8 = 1
    static let amount: UInt8 = 2
    static let properties: UInt8 = 4
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

/// A block of journeys as it is stored, read group by group.
struct JourneyBlock {
    static let header = 20
    static let groupWidth = 16
    static let narrowWidth = 14
    static let wideWidth = 25

    /// What stands for a type among those of a group; several types may have one bit.
    static func typeBit(_ type: UInt32) -> UInt16 { 1 << UInt16(type & 15) }

    /// What the events of a group have in common.
    private struct Common: BitwiseCopyable {
        var isOfCustomers = false
        var symbol: UInt32 = 0
        var first: UInt64 = 0
        var base: Int64 = 0
        var otherEnd = 0
        var amountEnd = 0
    }

    private var bytes: [UInt8] = []
    private var common = Common()
    private var isWide = false
    private var groups = 0
    private var eventEnd = 0
    /// The group that is next, and where its events, other symbols, amounts and properties are.
    private var group = 0
    private var at = 0
    private var other = 0
    private var amount = 0
    private var properties = ByteReader(from: 0, to: 0)
    /// How many events the group that is next has in this block, of which types, and what else it has.
    private var count = 0
    private var types: UInt16 = 0
    private var others = 0
    private var amounts = 0
    private var propertyBytes = 0
    /// The symbol of the group that is next.
    var symbol: UInt32 { common.symbol }

    private var width: Int { isWide ? JourneyBlock.wideWidth : JourneyBlock.narrowWidth }
    /// Whether all groups were read.
    var isAtEnd: Bool { group == groups }

    /// No block: it is at its end.
    init() {}

    /// Takes the bytes of a block in the place of those before; `first` is the first position of its run.
    mutating func load(_ value: Span<UInt8>, _ kind: SymbolKind, first: UInt64) throws(RecordDamage) {
        groups = 0
        group = 0
        guard value.count >= JourneyBlock.header else { throw RecordDamage(offset: 0) }
        common.isOfCustomers = kind == .customer
        common.first = first
        isWide = value[0] == 1
        let groups = Int(loadLittleEndian(value, at: 2, as: UInt16.self))
        let events = Int(loadLittleEndian(value, at: 4, as: UInt16.self))
        let others = Int(loadLittleEndian(value, at: 6, as: UInt16.self))
        let amounts = Int(loadLittleEndian(value, at: 8, as: UInt16.self))
        common.base = loadLittleEndian(value, at: 12, as: Int64.self)
        at = JourneyBlock.header + groups * JourneyBlock.groupWidth
        eventEnd = at + events * width
        other = eventEnd
        amount = other + others * 4
        common.otherEnd = amount
        common.amountEnd = amount + amounts * 12
        guard groups > 0, common.amountEnd <= value.count else { throw RecordDamage(offset: 4) }
        properties = ByteReader(from: common.amountEnd, to: value.count)
        bytes.removeAll(keepingCapacity: true)
        bytes.append(value, 0..<value.count)
        self.groups = groups
        try goTo(0)
    }

    @inline(__always)
    private mutating func goTo(_ next: Int) throws(RecordDamage) {
        group = next
        guard next < groups else { return }
        let start = JourneyBlock.header + next * JourneyBlock.groupWidth
        common.symbol = loadLittleEndian(bytes.span, at: start, as: UInt32.self)
        let counts = loadLittleEndian(bytes.span, at: start + 4, as: UInt64.self)
        count = Int(counts & 65_535)
        types = UInt16(truncatingIfNeeded: counts >> 16)
        others = Int(counts >> 32 & 65_535)
        amounts = Int(counts >> 48)
        propertyBytes = Int(loadLittleEndian(bytes.span, at: start + 12, as: UInt32.self))
        guard at + count * width <= eventEnd, other + others * 4 <= common.otherEnd,
            amount + amounts * 12 <= common.amountEnd, propertyBytes <= properties.end - properties.index
        else { throw RecordDamage(offset: at) }
    }

    /// Whether the group that is next may be of a journey that has one of these types: it has one, or it may go on in the next
    /// block.
    func mayHave(_ types: Span<Bool>, _ bits: UInt16) -> Bool {
        if group + 1 == groups { return true }
        if self.types & bits == 0 { return false }
        let bytes = bytes.span
        for at in stride(from: at, to: at + count * width, by: width) {
            let type = isWide ? Int(loadLittleEndian(bytes, at: at + 12, as: UInt32.self)) : Int(bytes[at + 9])
            if type < types.count, types[type] { return true }
        }
        return false
    }

    /// Goes on to the group behind the next one.
    mutating func skip() throws(RecordDamage) {
        at += count * width
        other += others * 4
        amount += amounts * 12
        _ = try properties.skip(propertyBytes)
        try goTo(group + 1)
    }

    /// Adds the events of the group that is next to the group of `out` that is not ended yet, and goes on to the one behind it.
    /// Kept properties are those that `keptTypes` and `keepsOthers` say, as ``JourneyNeed`` does.
    mutating func take(_ keptTypes: Span<Bool>, _ keepsOthers: Bool, into out: inout JourneyGroups) throws(RecordDamage)
    {
        let start = out.events.count
        var state = State(other: other, amount: amount, type: out.lastType, latest: out.latest, isSorted: out.isSorted)
        if isWide {
            try takeWide(&state, keptTypes, keepsOthers, into: &out.events)
        } else {
            try takeNarrow(&state, keptTypes, keepsOthers, into: &out.events)
        }
        other += others * 4
        amount += amounts * 12
        (out.lastType, out.latest, out.isSorted) = (state.type, state.latest, state.isSorted)
        if propertyBytes > 0 {
            if state.wantsProperties {
                try takeProperties(start, keptTypes, keepsOthers, &out)
            } else {
                _ = try properties.skip(propertyBytes)
            }
        }
        at += count * width
        try goTo(group + 1)
    }

    /// What changes from event to event.
    private struct State: BitwiseCopyable {
        var other: Int
        var amount: Int
        var type: UInt32
        var latest: Int64
        var isSorted: Bool
        /// Whether the kept properties of some event are wanted.
        var wantsProperties = false
    }

    private func takeNarrow(
        _ state: inout State,
        _ keptTypes: Span<Bool>,
        _ keepsOthers: Bool,
        into out: inout [FoldEvent]
    ) throws(RecordDamage) {
        let (bytes, common, start, count) = (bytes.span, common, at, count)
        let end = start + count * JourneyBlock.narrowWidth
        try out.append(addingCapacity: count) { (events: inout OutputSpan<FoldEvent>) throws(RecordDamage) in
            for at in stride(from: start, to: end, by: JourneyBlock.narrowWidth) {
                let low = loadLittleEndian(bytes, at: at, as: UInt64.self)
                let high = loadLittleEndian(bytes, at: at + 6, as: UInt64.self)
                var event = FoldEvent(
                    position: common.first &+ (low & 0xFFFF_FFFF),
                    occurredAt: common.base &+ Int64(low >> 32 | (high >> 16 & 255) << 32),
                    type: UInt32(high >> 24 & 255),
                    channel: UInt32(high >> 32 & 255),
                    campaign: UInt32(high >> 40 & 65_535)
                )
                try JourneyBlock.complete(&event, UInt8(high >> 56), common, bytes, keptTypes, keepsOthers, &state)
                events.append(event)
            }
        }
    }

    private func takeWide(
        _ state: inout State,
        _ keptTypes: Span<Bool>,
        _ keepsOthers: Bool,
        into out: inout [FoldEvent]
    ) throws(RecordDamage) {
        let (bytes, common, start, count) = (bytes.span, common, at, count)
        let end = start + count * JourneyBlock.wideWidth
        try out.append(addingCapacity: count) { (events: inout OutputSpan<FoldEvent>) throws(RecordDamage) in
            for at in stride(from: start, to: end, by: JourneyBlock.wideWidth) {
                var event = FoldEvent(
                    position: common.first &+ UInt64(loadLittleEndian(bytes, at: at, as: UInt32.self)),
                    occurredAt: loadLittleEndian(bytes, at: at + 4, as: Int64.self),
                    type: loadLittleEndian(bytes, at: at + 12, as: UInt32.self),
                    channel: loadLittleEndian(bytes, at: at + 16, as: UInt32.self),
                    campaign: loadLittleEndian(bytes, at: at + 20, as: UInt32.self)
                )
                try JourneyBlock.complete(&event, bytes[at + 24], common, bytes, keptTypes, keepsOthers, &state)
                events.append(event)
            }
        }
    }

    /// Adds what the flags say to an event.
    @inline(__always)
    private static func complete(
        _ event: inout FoldEvent,
        _ flags: UInt8,
        _ common: Common,
        _ bytes: Span<UInt8>,
        _ keptTypes: Span<Bool>,
        _ keepsOthers: Bool,
        _ state: inout State
    ) throws(RecordDamage) {
        if common.isOfCustomers { event.customer = common.symbol } else { event.deal = common.symbol }
        state.type = max(state.type, event.type)
        if event.occurredAt < state.latest { state.isSorted = false }
        state.latest = event.occurredAt
        if flags == 0 { return }
        if flags & JourneyFlags.other != 0 {
            guard state.other < common.otherEnd else { throw RecordDamage(offset: state.other) }
            let partner = loadLittleEndian(bytes, at: state.other, as: UInt32.self)
            if common.isOfCustomers { event.deal = partner } else { event.customer = partner }
            state.other += 4
        }
        if flags & JourneyFlags.amount != 0 {
            guard state.amount < common.amountEnd else { throw RecordDamage(offset: state.amount) }
            event.units = loadLittleEndian(bytes, at: state.amount, as: Int64.self)
            let packed = loadLittleEndian(bytes, at: state.amount + 8, as: UInt32.self)
            event.currency = packed & 0xFF_FFFF
            event.scale = UInt8(packed >> 24)
            state.amount += 12
        }
        if flags & JourneyFlags.properties != 0 {
            let type = Int(event.type)
            if type < keptTypes.count ? keptTypes[type] : keepsOthers { state.wantsProperties = true }
        }
    }

    /// Adds the kept properties of the events of the group that is read, which begin at `start`.
    private mutating func takeProperties(
        _ start: Int,
        _ keptTypes: Span<Bool>,
        _ keepsOthers: Bool,
        _ out: inout JourneyGroups
    ) throws(RecordDamage) {
        var properties = self.properties
        do {
            let bytes = bytes.span
            for offset in 0..<count where bytes[at + offset * width + width - 1] & JourneyFlags.properties != 0 {
                let index = start + offset
                let (type, position) = (Int(out.events[index].type), out.events[index].position)
                let isWanted = type < keptTypes.count ? keptTypes[type] : keepsOthers
                let all = try properties.text(bytes)
                guard isWanted else { continue }
                let first = out.kept.count
                try out.kept.append(position, stored: bytes, all)
                out.holders.append(JourneyGroups.Holder(index, first, out.kept.count))
            }
        }
        self.properties = properties
    }
}
