// Google Ads' files for offline conversions and for adjustments of them. Each conversion has exactly one click id; times are
// in UTC, `yyyy-MM-dd HH:mm:ss+0000`. (support.google.com/google-ads/answer/7014069 and /7686280)
internal import JourneyEvents

struct GoogleForm: ConversionForm {
    static let columns = [
        "Google Click ID", "GBRAID", "WBRAID", "Conversion Name", "Conversion Time", "Conversion Value",
        "Conversion Currency", "Order ID",
    ]
    static let adjustmentColumns = ConversionQuery.googleAdjustmentColumns
    static let needs = "no gclid, gbraid or wbraid in the look-back"
    static let doesNotAdjust = "Google takes no adjustments of conversions with a wbraid"

    static func takes(_ known: KnownConversion) -> Bool { click(known) != nil }

    static func adjusts(_ known: KnownConversion) -> Bool { click(known)?.name != "wbraid" }

    /// The click that counts; an event that has several is known by its gclid.
    private static func click(_ known: KnownConversion) -> (name: String, value: String)? {
        var best: (name: String, click: Click)?
        for name in ["gclid", "gbraid", "wbraid"] {
            guard let click = known.clicks[name] else { continue }
            if best.map({ click.wins(over: $0.click) }) ?? true { best = (name, click) }
        }
        return best.map { ($0.name, $0.click.value) }
    }

    func conversion(_ entry: ConversionEntry) -> JSONValue {
        let click = GoogleForm.click(entry.known)
        let values: [JSONValue] = [
            .text(click?.name == "gclid" ? click?.value : nil), .text(click?.name == "gbraid" ? click?.value : nil),
            .text(click?.name == "wbraid" ? click?.value : nil), .string(entry.definition),
            .string(GoogleForm.time(entry.event.occurredAt)), .text(entry.known.value),
            .text(entry.known.conversion.amount?.currency.code), .string(entry.id),
        ]
        return values.object(GoogleForm.columns)
    }

    func adjustment(_ entry: ConversionEntry) -> JSONValue {
        let isRestated = entry.change == .restatement
        let values: [JSONValue] = [
            .string(entry.id), .string(entry.definition), .string(GoogleForm.time(entry.changedAt)),
            .string(isRestated ? "RESTATE" : "RETRACT"), .text(isRestated ? entry.known.value : nil),
            .text(isRestated ? entry.known.conversion.amount?.currency.code : nil),
        ]
        return values.object(GoogleForm.adjustmentColumns)
    }

    private static func time(_ time: Timestamp) -> String {
        let text = time.rfc3339
        return text.prefix(10) + " " + text.dropFirst(11).prefix(8) + "+0000"
    }
}
