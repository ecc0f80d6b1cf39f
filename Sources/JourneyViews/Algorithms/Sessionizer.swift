// Web activity of one customer, cut into sessions: a longer pause than the gap starts a new one, midnight does not. Sales and
// server-side events are not web activity and are not passed in.

/// Cuts events into sessions as they come, in journey order. `Source` is whatever names a source or a campaign.
struct Sessionizer<Source: Hashable & Sendable>: Sendable {
    /// A pause of exactly this length stays in the session.
    let gap: Int64
    /// Whether another campaign starts a session too, as Universal Analytics did and Google Analytics 4 does not.
    let startsOnNewCampaign: Bool

    /// A visit.
    struct Session: Hashable, Sendable {
        /// The first event.
        var start: Int64
        /// The last event.
        var end: Int64
        /// How many events.
        var events = 1
        /// The source of the first event in it that has one.
        var source: Source?
        /// The campaign of the first event in it that has one.
        var campaign: Source?
    }

    /// The sessions so far.
    private(set) var sessions: [Session] = []

    init(gap: Int64, startsOnNewCampaign: Bool = false) {
        self.gap = gap
        self.startsOnNewCampaign = startsOnNewCampaign
    }

    /// Adds an event and says whether it started a session.
    @discardableResult
    mutating func add(at time: Int64, source: Source? = nil, campaign: Source? = nil) -> Bool {
        let last = sessions.count - 1
        let isNewCampaign = startsOnNewCampaign && last >= 0 && campaign != nil && campaign != sessions[last].campaign
        guard last >= 0, time - sessions[last].end <= gap, !isNewCampaign else {
            sessions.append(Session(start: time, end: time, source: source, campaign: campaign))
            return true
        }
        sessions[last].end = time
        sessions[last].events += 1
        if sessions[last].source == nil { sessions[last].source = source }
        if sessions[last].campaign == nil { sessions[last].campaign = campaign }
        return false
    }
}
