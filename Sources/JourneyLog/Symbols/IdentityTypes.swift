// Events that state who is who name identifiers in their properties. The record keeps those as customer symbols, since most
// of them are in no other event's `customer`, and readers of statements need numbers and no texts.
internal import JourneyEvents

/// The event types whose properties `a` and `b` name identifiers of persons.
public enum IdentityTypes {
    /// Their names.
    public static let names = ["identity_linked", "identity_unlinked", "identity_blocked"]
    private static let texts = names.map { Array($0.utf8) }

    /// Whether a type is one of them.
    @inline(__always)
    static func contains(_ bytes: Span<UInt8>, _ type: Slice) -> Bool {
        guard type.count >= 15, type.count <= 17, bytes[Int(type.start)] == 105 else { return false }
        return texts.contains { bytes.equals(type.range, $0.span, 0..<$0.count) }
    }

    /// The symbols that they have in a table of types.
    static func symbols(_ table: SymbolTable) -> Set<UInt32> {
        Set(texts.compactMap { table.find($0.span, 0..<$0.count) })
    }

    /// The symbols of the identifiers that an event names, 0 where there is none: properties `a` and `b`, normalised;
    /// without a property `a` the customer.
    static func named(
        _ draft: EventDraft,
        _ bytes: Span<UInt8>,
        _ properties: [PropertySlice],
        customer: UInt32,
        _ symbols: inout SymbolTables
    ) -> (a: UInt32, b: UInt32) {
        var named = (a: customer, b: UInt32(0))
        for index in draft.properties {
            let property = properties[Int(index)]
            guard property.key.count == 1 else { continue }
            switch bytes[Int(property.key.start)] {
            case 97: named.a = intern(bytes, property.value, &symbols)
            case 98: named.b = intern(bytes, property.value, &symbols)
            default: continue
            }
        }
        return named
    }

    private static func intern(_ bytes: Span<UInt8>, _ value: Slice, _ symbols: inout SymbolTables) -> UInt32 {
        guard let text = stringValue(ofJSON: bytes.string(value.range)), let identifier = Identifier(text) else {
            return 0
        }
        let normal = Array(identifier.description.utf8)
        return symbols.intern(.customer, normal.span, Slice(start: 0, count: normal.count))
    }
}

/// A statement about identity as its record has it.
public struct NamedIdentifiers: Hashable, Sendable {
    /// The event.
    public var position: UInt64
    /// When it happened, milliseconds since 1970 UTC.
    public var occurredAt: Int64
    /// Symbol of its type.
    public var type: UInt32
    /// Symbol of the first identifier; 0 when the event names none that can be one.
    public var a: UInt32
    /// Symbol of the second identifier; 0 when the event names none that can be one.
    public var b: UInt32
}
