// Dates and calendar periods for people.

enum DateText {
    private static let months: [Label] = [
        Label("Jan", "يناير"), Label("Feb", "فبراير"), Label("Mar", "مارس"), Label("Apr", "أبريل"),
        Label("May", "مايو"),
        Label("Jun", "يونيو"), Label("Jul", "يوليو"), Label("Aug", "أغسطس"), Label("Sep", "سبتمبر"),
        Label("Oct", "أكتوبر"), Label("Nov", "نوفمبر"), Label("Dec", "ديسمبر"),
    ]

    /// `2025-12-31` and what starts with it as `31 Dec 2025`; anything else as it is.
    static func day(_ text: String, _ language: Language) -> String {
        let parts = text.prefix(10).split(separator: "-")
        guard parts.count == 3, let month = Int(parts[1]), (1...12).contains(month), let day = Int(parts[2]) else {
            return text
        }
        return "\(day) \(months[month - 1].text(language)) \(parts[0])"
    }

    /// `2025-12-31T23:59` as `31 Dec 2025, 23:59`.
    static func minute(_ text: String, _ language: Language) -> String {
        guard text.utf8.count >= 16 else { return day(text, language) }
        return day(text, language) + (language == .arabic ? "، " : ", ") + text.dropFirst(11).prefix(5)
    }

    /// The name of a period, `2025-12`, `2025-W49`, `2025-Q4` or a day.
    static func period(_ name: String, _ language: Language) -> String {
        let parts = name.split(separator: "-")
        guard parts.count == 2, let year = parts.first, let part = parts.last else { return day(name, language) }
        if let month = Int(part), (1...12).contains(month) { return months[month - 1].text(language) + " \(year)" }
        switch part.first {
        case "W":
            return Label("Week \(part.dropFirst()), \(year)", "الأسبوع \(part.dropFirst())، \(year)").text(language)
        case "Q": return Label("Q\(part.dropFirst()) \(year)", "الربع \(part.dropFirst())، \(year)").text(language)
        default: return name
        }
    }
}
