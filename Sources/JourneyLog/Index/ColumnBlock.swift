// What folds read: up to 4,096 events as columns, one value in the index. Dense columns have a fixed width, so that one
// event is found without reading the others; deals and amounts, which few events have, are lists of (index, value).
//
//   u16 version   u16 count   u64 first position   u32 deals   u32 amounts
//   i64 occurred_at…   u32 customer…   u32 channel|… as three u16: type, channel, campaign (u32 each when flag 1 is set)
//   deals: u16 index…, u32 symbol…       amounts: u16 index…, i64 units…, u32 currency | scale << 24 …
internal import Platform

struct ColumnBlock {
    static let capacity = 4_096
    private static let header = 20
    private static let version: UInt16 = 1
    private static let wide: UInt16 = 1 << 15

    let first: UInt64
    let count: Int
    private let symbolWidth: Int
    private let deals: Int
    private let amounts: Int
    private let customers: Int
    private let types: Int
    private let dealStart: Int
    private let amountStart: Int

    static func encode(_ events: ArraySlice<FoldEvent>) -> [UInt8] {
        let count = events.count
        var deals: [Int] = []
        var amounts: [Int] = []
        var isWide = false
        for (index, event) in events.enumerated() {
            if event.deal != 0 { deals.append(index) }
            if event.currency != 0 { amounts.append(index) }
            if event.type > 65_535 || event.channel > 65_535 || event.campaign > 65_535 { isWide = true }
        }
        let width = isWide ? 4 : 2
        let types = header + count * 12
        let dealStart = types + count * width * 3
        let amountStart = dealStart + deals.count * 6
        var out = [UInt8](repeating: 0, count: amountStart + amounts.count * 14)
        out.setInteger(version | (isWide ? wide : 0), at: 0)
        out.setInteger(UInt16(count), at: 2)
        out.setInteger(events.first?.position ?? 0, at: 4)
        out.setInteger(UInt32(deals.count), at: 12)
        out.setInteger(UInt32(amounts.count), at: 16)
        func symbol(_ number: UInt32, _ at: Int) {
            if isWide { out.setInteger(number, at: at) } else { out.setInteger(UInt16(number), at: at) }
        }
        for (index, event) in events.enumerated() {
            out.setInteger(event.occurredAt, at: header + index * 8)
            out.setInteger(event.customer, at: header + count * 8 + index * 4)
            symbol(event.type, types + index * width)
            symbol(event.channel, types + (count + index) * width)
            symbol(event.campaign, types + (count * 2 + index) * width)
        }
        for (at, index) in deals.enumerated() {
            out.setInteger(UInt16(index), at: dealStart + at * 2)
            out.setInteger(events[events.startIndex + index].deal, at: dealStart + deals.count * 2 + at * 4)
        }
        for (at, index) in amounts.enumerated() {
            let event = events[events.startIndex + index]
            out.setInteger(UInt16(index), at: amountStart + at * 2)
            out.setInteger(event.units, at: amountStart + amounts.count * 2 + at * 8)
            let currency = event.currency | UInt32(event.scale) << 24
            out.setInteger(currency, at: amountStart + amounts.count * 10 + at * 4)
        }
        return out
    }

    init(_ bytes: Span<UInt8>, key: UInt64) throws(RecordDamage) {
        guard bytes.count >= ColumnBlock.header else { throw RecordDamage(offset: 0) }
        let head = loadLittleEndian(bytes, at: 0, as: UInt16.self)
        count = Int(loadLittleEndian(bytes, at: 2, as: UInt16.self))
        first = loadLittleEndian(bytes, at: 4, as: UInt64.self)
        deals = Int(loadLittleEndian(bytes, at: 12, as: UInt32.self))
        amounts = Int(loadLittleEndian(bytes, at: 16, as: UInt32.self))
        symbolWidth = head & ColumnBlock.wide != 0 ? 4 : 2
        customers = ColumnBlock.header + count * 8
        types = customers + count * 4
        dealStart = types + count * symbolWidth * 3
        amountStart = dealStart + deals * 6
        guard head & ~ColumnBlock.wide == ColumnBlock.version, first == key, deals <= count, amounts <= count,
            amountStart + amounts * 14 == bytes.count
        else { throw RecordDamage(offset: 4) }
    }

