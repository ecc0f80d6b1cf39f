// What a report on bottlenecks asks for.
public import JourneyEvents

/// Where journeys take long and where they end.
public struct BottleneckQuery: Sendable {
    /// `stages` (of the lifecycle), `deals` (stages of pipelines) or `types` (of events).
    public var over: String = "stages"
    /// Event types to look at, over types; empty for all.
    public var types: [String] = []
    /// At most so many of the most frequent ways from beginning to end.
    public var variants: Int = 10
    /// Whether the rows are the ways from step to step, and not the steps.
    public var showsEdges = false
    /// Cases that began from this instant.
    public var from: Timestamp?
    /// Cases that began before this instant.
    public var to: Timestamp?
    /// The stages of the lifecycle.
    public init() {}

    /// The views that it reads.
    var views: [String] {
        switch over {
        case "deals": ["deals"]
        case "types": []
        default: ["customers"]
        }
    }
}
