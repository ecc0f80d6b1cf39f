// Options of the commands that look at the paths before conversions.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews

struct PathOptions: ParsableArguments {
    @Option(name: .long, help: "channel, campaign, source-medium or type.")
    var by = "channel"
    @Option(
        name: .long,
        help: ArgumentHelp("One conversion definition or event type (default: all).", valueName: "name")
    )
    var conversion: String?
    @Option(
        name: .long,
        help: ArgumentHelp("Look-back window, 0 for no limit (default: the rules').", valueName: "duration")
    )
    var lookback: String?
    @Option(
        name: .long,
        help: "overlap: a touchpoint may serve many conversions; reset: a path starts after the one before."
    )
    var path: String?
    @Option(name: .long, help: "drop direct touchpoints unless all are direct, or keep them.")
    var direct: String?
    @Option(
        name: .long,
        help: ArgumentHelp(
            "What to leave out of paths, in this order: none, exposure, first, 'remove_if_not_all(KEY)', "
                + "'remove_if_last_and_not_all(KEY)'.",
            valueName: "a,b"
        )
    )
    var transform: String?
    @Flag(name: .long, help: "Count paths that may still lead to a conversion as ones that did not.")
    var countPendingAsNull = false
    @OptionGroup var identity: IdentityOptions

    /// The question that these options ask.
    func query(_ range: RangeOptions, _ times: TimeText) throws -> AttributionQuery {
        var query = AttributionQuery()
        query.by = by
        query.conversion = conversion
        query.lookbackMilliseconds = try lookback.map { try TimeText.duration($0, "--lookback") }
        query.path = try OneOf.check(path, ["overlap", "reset"], "--path")
        query.direct = try OneOf.check(direct, ["drop", "keep"], "--direct")
        query.transforms = transform?.split(separator: ",").map { String($0).trimmingWhitespace() }
        query.countsPendingAsNull = countPendingAsNull ? true : nil
        query.identity = try identity.view()
        query.from = try times.optional(range.from, "--from")
        query.to = try times.optional(range.to, "--to")
        return query
    }
}
