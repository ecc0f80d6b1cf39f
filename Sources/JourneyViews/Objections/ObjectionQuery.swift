// What a report of objections asks for.

/// What buyers object to, what answers it, who else they look at, and what they ask.
public struct ObjectionQuery: Sendable {
    /// What the rows of the answer are; its JSON has all.
    public enum Rows: Sendable {
        /// Objections by category, in the groups of `by`.
        case categories
        /// The responses that were given, the best first.
        case responses
        /// The competitors that were named.
        case competitors
        /// The questions that were asked, the most frequent first.
        case questions
    }
    /// The dimensions that `by` may name.
    public static let dimensions = ["category", "stage", "competitor", "owner", "campaign"]

    /// `category` for all deals together; `stage`, `competitor`, `owner` or `campaign` for the categories of each.
    public var by = "category"
    /// What the rows of the answer are.
    public var rows: Rows = .categories
    /// At most so many questions.
    public var limit: Int?
    /// Objections by category.
    public init() {}
}
