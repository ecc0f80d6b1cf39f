// One event in a block. A record holds everything but its position and the time of its commit, which its block has; two
// events are equal exactly when their records are equal byte for byte.
//
//   u16 presence   i64 occurred_at   varint type   id   [symbols] [identifiers] [amount] [texts] [properties]
//
// A tombstone ends after the type with the 8 bytes of ``StoreSecret/mark(ofSource:id:)``.
internal import JourneyEvents
internal import LMDB
internal import Platform

/// Appends the record of a draft to `out` and returns what folds need of it; what the index keeps of its properties goes to
/// `kept`. New texts are interned. `customerHash` is the hash of the customer's text, when it is known; `words` are the symbols
/// of the batch's words so far.
func encodeRecord(
    _ draft: EventDraft,
    _ bytes: Span<UInt8>,
    _ properties: [PropertySlice],
    position: UInt64,
    customerHash: UInt64? = nil,
    symbols: inout SymbolTables,
    words: inout WordSymbols,
    kept: inout KeptProperties,
    into out: inout [UInt8]
) -> FoldEvent {
    var event = FoldEvent(position: position, occurredAt: draft.occurredAt, type: 0)
    let start = out.count
    out.appendInteger(UInt16(0))
    out.appendInteger(draft.occurredAt)
    event.type = symbols.intern(.type, bytes, draft.type, word: draft.typeWord, &words)
    out.appendVarint(UInt64(event.type))
    var presence = appendID(draft.id, bytes, into: &out)
    @inline(__always)
    func symbol(_ kind: SymbolKind, _ slice: Slice, _ bit: Presence, _ hash: UInt64? = nil) -> UInt32 {
        guard slice.isPresent else { return 0 }
        presence.insert(bit)
        let number = symbols.intern(kind, bytes, slice, hash: hash)
        out.appendVarint(UInt64(number))
        return number
    }
    @inline(__always)
    func symbol(_ kind: SymbolKind, _ slice: Slice, _ bit: Presence, word: UInt16) -> UInt32 {
        guard slice.isPresent else { return 0 }
        presence.insert(bit)
        let number = symbols.intern(kind, bytes, slice, word: word, &words)
        out.appendVarint(UInt64(number))
        return number
    }
    _ = symbol(.source, draft.source, .source, word: draft.sourceWord)
    event.customer = symbol(.customer, draft.customer, .customer, customerHash)
    event.deal = symbol(.deal, draft.deal, .deal)
    let account = symbol(.account, draft.account, .account)
    if account != 0 { kept.appendAccount(position, account) }
    event.channel = symbol(.channel, draft.channel, .channel, word: draft.channelWord)
    event.campaign = symbol(.campaign, draft.campaign, .campaign, word: draft.campaignWord)
    _ = symbol(.actor, draft.actor, .actor)
    if IdentityTypes.contains(bytes, draft.type) {
        presence.insert(.identifiers)
        let named = IdentityTypes.named(draft, bytes, properties, customer: event.customer, &symbols)
        out.appendVarint(UInt64(named.a))
        out.appendVarint(UInt64(named.b))
    }
    if let amount = draft.amount {
        presence.insert(.amount)
        event.units = amount.units
        event.scale = amount.scale
        event.currency = amount.currency.rawValue
        out.appendVarint(UInt64(bitPattern: amount.units << 1 ^ amount.units >> 63))
        out.append(amount.scale)
        out.appendInteger(UInt16(truncatingIfNeeded: amount.currency.rawValue))
        out.append(UInt8(amount.currency.rawValue >> 16))
    }
    @inline(__always)
    func text(_ slice: Slice, _ bit: Presence) {
        guard slice.isPresent else { return }
        presence.insert(bit)
        out.appendVarint(UInt64(slice.count))
        out.append(bytes, slice.range)
    }
    text(draft.correlation, .correlation)
    text(draft.causation, .causation)
    if !draft.properties.isEmpty {
        presence.insert(.properties)
        out.appendVarint(UInt64(draft.properties.count))
        for index in draft.properties {
            let property = properties[Int(index)]
            let key = symbols.intern(.propertyKey, bytes, property.key, word: property.keyWord, &words)
            out.appendVarint(UInt64(key))
            out.appendVarint(UInt64(property.value.count))
            out.append(bytes, property.value.range)
            if symbols.isKept(key) { kept.append(position, key, bytes, property.value.range) }
        }
    }
    out[start] = UInt8(truncatingIfNeeded: presence.rawValue)
    out[start + 1] = UInt8(presence.rawValue >> 8)
    return event
}

/// Writes an id; a lower-case UUID takes 16 bytes instead of 37.
private func appendID(_ slice: Slice, _ bytes: Span<UInt8>, into out: inout [UInt8]) -> Presence {
    if slice.count == 36, let uuid = packedUUID(bytes, Int(slice.start)) {
        out.appendInteger(uuid)
        return .uuid
    }
    out.appendVarint(UInt64(slice.count))
    out.append(bytes, slice.range)
    return []
}

/// The 16 bytes of a lower-case hyphenated UUID as a number whose lowest byte is the first; nil for any other text.
private func packedUUID(_ bytes: Span<UInt8>, _ start: Int) -> UInt128? {
    guard bytes[start + 8] == 45, bytes[start + 13] == 45, bytes[start + 18] == 45, bytes[start + 23] == 45 else {
        return nil
    }
    @inline(__always)
    func word(_ offset: Int) -> UInt64 { loadLittleEndian(bytes, at: start + offset, as: UInt64.self) }
    // Eight digits at a time; the groups of four lie four before and after a hyphen.
    let second = word(9) & 0xFFFF_FFFF | word(14) << 32
    let third = word(19) & 0xFFFF_FFFF | word(24) << 32
    guard let a = packedHex(word(0)), let b = packedHex(second), let c = packedHex(third), let d = packedHex(word(28))
    else { return nil }
    return UInt128(UInt64(a) | UInt64(b) << 32) | UInt128(UInt64(c) | UInt64(d) << 32) << 64
}

/// The four bytes that eight lower-case hexadecimal digits stand for, the first in the lowest byte; nil for other text.
@inline(__always)
private func packedHex(_ text: UInt64) -> UInt32? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    // A letter has bit 6. Digits are 0x30…0x39, letters 0x61…0x66: put right, each is 0…15 with the rest known.
    let letters = text >> 6 & ones
    let value = text &- ones &* 0x30 &- letters &* 0x27
    // Adding 6 carries into the next bit from 10 on.
    guard value & (ones &* 0xF0) == 0, (value &+ ones &* 6) >> 4 & ones == letters else { return nil }
    var nibbles = value
    nibbles = (nibbles << 4 | nibbles >> 8) & 0x00FF_00FF_00FF_00FF
    nibbles = (nibbles | nibbles >> 8) & 0x0000_FFFF_0000_FFFF
    return UInt32(truncatingIfNeeded: nibbles | nibbles >> 16)
}
