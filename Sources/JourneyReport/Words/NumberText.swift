// Numbers for people: Western digits in both languages, thousands in groups, as many decimals as help.
internal import JourneyEvents

enum NumberText {
    /// A whole number with groups of three: `12,345`.
    static func count(_ value: Int) -> String { grouped(String(value)) }

    /// A number with at most so many decimals, those that are zero left out.
    static func decimal(_ value: Double, digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "–" }
        let scaled = Int128((value * Double(PowersOfTen[digits])).rounded(.toNearestOrAwayFromZero))
        var text = decimalText(units: scaled, scale: digits)
        if digits > 0 {
            while text.hasSuffix("0") { text.removeLast() }
            if text.hasSuffix(".") { text.removeLast() }
        }
        return grouped(text == "-0" ? "0" : text)
    }

    /// A share of 1 in percent: `92.5%`.
    static func percent(_ share: Double) -> String { decimal(share * 100, digits: 1) + "%" }

    /// A decimal as an answer has it, rounded half away from zero to so many decimals, which all stand.
    static func money(_ text: String, digits: Int) -> String {
        let isNegative = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
        guard let whole = parts.first, parts.count <= 2, let units = Int128(whole) else { return text }
        let fraction = parts.count == 2 ? parts[1] : ""
        guard fraction.allSatisfy({ $0.isASCII && $0.isNumber }) else { return text }
        let padded = String(fraction.prefix(digits + 1)).padding(digits + 1)
        guard let kept = Int128(padded) else { return text }
        let scaled = (units * Int128(PowersOfTen[digits + 1]) + kept + 5) / 10
        let result = decimalText(units: scaled, scale: digits)
        return (isNegative && scaled != 0 ? "-" : "") + grouped(result)
    }

    /// Seconds in the largest unit of which there is at least one.
    static func duration(_ seconds: Double, _ language: Language) -> String {
        let units: [(Double, Label)] = [
            (86_400, Label("d", "يوم")), (3_600, Label("h", "ساعة")), (60, Label("min", "دقيقة")),
        ]
        for (length, name) in units where abs(seconds) >= length {
            return decimal(seconds / length, digits: 1) + " " + name.text(language)
        }
        return decimal(seconds, digits: 0) + " " + Label("s", "ثانية").text(language)
    }

    private static func grouped(_ text: String) -> String {
        let sign = text.hasPrefix("-") ? "-" : ""
        let digits = text.drop { $0 == "-" }
        let whole = digits.prefix { $0 != "." }
        var out = ""
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index) % 3 == 0 { out += "," }
            out.append(digit)
        }
        return sign + out + digits.dropFirst(whole.count)
    }
}

extension String {
    fileprivate func padding(_ length: Int) -> String {
        self + String(repeating: "0", count: Swift.max(0, length - count))
    }
}
