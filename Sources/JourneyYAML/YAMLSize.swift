// How many values a document has and how deep they lie, once aliases stand for what they name. It is counted on the tree of the
// document with its aliases still names, so nothing is counted that is not written.
internal import Yams

struct YAMLSize {
    /// What a value is with everything in it.
    private struct Extent {
        /// Values, aliases counted as what they name.
        var values = 1
        /// Levels of lists and mappings.
        var levels = 0
    }
    /// The values that aliases may name, by their anchors; a later one takes the name over.
    private var anchors: [String: Extent] = [:]
    /// Values that are written.
    private var written = 0

    /// Refuses a document that is too deep or grows too much.
    mutating func check(_ root: Node) throws(YAMLFault) {
        let extent = try self.extent(root, level: 0)
        guard extent.values <= YAMLText.maximumGrowth * written else {
            throw growth(root)
        }
    }

    private func growth(_ node: Node) -> YAMLFault {
        YAMLFault(
            node.mark,
            "its aliases stand for more than \(YAMLText.maximumGrowth) times the values that are written"
        )
    }

    private mutating func extent(_ node: Node, level: Int) throws(YAMLFault) -> Extent {
        written += 1
        // Each value takes a byte at least, but for those that a key or a dash leaves out.
        guard written <= 2 * YAMLText.maximumBytes else { throw growth(node) }
        var extent = Extent()
        var children: [(node: Node, isKey: Bool)] = []
        switch node {
        case .scalar(let scalar):
            if scalar.style == .plain, let name = YAMLOutline.alias(in: scalar.string), let named = anchors[name] {
                extent = named
            }
        case .mapping(let mapping):
            extent.levels = 1
            for (key, value) in mapping { children += [(key, true), (value, false)] }
        case .sequence(let sequence):
            extent.levels = 1
            children = sequence.map { ($0, false) }
        case .alias: break
        }
        try checkDepth(node, level + extent.levels)
        for child in children {
            let inner = try self.extent(child.node, level: level + 1)
            guard !child.isKey || inner.levels == 0 else { throw YAMLOutline.keyFault(child.node.mark) }
            // Far above every bound, and far from an overflow.
            extent.values = min(extent.values + inner.values, 1 << 40)
            extent.levels = max(extent.levels, inner.levels + 1)
        }
        if let anchor = node.anchor { anchors[anchor.rawValue] = extent }
        return extent
    }

    private func checkDepth(_ node: Node, _ levels: Int) throws(YAMLFault) {
        guard levels > YAMLText.maximumDepth else { return }
        throw YAMLFault(node.mark, "nested deeper than \(YAMLText.maximumDepth) levels")
    }
}
