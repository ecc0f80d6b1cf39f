// Web activity of one customer, cut into sessions: a longer pause than the gap starts a new one, midnight does not. Sales and
// server-side events are not web activity and are not passed in.

/// Where an event says that a visit came from; what it does not say is empty.
struct Traffic: Hashable, Sendable {
    var source = ""
    var medium = ""
    var campaign = ""

    var isEmpty: Bool { source.isEmpty && medium.isEmpty && campaign.isEmpty }

    /// Whether something that it says is otherwise there.
    func differs(from other: Traffic) -> Bool {
        (!source.isEmpty && source != other.source) || (!medium.isEmpty && medium != other.medium)
            || (!campaign.isEmpty && campaign != other.campaign)
    }
}

/// Cuts events into sessions as they come, in journey order.
struct Sessionizer: Sendable {
    /// A pause of exactly this length stays in the session.
    let gap: Int64
    /// Whether another campaign starts a session too, as Universal Analytics did and Google Analytics 4 does not.
    let startsOnNewCampaign: Bool
    /// How many sessions there are so far.
    private(set) var count = 0
    private var last: Int64?
    /// Where the session that is open came from.
    private var traffic: Traffic?

    init(gap: Int64, startsOnNewCampaign: Bool = false) {
        self.gap = gap
        self.startsOnNewCampaign = startsOnNewCampaign
    }

    /// Forgets all sessions.
    mutating func reset() {
        count = 0
        last = nil
        traffic = nil
    }

    /// Adds an event and says whether it started a session. Where it came from is asked for only when that can matter.
    @discardableResult
    mutating func add(at time: Int64, from traffic: @autoclosure () -> Traffic = Traffic()) -> Bool {
        let continues = last.map { time - $0 <= gap } ?? false
        last = time
        guard startsOnNewCampaign else {
            if !continues { count += 1 }
            return !continues
        }
        let traffic = traffic()
        if continues, !traffic.differs(from: self.traffic ?? Traffic()) { return false }
        self.traffic = traffic
        count += 1
        return true
    }
}
