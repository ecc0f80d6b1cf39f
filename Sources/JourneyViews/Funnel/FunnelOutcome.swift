// What became of one customer in a funnel, and who stands behind a bar of it.
internal import JourneyEvents
internal import JourneyLog

/// How far one customer came, in one group.
struct FunnelOutcome {
    var customer: UInt32
    var group: String
    /// The last step that was made, 1…; 0 when every attempt is void.
    var level: Int
    /// When each bar was reached; nil when it was not, or when that is only inferred.
    var times: [Int64?]
    /// The event of each step, by step; nil where there is none.
    var events: [FoldEvent?] = []
    /// Whether the steps that are missing can still come.
    var isOpen = false
    /// Whether every attempt is void.
    var isExcluded: Bool { level == 0 }

    func reached(_ step: Int, _ optional: [Bool]) -> Bool { optional[step] ? times[step] != nil : level > step }

    /// A word for what became of it.
    func state(_ optional: [Bool]) -> String {
        let last = optional.lastIndex(of: false) ?? 0
        return isExcluded ? "excluded" : level > last ? "converted" : isOpen ? "in_progress" : "dropped"
    }
}

/// Which people are listed: `STEP:converted`, `STEP:dropped` or `STEP:in-progress`.
struct FunnelSelection {
    static let states = ["converted", "dropped", "in-progress"]
    let step: Int
    let state: String

    init(_ text: String, _ names: [String], _ frame: QueryFrame) throws {
        let colon = text.lastIndex(of: ":") ?? text.endIndex
        let word = String(text[..<colon])
        state = String(text[colon...].dropFirst())
        let number = Int(word).map { $0 - 1 } ?? names.firstIndex(of: word)
        guard colon < text.endIndex, let number, names.indices.contains(number) else {
            throw RihlaError(
                .usage,
                "\"\(text)\" names no bar of the funnel",
                hint: "write a step from 1 to \(names.count) or its name, and :converted, :dropped or :in-progress"
            )
        }
        step = number
        try frame.check(state, "list of funnels", in: FunnelSelection.states)
    }

    /// Dropped and in progress are those who reached the last step before it that is required, and came no further.
    func contains(_ outcome: FunnelOutcome, _ optional: [Bool]) -> Bool {
        if state == "converted" { return outcome.reached(step, optional) }
        guard let previous = optional[..<step].lastIndex(of: false) else { return false }
        return outcome.reached(previous, optional) && outcome.level <= step
            && outcome.isOpen == (state == "in-progress")
    }
}
