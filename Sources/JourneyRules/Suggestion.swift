// "Did you mean": the nearest known name.

/// Finds the name that was probably meant.
public enum Suggestion {
    /// Names above this length are no slips of the finger; comparing two takes the product of their lengths.
    private static let longest = 64
    /// Of more names than this the first ones are compared.
    private static let most = 1_000

    /// The nearest of `names` within two edits, or a third of the length; ties go to the first.
    public static func nearest(to text: String, in names: [String]) -> String? {
        guard text.utf8.count <= longest else { return nil }
        let limit = max(2, text.count / 3)
        var best: (distance: Int, name: String)?
        for name in names.prefix(most) where name.utf8.count <= longest && abs(name.count - text.count) <= limit {
            let distance = distance(Array(text), Array(name))
            if distance <= limit, distance < best?.distance ?? .max { best = (distance, name) }
        }
        return best?.name
    }

    /// Edits between two texts: insertion, deletion, change, exchange of neighbours (optimal string alignment).
    static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var before: [Int] = []
        var previous = Array(0...b.count)
        for i in 0..<a.count {
            var current = [i + 1] + Array(repeating: 0, count: b.count)
            for j in 0..<b.count {
                current[j + 1] = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    current[j + 1] = min(current[j + 1], before[j - 1] + 1)
                }
            }
            before = previous
            previous = current
        }
        return previous[b.count]
    }
}

/// Durations as people write them.
public enum DurationText {
    /// The longest duration, 10,000 years: what is added to or taken from a time stays far from the ends of numbers.
    public static let longest: Int64 = 3_652_500 * 86_400_000
    /// What a duration looks like, for sentences that refuse others.
    public static let forms = "90s, 30m, 4h, 7d or 2w, at most 3652500d"

    /// Milliseconds of `90s`, `30m`, `4h`, `7d`, `2w`, or `0`; nil for other text and for more than ``longest``.
    public static func milliseconds(_ text: String) -> Int64? {
        if text == "0" { return 0 }
        let units: [Character: Int64] = ["s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000]
        guard let last = text.last, let unit = units[last], let number = Int64(text.dropLast()), number >= 0 else {
            return nil
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow || product > longest ? nil : product
    }

    /// A duration as ``milliseconds(_:)`` reads it, in its largest whole unit.
    public static func text(milliseconds: Int64) -> String {
        let units: [(String, Int64)] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000)]
        for (unit, size) in units where milliseconds >= size && milliseconds % size == 0 {
            return "\(milliseconds / size)\(unit)"
        }
        return "\(Double(milliseconds) / 1_000)s"
    }
}
