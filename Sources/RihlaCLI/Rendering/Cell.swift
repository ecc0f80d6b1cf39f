// A value of an answer as text: of a table, or of CSV.
internal import JourneyEvents

enum Cell {
    /// What a person reads: money as `12.50 EUR`, lists joined, null as nothing.
    static func text(_ value: JSONValue) -> String {
        switch value {
        case .null: return ""
        case .string(let text): return text
        case .array(let values): return values.map(text).joined(separator: "; ")
        case .object(let members):
            if members.count == 2, members[0].key == "amount", members[1].key == "currency" {
                return text(members[0].value) + " " + text(members[1].value)
            }
            if members.first?.key == "n", members.count == 5 { return distribution(members) }
            return members.map { $0.key + "=" + text($0.value) }.joined(separator: ", ")
        case .bool(let value): return value ? "true" : "false"
        default: return value.text
        }
    }

    private static func distribution(_ members: [JSONValue.Member]) -> String {
        guard let median = members.first(where: { $0.key == "p50" })?.value, median != .null else { return "" }
        return "p50 " + text(median) + " s"
    }

    /// A number for people: rates and shares rounded to four decimals.
    static func rounded(_ value: JSONValue) -> JSONValue {
        guard case .double(let number) = value, number.isFinite, abs(number) < 1e11 else { return value }
        return .double((number * 10_000).rounded() / 10_000)
    }

    /// A CSV field: quoted where it must be. Text that a spreadsheet would run as a formula gets a leading `'`.
    static func csv(_ value: JSONValue, raw: Bool) -> String {
        var field = text(value)
        if !raw, case .string = value, startsFormula(field) { field = "'" + field }
        let needsQuotes = field.utf8.contains { $0 == 34 || $0 == 44 || $0 == 10 || $0 == 13 }
        return needsQuotes ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
    }

    private static func startsFormula(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, "=+-@\t\r＝＋－＠".unicodeScalars.contains(first) else { return false }
        // A plain number is no formula.
        return Double(text) == nil
    }
}
