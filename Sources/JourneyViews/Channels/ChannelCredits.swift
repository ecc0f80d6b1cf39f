// How one model shares a conversion, or reaching a milestone, among channels.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyRules

/// Shares by number of channel.
struct ChannelCredits {
    /// One channel's part.
    struct Share {
        /// Number of the channel; nil for what no touchpoint earned.
        var key: Int?
        var weight: Int64
        /// The sum of all weights.
        var total: Int64
        /// Millionths of the conversion's currency.
        var credit: Int128
    }

    let keys: CreditKeys
    private let model: TouchModel
    private var path: CreditPath

    /// Shares by a model that weighs the touchpoints of one path.
    init(_ frame: QueryFrame, _ model: TouchModel) throws {
        self.model = model
        keys = try CreditKeys.channels(frame.log, frame.compiled)
        path = frame.channelPath(keys)
    }

    /// What a change in the worth of a conversion gives to each touchpoint's channel, in order of the path.
    mutating func shares(
        of conversion: AttributionRecord.Conversion,
        in record: AttributionRecord,
        _ change: WorthChange
    ) -> [Share] {
        path.fill(record, conversion) { [keys] in keys.rank(keys.index($0)) }
        guard !path.indices.isEmpty else { return [Share(key: nil, weight: 1, total: 1, credit: change.micros)] }
        let weights = model.weights(path, of: record).weights
        let credits = change.credits(weights)
        let total = weights.reduce(0, +)
        return path.indices.enumerated().map { index, touch in
            Share(
                key: keys.index(record.touches[touch]),
                weight: weights[index],
                total: total,
                credit: credits[index]
            )
        }
    }

    func name(_ key: Int?) -> String { key.map { keys.name($0) } ?? CreditKeys.unattributed }
}
