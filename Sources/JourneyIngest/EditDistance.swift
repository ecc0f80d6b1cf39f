// Whether two short names are so near that one is probably a slip of the other.

enum EditDistance {
    /// Whether one or two insertions, deletions or changes lead from one text to the other.
    static func isAtMostTwo(_ a: String, _ b: String) -> Bool {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        guard a != b, abs(a.count - b.count) <= 2 else { return false }
        var previous = Array(0...b.count)
        for i in a.indices {
            var current = [i + 1]
            for j in b.indices {
                current.append(min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1)))
            }
            previous = current
        }
        return previous[b.count] <= 2
    }

    /// The name that was probably meant, as the end of a sentence; "" when there is none.
    static func suggestion(for text: String, in names: [String]) -> String {
        let meant =
            names.first { $0.lowercased() == text.lowercased() }
            ?? names.first { max($0.count, text.count) >= 4 && isAtMostTwo(text, $0) }
        return meant.map { ", did you mean \"\($0)\"?" } ?? ""
    }
}
