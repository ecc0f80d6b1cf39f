// One line of an export of conversions, before it takes an advertiser's form.
internal import JourneyEvents

/// A conversion to tell, or what has changed of one that was told.
struct ConversionEntry {
    enum Change: String {
        case conversion, restatement, retraction
    }

    var change: Change
    var known: KnownConversion
    /// The conversion's own event.
    var event: Event
    /// Name of the definition.
    var definition: String
    /// The canonical identifier of the customer.
    var customer: String?
    /// When the store learnt of the change.
    var changedAt: Timestamp
    /// What it was worth when it was told.
    var previous: String?

    /// One id for ever: `source:id` of the event, as the store has it. Advertisers know a conversion again by it.
    var id: String { ConversionID.text(source: event.source, id: event.id) }
}

/// The audiences of an export.
protocol ConversionForm {
    /// Columns of the conversions' file; of one object a line when there are none.
    static var columns: [String] { get }
    static var adjustmentColumns: [String] { get }
    /// Whether a conversion has what the advertiser knows people by.
    static func takes(_ known: KnownConversion) -> Bool
    /// Whether the advertiser takes changes of a conversion.
    static func adjusts(_ known: KnownConversion) -> Bool
    /// Why conversions are left out, for a note.
    static var needs: String { get }
    static var doesNotAdjust: String { get }
    func conversion(_ entry: ConversionEntry) -> JSONValue
    func adjustment(_ entry: ConversionEntry) -> JSONValue
}
