// What a cohort report asks for.
public import JourneyEvents
internal import JourneyRules

/// Who comes back: customers by the calendar period of their first event.
public struct CohortQuery: Sendable {
    /// The calendar period of a cohort: `day`, `week`, `month` or `quarter`.
    public var by: String = "month"
    /// What counts as coming back: `calendar` (active in a period after the cohort's), `n-day` (on the k-th day after one's
    /// own first), `unbounded` (on it or later), `bracket:B` (on one of B days from it on).
    public var retention: String = "calendar"
    /// The event type that puts a customer into a cohort; nil for any.
    public var event: String?
    /// The event types that count as activity; empty for all.
    public var activity: [String] = []
    /// The days k of the retention by days.
    public var days: [Int64] = [1, 3, 7, 14, 30]
    /// At most so many periods after a cohort's own; nil for all.
    public var periods: Int?
    /// The zone of the calendar, an IANA name; nil takes the rules'.
    public var zone: String?
    /// What the rows of the answer are; its JSON has all of them.
    public enum Rows: Sendable {
        /// The cells of each cohort.
        case cohorts
        /// Lifetime value of each cohort, historic and by formula.
        case values
        /// Who was new, returned, came back or went, period by period.
        case lifecycle
        /// Churn and revenue retention of subscriptions, period by period.
        case recurring
    }
    /// What the rows of the answer are.
    public var rows: Rows = .cohorts
    /// First events from this instant.
    public var from: Timestamp?
    /// First events before this instant.
    public var to: Timestamp?
    /// Cohorts by month of the first event of any type.
    public init() {}
}

/// How a report counts those who come back.
enum Retention: Hashable {
    case calendar
    case days(ReturnRule)

    init(_ word: String, _ frame: QueryFrame) throws {
        switch word {
        case "calendar": self = .calendar
        case "n-day": self = .days(.exact)
        case "unbounded": self = .days(.unbounded)
        default:
            guard word.hasPrefix("bracket:"), let days = Int64(word.dropFirst(8)), (1...36_500).contains(days) else {
                try frame.check(word, "retention", in: ["calendar", "n-day", "unbounded", "bracket:7"])
                self = .days(.bracket(days: 7))
                return
            }
            self = .days(.bracket(days: days))
        }
    }
}
