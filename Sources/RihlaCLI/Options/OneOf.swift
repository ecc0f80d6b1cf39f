// Options that take one of a few words.
internal import JourneyEvents
internal import JourneyRules

enum OneOf {
    /// The value when it is one of `known`; nil stays nil.
    static func check(_ value: String?, _ known: [String], _ option: String) throws -> String? {
        guard let value, !known.contains(value) else { return value }
        throw RihlaError(
            .usage,
            "\(option) cannot be \"\(value)\"",
            hint: Suggestion.nearest(to: value, in: known).map { "did you mean \"\($0)\"?" }
                ?? "one of " + known.joined(separator: ", ")
        )
    }
}
