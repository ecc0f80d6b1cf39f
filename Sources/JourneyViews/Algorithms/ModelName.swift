// Every attribution model by name, so that the command line, help and reports list the same ones.

/// The name of an attribution model on the command line.
package enum ModelName: String, CaseIterable, Hashable, Sendable {
    case first
    case last
    case lastNonDirect = "last-non-direct"
    case linear
    case position
    case timeDecay = "time-decay"
    case uShaped = "u-shaped"
    case wShaped = "w-shaped"
    case fullPath = "full-path"
    case jShaped = "j-shaped"
    case inverseJ = "inverse-j"
    case markov
    case shapley

    /// All names, for help texts.
    package static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }

    /// What the model does, in one sentence for help texts.
    package var summary: String {
        switch self {
        case .first: "All credit to the first touch."
        case .last: "All credit to the last touch."
        case .lastNonDirect: "All credit to the last touch that is not direct, or to the last when all are."
        case .linear: "The same credit to every touch."
        case .position:
            "40 % each to the first and the last touch, the rest evenly to those between, unless set otherwise."
        case .timeDecay: "Credit halves with each half-life (7 days unless set otherwise) between touch and conversion."
        case .uShaped: "40 % each to the first touch and the one at lead creation, 20 % to the others."
        case .wShaped: "30 % each to the first touch and those at lead and deal creation, 10 % to the others."
        case .fullPath:
            "22.5 % each to the first touch and those at lead creation, deal creation and close, 10 % to the others."
        case .jShaped: "60 % to the last touch, 20 % to the first, the rest evenly to those between."
        case .inverseJ: "60 % to the first touch, 20 % to the last, the rest evenly to those between."
        case .markov:
            "Credit by how much less often journeys would convert if the channel led nowhere (removal effect)."
        case .shapley: "Each conversion shared evenly by the distinct channels of its path (Shapley value)."
        }
    }

    /// How the model works, and with it what it needs to know.
    package enum Kind: Hashable, Sendable {
        /// It weighs the touches of one path by their times and places alone.
        case path
        /// It weighs the touches of one path, and needs to know the milestones.
        case anchored(AnchoredModel)
        /// It is made of all paths, and credits channels in total, not conversions.
        case total
    }

    /// How the model works.
    package var kind: Kind {
        switch self {
        case .first, .last, .lastNonDirect, .linear, .position, .timeDecay, .jShaped, .inverseJ: .path
        case .uShaped: .anchored(.uShaped)
        case .wShaped: .anchored(.wShaped)
        case .fullPath: .anchored(.fullPath)
        case .markov, .shapley: .total
        }
    }

    /// The position model with the shares of this name: J-shaped and inverse J are presets of it.
    package var preset: AttributionModel? {
        switch self {
        case .jShaped: .position(first: 200_000_000, last: 600_000_000)
        case .inverseJ: .position(first: 600_000_000, last: 200_000_000)
        default: nil
        }
    }
}
