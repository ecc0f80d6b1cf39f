// Journeys into blocks; JourneyBlock.swift has the layout.

/// Writes journeys as blocks of a run.
struct JourneyEncoder {
    /// With its key and LMDB's header a block of so many events takes four pages or less.
    private static let mostEvents = 1_000
    private static let mostBytes = 16_000

    private let run: UInt64
    private let first: UInt64
    private let kind: SymbolKind

    /// For a run with this number and first position.
    init(run: UInt64, first: UInt64, kind: SymbolKind) { (self.run, self.first, self.kind) = (run, first, kind) }

    /// The events of one symbol in a block.
    private struct Group {
        var symbol: UInt32
        var count = 0
        var types: UInt16 = 0
        var others = 0
        var amounts = 0
        var propertyBytes = 0
    }

    /// A part of some journeys that makes a block.
    private struct Part {
        var groups: [Group] = []
        var events = 0..<0
        var isWide = false
        var base = Int64.max
        var latest = Int64.min
        var others = 0
        var amounts = 0
        /// The kept properties, as they are stored, and which events have some.
        var properties: [UInt8] = []
        var holders: [Int] = []

        var size: Int {
            groups.count * JourneyBlock.groupWidth + events.count * JourneyBlock.narrowWidth + others * 4 + amounts * 12
                + properties.count
        }
    }

    /// Gives the blocks of journeys, which follow those before them, to `put`.
    func encode(_ journeys: JourneyGroups, _ put: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws -> Void) rethrows {
        var part = Part()
        // The next event that has kept properties, among those that have.
        var nextHolder = 0
        for (group, symbol) in journeys.symbols.enumerated() {
            var isNew = true
            for index in journeys.range(group) {
                if part.events.count >= JourneyEncoder.mostEvents || part.size >= JourneyEncoder.mostBytes {
                    try finish(part, journeys, put)
                    part = Part()
                    part.events = index..<index
                    isNew = true
                }
                if isNew { part.groups.append(Group(symbol: symbol)) }
                isNew = false
                note(journeys.events[index], index, &part)
                guard nextHolder < journeys.holders.count, journeys.holders[nextHolder].index == index else { continue }
                part.holders.append(index)
                let before = part.properties.count
                JourneyEncoder.append(journeys.kept, journeys.holders[nextHolder].range, to: &part.properties)
                part.groups[part.groups.count - 1].propertyBytes += part.properties.count - before
                nextHolder += 1
            }
        }
        try finish(part, journeys, put)
    }

    @inline(__always)
    private func note(_ event: FoldEvent, _ index: Int, _ part: inout Part) {
        part.events = part.events.lowerBound..<(index + 1)
        part.base = min(part.base, event.occurredAt)
        part.latest = max(part.latest, event.occurredAt)
        if event.type > 255 || event.channel > 255 || event.campaign > 65_535 { part.isWide = true }
        let group = part.groups.count - 1
        part.groups[group].count += 1
        part.groups[group].types |= JourneyBlock.typeBit(event.type)
        if event.customer != 0, event.deal != 0 {
            part.others += 1
            part.groups[group].others += 1
        }
        if event.currency != 0 {
            part.amounts += 1
            part.groups[group].amounts += 1
        }
    }

    /// Appends the kept properties of one event.
    private static func append(_ kept: KeptProperties, _ range: Range<Int>, to out: inout [UInt8]) {
        var bytes: [UInt8] = []
        bytes.appendVarint(UInt64(range.count))
        kept.each(range) { _, key, value, range in
            bytes.appendVarint(UInt64(key))
            bytes.appendVarint(UInt64(range.count))
            bytes.append(value, range)
        }
        out.appendVarint(UInt64(bytes.count))
        out += bytes
    }

    private func finish(
        _ part: Part,
        _ journeys: JourneyGroups,
        _ put: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws -> Void
    ) rethrows {
        guard let first = part.groups.first else { return }
        let position = journeys.events[part.events.lowerBound].position
        let key = JourneyKey(run: run, kind: kind, symbol: first.symbol, position: position).bytes
        let value = encode(part, journeys.events)
        try put(key.span, value.span)
    }

    private func encode(_ part: Part, _ events: [FoldEvent]) -> [UInt8] {
        let (span, overflows) = part.latest.subtractingReportingOverflow(part.base)
        let isWide = part.isWide || overflows || span >= 1 << 40
        let width = isWide ? JourneyBlock.wideWidth : JourneyBlock.narrowWidth
        let eventStart = JourneyBlock.header + part.groups.count * JourneyBlock.groupWidth
        var other = eventStart + part.events.count * width
        var amount = other + part.others * 4
        var out = [UInt8](repeating: 0, count: amount + part.amounts * 12)
        out.reserveCapacity(out.count + part.properties.count)
        out[0] = isWide ? 1 : 0
        out.setInteger(UInt16(part.groups.count), at: 2)
        out.setInteger(UInt16(part.events.count), at: 4)
        out.setInteger(UInt16(part.others), at: 6)
        out.setInteger(UInt16(part.amounts), at: 8)
        out.setInteger(part.base, at: 12)
        for (index, group) in part.groups.enumerated() {
            let at = JourneyBlock.header + index * JourneyBlock.groupWidth
            out.setInteger(group.symbol, at: at)
            out.setInteger(UInt16(group.count), at: at + 4)
            out.setInteger(group.types, at: at + 6)
            out.setInteger(UInt16(group.others), at: at + 8)
            out.setInteger(UInt16(group.amounts), at: at + 10)
            out.setInteger(UInt32(group.propertyBytes), at: at + 12)
        }
        var at = eventStart
        for index in part.events {
            let event = events[index]
            var flags: UInt8 = 0
            if event.customer != 0, event.deal != 0 {
                flags |= JourneyFlags.other
                out.setInteger(kind == .customer ? event.deal : event.customer, at: other)
                other += 4
            }
            if event.currency != 0 {
                flags |= JourneyFlags.amount
                out.setInteger(event.units, at: amount)
                out.setInteger(event.currency | UInt32(event.scale) << 24, at: amount + 8)
                amount += 12
            }
            out.setInteger(UInt32(truncatingIfNeeded: event.position &- first), at: at)
            if isWide {
                out.setInteger(event.occurredAt, at: at + 4)
                out.setInteger(event.type, at: at + 12)
                out.setInteger(event.channel, at: at + 16)
                out.setInteger(event.campaign, at: at + 20)
            } else {
                let time = UInt64(bitPattern: event.occurredAt &- part.base)
                let rest =
                    time >> 32 | UInt64(event.type) << 8 | UInt64(event.channel) << 16 | UInt64(event.campaign) << 24
                out.setInteger(UInt32(truncatingIfNeeded: time), at: at + 4)
                out.setInteger(UInt32(truncatingIfNeeded: rest), at: at + 8)
                out[at + 12] = UInt8(truncatingIfNeeded: rest >> 32)
            }
            at += width
            out[at - 1] = flags
        }
        for index in part.holders {
            out[eventStart + (index - part.events.lowerBound + 1) * width - 1] |= JourneyFlags.properties
        }
        out += part.properties
        return out
    }
}
