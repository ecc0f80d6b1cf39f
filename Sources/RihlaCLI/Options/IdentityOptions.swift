// The option of the commands that join identifiers into journeys.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews

struct IdentityOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "as-of-now: by all links; as-of-event: by those of each reported event's own time, so that later ones change nothing.",
            valueName: "view"
        )
    )
    var identity = IdentityView.asOfNow.rawValue

    /// The view that the option names.
    func view() throws -> IdentityView {
        let word = try OneOf.check(identity, IdentityView.allCases.map(\.rawValue), "--identity")
        return word.flatMap { IdentityView(rawValue: $0) } ?? .asOfNow
    }
}
