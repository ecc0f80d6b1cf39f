// One pass over the events of the steps, customer by customer.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// Finds out how far each customer gets.
struct FunnelWalk {
    /// One customer who entered.
    struct Entry {
        /// The event of the first step.
        var event: FoldEvent
        var level: Int
        /// When each step was.
        var times: [Int64]
        var isOpen: Bool
    }

    /// The bit of each type, by symbol; 0 for types of no step.
    let bits: [UInt64]
    var entries: [Entry] = []
    private(set) var groups: [UInt32: FunnelGroup] = [:]
    private var matcher: FunnelMatcher
    private let steps: Int
    private let firstMask: UInt64
    private let window: Int64
    private let from: Int64
    private let to: Int64
    private let latest: Int64
    private var times: [Int64] = []
    private var kinds: [UInt64] = []

    init(_ query: FunnelQuery, _ steps: [String], _ rules: CompiledRules, latest: Int64) {
        // Each step's type is one bit.
        let names = Array(Set(steps)).sorted()
        func bit(_ name: String) -> UInt64 { names.firstIndex(of: name).map { UInt64(1) << UInt64($0) } ?? 0 }
        bits = rules.typeNames.map(bit)
        let masks = steps.map(bit)
        matcher = FunnelMatcher(
            steps: masks,
            window: query.windowMilliseconds,
            isStrictTime: query.mode == "strict-time"
        )
        self.steps = steps.count
        firstMask = masks.first ?? 0
        window = query.windowMilliseconds
        from = query.from?.rawValue ?? .min
        to = query.to?.rawValue ?? .max
        self.latest = latest
    }

    mutating func add(_ part: EventGroups) {
        var start = 0
        for end in part.ends {
            if start < end { add(part, start, end) }
            start = end
        }
    }

    private mutating func add(_ part: EventGroups, _ start: Int, _ end: Int) {
        times.removeAll(keepingCapacity: true)
        kinds.removeAll(keepingCapacity: true)
        var lastEntry = Int64.min
        for index in start..<end {
            let time = part.events[index].occurredAt
            let kind = bits[Int(part.events[index].type)]
            if kind & firstMask != 0, time >= from, time < to { lastEntry = time }
            times.append(time)
            kinds.append(kind)
        }
        guard lastEntry != .min else { return }
        let result = matcher.match(times: times, kinds: kinds, from: from, to: to)
        guard let first = result.indices.first else { return }
        entries.append(
            Entry(
                event: part.events[start + first],
                level: result.level,
                times: result.indices.map { times[$0] },
                // The last attempt's window is inclusive: it is over when its last instant has come.
                isOpen: latest - lastEntry < window
            )
        )
    }

    mutating func count(_ entry: Entry, key: UInt32) {
        groups[key, default: FunnelGroup(steps: steps)].add(level: entry.level, isOpen: entry.isOpen)
        guard entry.level > 1, let first = entry.times.first else { return }
        for step in 1..<entry.level {
            groups[key]?.addTime(
                to: step,
                fromPrevious: entry.times[step] - entry.times[step - 1],
                fromFirst: entry.times[step] - first
            )
        }
    }
}
