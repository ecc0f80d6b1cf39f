// Conversions for advertisers. What to tell is what differs between two points of view on the same events, what was known at
// a position and what is known now: late events, links of identifiers and refunds are in it, and nothing is told twice.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    static let audiences = ["google", "meta", "generic"]

    /// The export; `before` is what was known at the position that the question names, nil for nothing.
    func conversions(_ query: ConversionQuery, before: QueryFrame?) throws -> Answer {
        try check(query.audience, "audience of conversions", in: QueryFrame.audiences)
        switch query.audience {
        case "google": return try conversions(query, before: before, GoogleForm())
        case "meta":
            try check(query.actionSource, "action source of Meta", in: MetaForm.actionSources)
            let form = MetaForm(actionSource: query.actionSource, resolved: rules.resolved)
            return try conversions(query, before: before, form)
        default: return try conversions(query, before: before, GenericForm())
        }
    }

    private func conversions<Form: ConversionForm>(_ query: ConversionQuery, before: QueryFrame?, _ form: Form) throws
        -> Answer
    {
        let definitions = try definitions(query.conversion)
        let lookback = query.lookbackMilliseconds ?? rules.attribution.lookbackMilliseconds
        let now = try knownConversions(definitions, lookback: lookback)
        let then = try before?.knownConversions(definitions, lookback: lookback) ?? [:]
        let period = (query.from?.rawValue ?? .min)..<max(query.from?.rawValue ?? .min, query.to?.rawValue ?? .max)
        var (skipped, unadjusted) = (0, 0)
        var changes: [(change: ConversionEntry.Change, known: KnownConversion, previous: String?)] = []
        for position in Set(now.keys).union(then.keys) {
            guard let known = now[position] ?? then[position], period.contains(known.conversion.at) else { continue }
            let isGone = now[position].map(\.isGone) ?? true
            guard let told = then[position], Form.takes(told), !told.isGone else {
                if isGone { continue }
                if Form.takes(known) { changes.append((.conversion, known, nil)) } else { skipped += 1 }
                continue
            }
            guard isGone || known.worthText != told.worthText else { continue }
            guard Form.adjusts(told) else {
                unadjusted += 1
                continue
            }
            changes.append((isGone ? .retraction : .restatement, known, told.value))
        }
        let entries = try entries(changes, after: query.after)
        var answer = Answer("conversions")
        let told = entries.filter { $0.change == .conversion }.map { form.conversion($0) }
        let adjusted = entries.filter { $0.change != .conversion }.map { form.adjustment($0) }
        answer.columns = Form.columns.map { .init($0) }
        if Form.columns.isEmpty {
            answer.columns = [.init("event")]
            answer.rowsAreObjects = true
            answer.rows = told.map { [$0] }
        } else {
            // Where both have the same columns they are one list.
            let rows = Form.columns == Form.adjustmentColumns ? told + adjusted : told
            answer.rows = rows.map { row in Form.columns.map { row[$0] ?? .null } }
        }
        answer.payload = [
            .init("for", .string(query.audience)), .init("after", .count(query.after.rawValue)),
            .init("next", .count(through.rawValue)), .init("lookback_seconds", .double(Double(lookback) / 1_000)),
            .init("conversions", .array(told)), .init("adjustments", .array(adjusted)),
            .init("skipped", .count(skipped)), .init("unadjusted", .count(unadjusted)),
        ]
        answer.notes = ["\(told.count) conversions, \(adjusted.count) adjustments"]
        if skipped > 0 {
            answer.warnings.append(
                .init(code: "no_identifier", message: "conversions left out: \(Form.needs)", count: skipped)
            )
        }
        if unadjusted > 0 {
            answer.warnings.append(
                .init(code: "unadjusted", message: "changes left out: \(Form.doesNotAdjust)", count: unadjusted)
            )
        }
        return answer
    }

    /// The entries in order of their conversions.
    private func entries(
        _ changes: [(change: ConversionEntry.Change, known: KnownConversion, previous: String?)],
        after: Position
    ) throws -> [ConversionEntry] {
        let sorted = changes.sorted { a, b in
            let (p, q) = (a.known.conversion, b.known.conversion)
            return p.at != q.at ? p.at < q.at : p.position < q.position
        }
        let positions = sorted.map(\.known.conversion.position)
        let events = Dictionary(
            uniqueKeysWithValues: try log.events(at: positions.sorted()).map { ($0.position.rawValue, $0) }
        )
        let customers = try texts(.customer, sorted.map(\.known.person))
        return try sorted.compactMap { change, known, previous in
            let conversion = known.conversion
            guard let event = events[conversion.position] else { return nil }
            // The newest event that had a say in it; what came of identities or of other events is known since the head.
            let causes = [conversion.position, conversion.amountPosition] + conversion.changes.map(\.position)
            let newest = causes.filter { $0 > after.rawValue && $0 <= through.rawValue }.max() ?? through.rawValue
            return ConversionEntry(
                change: change,
                known: known,
                event: event,
                definition: rules.conversions[conversion.definition].name,
                customer: customers[known.person],
                changedAt: newest == 0 ? event.recordedAt : try log.recordedAt(Position(newest)),
                previous: previous
            )
        }
    }
}
