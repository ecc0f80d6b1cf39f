// What a customer looked at, downloaded, watched, clicked and used; by which channels; and what marketing has promised.
internal import JourneyEvents

/// Interests, touchpoints and promises of one customer.
struct BriefInterests {
    private struct Subject: Hashable, Comparable {
        var kind: String
        var what: String
        static func < (a: Subject, b: Subject) -> Bool { (a.kind, a.what) < (b.kind, b.what) }
    }

    /// More interests than these are only counted.
    private static let most = 20

    private var subjects = Tally<Subject>()
    private var titles: [Subject: String] = [:]
    private var channels = Tally<String>()
    private var campaigns = Tally<String>()
    private var messages = Tally<String>()

    /// - Parameter isSales: Whether the event is one of sales, whose messages nobody has to be told.
    mutating func add(_ event: BriefEvent, isSales: Bool) {
        if let subject = BriefInterests.subject(event) {
            subjects.add(subject, event.at)
            if let title = event.text("title") { titles[subject] = title }
        }
        if event.facts.isTouch {
            channels.add(event.facts.channel ?? "(none)", event.at)
            if let campaign = event.event.campaign { campaigns.add(campaign, event.at) }
        }
        guard !isSales else { return }
        for message in event.texts("messages") { messages.add(message, event.at) }
    }

    private static func subject(_ event: BriefEvent) -> Subject? {
        func subject(_ kind: String, _ what: String?) -> Subject? { what.map { Subject(kind: kind, what: $0) } }
        switch event.type {
        case "page_viewed": return subject("page", event.address("url"))
        case "content_downloaded": return subject("content", event.text("content_id") ?? event.address("url"))
        case "video_watched": return subject("video", event.text("content_id") ?? event.address("url"))
        case "email_clicked": return subject("email_link", event.address("url") ?? event.event.campaign)
        case "product_used": return subject("product", event.text("feature"))
        case "form_submitted": return subject("form", event.text("form_id"))
        case "event_attended": return subject("event", event.text("event_id"))
        case "chat_started": return subject("topic", event.text("topic"))
        default: return nil
        }
    }

    var interests: [JSONValue.Member] {
        let ranked = subjects.ranked
        let list = ranked.prefix(BriefInterests.most).map { entry in
            JSONValue.object([
                .init("kind", .string(entry.key.kind)), .init("what", .string(entry.key.what)),
                .init("title", .text(titles[entry.key])), .init("count", .count(entry.count)),
                .init("last_at", .time(Timestamp(milliseconds: entry.last))),
            ])
        }
        return [.init("interests_total", .count(ranked.count)), .init("interests", .array(list))]
    }

    var channelList: JSONValue { BriefInterests.list(channels, "channel") }
    var campaignList: JSONValue { BriefInterests.list(campaigns, "campaign") }
    var messageList: JSONValue { BriefInterests.list(messages, "message") }

    private static func list(_ tally: Tally<String>, _ name: String) -> JSONValue {
        .array(
            tally.ranked.map {
                .object([
                    .init(name, .string($0.key)), .init("count", .count($0.count)),
                    .init("last_at", .time(Timestamp(milliseconds: $0.last))),
                ])
            }
        )
    }
}
