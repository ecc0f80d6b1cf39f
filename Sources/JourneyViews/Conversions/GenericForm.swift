// Conversions and changes of them with everything that the store knows, for whoever has a form of their own.
internal import JourneyEvents

struct GenericForm: ConversionForm {
    static let columns =
        ["change", "id", "definition", "type", "occurred_at", "changed_at", "value", "currency", "previous_value"]
        + ["customer", "deal", "order_id"] + ClickReader.names + ["click_at"]
    static let adjustmentColumns = columns
    static let needs = ""
    static let doesNotAdjust = ""

    static func takes(_ known: KnownConversion) -> Bool { true }
    static func adjusts(_ known: KnownConversion) -> Bool { true }

    func conversion(_ entry: ConversionEntry) -> JSONValue {
        let known = entry.known
        let last = known.clicks.values.max { $1.wins(over: $0) }
        let order = entry.event.property("order_id").flatMap { stringValue(ofJSON: $0) ?? $0 }
        var values: [JSONValue] = [
            .string(entry.change.rawValue), .string(entry.id), .string(entry.definition), .string(entry.event.type),
            .time(entry.event.occurredAt), entry.change == .conversion ? .null : .time(entry.changedAt),
            entry.change == .retraction ? .null : .text(known.value), .text(known.conversion.amount?.currency.code),
            .text(entry.previous), .text(entry.customer), .text(entry.event.deal), .text(order),
        ]
        values += ClickReader.names.map { .text(known.clicks[$0]?.value) }
        values.append(.time(last.map { Timestamp(milliseconds: $0.at) }))
        return values.object(GenericForm.columns)
    }

    func adjustment(_ entry: ConversionEntry) -> JSONValue { conversion(entry) }
}