    @inline(__always)
    private func symbol(_ bytes: Span<UInt8>, _ index: Int) -> UInt32 {
        symbolWidth == 2
            ? UInt32(loadLittleEndian(bytes, at: index, as: UInt16.self))
            : loadLittleEndian(bytes, at: index, as: UInt32.self)
    }

    @inline(__always)
    private func dense(_ bytes: Span<UInt8>, _ index: Int) -> FoldEvent {
        FoldEvent(
            position: first + UInt64(index),
            occurredAt: loadLittleEndian(bytes, at: ColumnBlock.header + index * 8, as: Int64.self),
            customer: loadLittleEndian(bytes, at: customers + index * 4, as: UInt32.self),
            type: symbol(bytes, types + index * symbolWidth),
            channel: symbol(bytes, types + (count + index) * symbolWidth),
            campaign: symbol(bytes, types + (count * 2 + index) * symbolWidth)
        )
    }

    private func sparseIndex(_ bytes: Span<UInt8>, _ start: Int, _ at: Int) -> Int {
        Int(loadLittleEndian(bytes, at: start + at * 2, as: UInt16.self))
    }

    private func addDeal(_ bytes: Span<UInt8>, _ at: Int, to event: inout FoldEvent) {
        event.deal = loadLittleEndian(bytes, at: dealStart + deals * 2 + at * 4, as: UInt32.self)
    }

    private func addAmount(_ bytes: Span<UInt8>, _ at: Int, to event: inout FoldEvent) {
        event.units = loadLittleEndian(bytes, at: amountStart + amounts * 2 + at * 8, as: Int64.self)
        let packed = loadLittleEndian(bytes, at: amountStart + amounts * 10 + at * 4, as: UInt32.self)
        event.currency = packed & 0xFF_FFFF
        event.scale = UInt8(packed >> 24)
    }

    /// One event. O(log n).
    func event(_ index: Int, _ bytes: Span<UInt8>) -> FoldEvent {
        var event = dense(bytes, index)
        func find(_ start: Int, _ count: Int) -> Int? {
            var low = 0
            var high = count
            while low < high {
                let middle = (low + high) / 2
                if sparseIndex(bytes, start, middle) < index { low = middle + 1 } else { high = middle }
            }
            return low < count && sparseIndex(bytes, start, low) == index ? low : nil
        }
        if let at = find(dealStart, deals) { addDeal(bytes, at, to: &event) }
        if let at = find(amountStart, amounts) { addAmount(bytes, at, to: &event) }
        return event
    }

    /// Decodes all events into `events`, what few have at the end.
    func decode(_ bytes: Span<UInt8>, into events: inout [FoldEvent]) {
        events.removeAll(keepingCapacity: true)
        events.reserveCapacity(count)
        for index in 0..<count { events.append(dense(bytes, index)) }
        for at in 0..<deals {
            let index = sparseIndex(bytes, dealStart, at)
            if index < count { addDeal(bytes, at, to: &events[index]) }
        }
        for at in 0..<amounts {
            let index = sparseIndex(bytes, amountStart, at)
            if index < count { addAmount(bytes, at, to: &events[index]) }
        }
    }

    /// Decodes the events whose customer or deal is in `keys`; looks at no other column of the rest.
    func decode(_ bytes: Span<UInt8>, _ kind: SymbolKind, in keys: ClosedRange<UInt32>, into events: inout [FoldEvent])
    {
        events.removeAll(keepingCapacity: true)
        var deal = 0
        var amount = 0
        func add(_ index: Int) {
            var event = dense(bytes, index)
            while deal < deals, sparseIndex(bytes, dealStart, deal) < index { deal += 1 }
            if deal < deals, sparseIndex(bytes, dealStart, deal) == index { addDeal(bytes, deal, to: &event) }
            while amount < amounts, sparseIndex(bytes, amountStart, amount) < index { amount += 1 }
            if amount < amounts, sparseIndex(bytes, amountStart, amount) == index {
                addAmount(bytes, amount, to: &event)
            }
            events.append(event)
        }
        if kind == .deal {
            for at in 0..<deals {
                let symbol = loadLittleEndian(bytes, at: dealStart + deals * 2 + at * 4, as: UInt32.self)
                let index = sparseIndex(bytes, dealStart, at)
                if keys.contains(symbol), index < count { add(index) }
            }
        } else {
            for index in 0..<count {
                if keys.contains(loadLittleEndian(bytes, at: customers + index * 4, as: UInt32.self)) { add(index) }
            }
        }
    }
}
