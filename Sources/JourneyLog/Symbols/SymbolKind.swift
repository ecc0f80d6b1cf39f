// The numberings that texts have: one for each thing that an event names.

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
