// What an export of conversions asks for.
public import JourneyEvents

/// Conversions for an advertiser: those that an earlier export has not told, and what has changed of those that it has.
public struct ConversionQuery: Sendable {
    /// The columns of Google's file of adjustments.
    public static let googleAdjustmentColumns = [
        "Order ID", "Conversion Name", "Adjustment Time", "Adjustment Type", "Adjusted Value",
        "Adjusted Value Currency",
    ]

    /// Who it is for: `google`, `meta`, or `generic` for everything.
    public var audience = "generic"
    /// Where the earlier export stood: its answer's `next`. The start for all.
    public var after = Position.start
    /// Name of a conversion definition or an event type; nil for all definitions.
    public var conversion: String?
    /// How long before a conversion a click may be, milliseconds, 0 for no limit; nil takes the rules' look-back.
    public var lookbackMilliseconds: Int64?
    /// What Meta is told about where conversions happen.
    public var actionSource = "system_generated"
    /// Conversions from this instant.
    public var from: Timestamp?
    /// Conversions before this instant.
    public var to: Timestamp?
    /// Everything.
    public init() {}
}
