// The models that weigh the touchpoints of one path, those of the binary and those of the rules, as one kind of value.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyRules

/// A model that weighs the touchpoints of one path.
indirect enum TouchModel {
    case simple(AttributionModel)
    case anchored(AnchoredModel)
    case places(CustomPlaces)
    /// Another model's weights, multiplied by channel code and type.
    case multiplied(TouchModel, CustomMultipliers<UInt32>)

    /// The weights of a path; their sum fits 62 bits.
    func weights(_ path: CreditPath, of record: AttributionRecord) -> CustomWeights {
        switch self {
        case .simple(let model):
            return CustomWeights(
                model.weights(times: path.times, isDirect: path.isDirect, conversion: path.times.last ?? 0)
            )
        case .anchored(let model):
            return CustomWeights(model.weights(count: path.indices.count, anchors: path.anchors))
        case .places(let places):
            return places.weights(count: path.indices.count)
        case .multiplied(let base, let multipliers):
            let touches = path.indices.map { record.touches[$0] }
            var weights = multipliers.weights(
                base: base.weights(path, of: record).weights,
                channels: touches.map(\.channel),
                types: touches.map(\.type)
            )
            weights.weights = WholeWeights.narrowed(weights.weights.map { Int128($0) })
            return weights
        }
    }

    /// The one touchpoint that gets everything, when the model is simple and says so.
    func only(_ path: CreditPath) -> Int? {
        guard case .simple(let model) = self else { return nil }
        return model.only(count: path.indices.count) { path.isDirect[$0] }
    }
}

/// Weights in fewer bits.
enum WholeWeights {
    /// The same proportions, rounded where needed so that they sum to less than 2^62. None must be negative.
    static func narrowed(_ weights: [Int128]) -> [Int64] {
        let sum = weights.reduce(Int128(0), +)
        let excess = 128 - sum.leadingZeroBitCount - 61
        guard excess > 0 else { return weights.map { Int64($0) } }
        let half = Int128(1) << Int128(excess - 1)
        return weights.map { Int64(($0 + half) >> Int128(excess)) }
    }
}

/// A model that a question names.
struct NamedModel {
    enum Kind {
        case touch(TouchModel)
        case markov
        case shapley
    }

    var name: String
    var kind: Kind

    /// Whether it credits channels in total, not conversions.
    var isTotal: Bool {
        switch kind {
        case .touch: false
        case .markov, .shapley: true
        }
    }

    /// Whether paths that led to no conversion have a say.
    var needsNulls: Bool { if case .markov = kind { true } else { false } }
}

extension QueryFrame {
    /// Refuses an order that no chain can have.
    func checkOrder(_ order: Int) throws {
        guard (1...4).contains(order) else {
            throw RihlaError(.usage, "a Markov chain of order \(order) cannot be made", hint: "orders are 1 to 4")
        }
    }

    /// The model with this name, of the binary or of the rules.
    func model(_ name: String) throws -> NamedModel {
        guard let model = try models([name], halfLife: nil).first else { throw unknown("model", name) }
        return model
    }

    /// The models with these names, of the binary or of the rules.
    func models(_ names: [String], halfLife: Int64?) throws -> [NamedModel] {
        try names.map { name in
            try check(
                name,
                "model",
                in: ModelName.allCases.map(\.rawValue) + rules.attribution.custom.keys.sorted()
            )
            if let rule = rules.attribution.custom[name] {
                return NamedModel(name: name, kind: .touch(try custom(rule, halfLife: halfLife)))
            }
            switch ModelName(rawValue: name) {
            case .markov: return NamedModel(name: name, kind: .markov)
            case .shapley: return NamedModel(name: name, kind: .shapley)
            default: return NamedModel(name: name, kind: .touch(try touchModel(name, halfLife: halfLife)))
            }
        }
    }

    private func touchModel(_ name: String, halfLife: Int64?) throws -> TouchModel {
        let known = ModelName(rawValue: name)
        if case .anchored(let model) = known?.kind { return .anchored(model) }
        if let preset = known?.preset { return .simple(preset) }
        guard
            let model = AttributionModel(
                name: name,
                halfLife: halfLife ?? rules.attribution.halfLifeMilliseconds,
                first: rules.attribution.positionFirst,
                last: rules.attribution.positionLast
            )
        else { throw RihlaError(.usage, "the model \(name) does not weigh the touchpoints of one path") }
        return .simple(model)
    }

    private func custom(_ rule: CustomRule, halfLife: Int64?) throws -> TouchModel {
        switch rule {
        case .places(let start, let end, let rest):
            return .places(CustomPlaces(start: start, end: end, rest: rest))
        case .multipliers(let base, let channels, let types):
            // A channel is known by what events say and by what the rules derive; a type by its aliases as well.
            var byChannel: [UInt32: Int64] = [:]
            for (name, factor) in channels {
                if let index = compiled.channelNames.firstIndex(of: name) {
                    byChannel[CompiledRules.derived | UInt32(index)] = factor
                }
                if let symbol = try log.symbol(.channel, name) { byChannel[symbol] = factor }
            }
            var byType: [UInt32: Int64] = [:]
            for (symbol, name) in compiled.typeNames.enumerated() where symbol > 0 {
                byType[UInt32(symbol)] = types[name]
            }
            return .multiplied(
                try touchModel(base, halfLife: halfLife),
                CustomMultipliers(channels: byChannel, types: byType)
            )
        }
    }
}
