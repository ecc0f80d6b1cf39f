// A stored record, read in place: where its parts lie. Bytes from a disk may be anything, so every step is checked.
internal import JourneyEvents
internal import LMDB
internal import Platform

/// Where the parts of a stored record lie.
struct RecordView {
    var presence = Presence()
    var occurredAt: Int64 = 0
    var type: UInt32 = 0
    var id = 0..<0
    var source: UInt32 = 0
    var customer: UInt32 = 0
    var deal: UInt32 = 0
    var account: UInt32 = 0
    var channel: UInt32 = 0
    var campaign: UInt32 = 0
    var actor: UInt32 = 0
    var identifiers: (a: UInt32, b: UInt32) = (0, 0)
    var amount: Amount?
    var correlation = 0..<0
    var causation = 0..<0
    var propertyCount = 0
    var properties: ByteReader
    /// What a tombstone keeps of its id.
    var mark: UInt64 = 0

    /// Reads the record in `bytes[range]`.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(RecordDamage) {
        var reader = ByteReader(from: range.lowerBound, to: range.upperBound)
        properties = reader
        presence = Presence(rawValue: try reader.integer(bytes, as: UInt16.self))
        occurredAt = try reader.integer(bytes, as: Int64.self)
        type = try reader.symbol(bytes)
        if presence.contains(.erased) {
            mark = try reader.integer(bytes, as: UInt64.self)
            properties = reader
            return
        }
        id = presence.contains(.uuid) ? try reader.skip(16) : try reader.text(bytes)
        if presence.contains(.source) { source = try reader.symbol(bytes) }
        if presence.contains(.customer) { customer = try reader.symbol(bytes) }
        if presence.contains(.deal) { deal = try reader.symbol(bytes) }
        if presence.contains(.account) { account = try reader.symbol(bytes) }
        if presence.contains(.channel) { channel = try reader.symbol(bytes) }
        if presence.contains(.campaign) { campaign = try reader.symbol(bytes) }
        if presence.contains(.actor) { actor = try reader.symbol(bytes) }
        if presence.contains(.identifiers) { identifiers = (try reader.symbol(bytes), try reader.symbol(bytes)) }
        if presence.contains(.amount) {
            let packed = try reader.varint(bytes)
            let scale = try reader.integer(bytes, as: UInt8.self)
            let low = try reader.integer(bytes, as: UInt16.self)
            let high = try reader.integer(bytes, as: UInt8.self)
            guard scale <= 6 else { throw RecordDamage(offset: reader.index) }
            amount = Amount(
                units: Int64(bitPattern: packed >> 1) ^ -Int64(bitPattern: packed & 1),
                scale: scale,
                currency: Currency(rawValue: UInt32(high) << 16 | UInt32(low))
            )
        }
        if presence.contains(.correlation) { correlation = try reader.text(bytes) }
        if presence.contains(.causation) { causation = try reader.text(bytes) }
        if presence.contains(.properties) {
            let count = try reader.varint(bytes)
            // Each takes two bytes at least.
            guard count <= UInt64(reader.end - reader.index) else { throw RecordDamage(offset: reader.index) }
            propertyCount = Int(count)
        }
        properties = reader
    }

    /// What folds need.
    func foldEvent(position: UInt64) -> FoldEvent {
        FoldEvent(
            position: position,
            occurredAt: occurredAt,
            customer: customer,
            deal: deal,
            type: type,
            channel: channel,
            campaign: campaign,
            units: amount?.units ?? 0,
            currency: amount?.currency.rawValue ?? 0,
            scale: amount?.scale ?? 0
        )
    }

    /// The id as text.
    func idText(_ bytes: Span<UInt8>) -> String {
        guard presence.contains(.uuid) else { return bytes.string(id) }
        let digits = Array("0123456789abcdef".utf8)
        var out: [UInt8] = []
        for (offset, index) in id.enumerated() {
            if offset == 4 || offset == 6 || offset == 8 || offset == 10 { out.append(45) }
            out.append(digits[Int(bytes[index] >> 4)])
            out.append(digits[Int(bytes[index] & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Visits each property: its key's number and where its value lies.
    func eachProperty(_ bytes: Span<UInt8>, _ body: (UInt32, Range<Int>) throws -> Void) throws {
        var reader = properties
        for _ in 0..<propertyCount {
            let key = try reader.symbol(bytes)
            try body(key, try reader.text(bytes))
        }
    }

    /// Reads to the end and visits every symbol that the record names.
    func check(_ bytes: Span<UInt8>, _ symbol: (SymbolKind, UInt32) throws -> Void) throws {
        try symbol(.type, type)
        guard !presence.contains(.erased) else {
            guard properties.index == properties.end else { throw RecordDamage(offset: properties.index) }
            return
        }
        let named: [(Presence, SymbolKind, UInt32)] = [
            (.source, .source, source), (.customer, .customer, customer), (.deal, .deal, deal),
            (.account, .account, account), (.channel, .channel, channel), (.campaign, .campaign, campaign),
            (.actor, .actor, actor),
        ]
        for (bit, kind, number) in named where presence.contains(bit) { try symbol(kind, number) }
        for number in [identifiers.a, identifiers.b] where number != 0 { try symbol(.customer, number) }
        var end = properties.index
        try eachProperty(bytes) { key, value in
            try symbol(.propertyKey, key)
            end = value.upperBound
        }
        guard end == properties.end else { throw RecordDamage(offset: end) }
    }
}
