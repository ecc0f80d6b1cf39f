// Folds use their memory again for the next key. What one very large key took is given back instead.

extension Dictionary {
    /// A table with more room than that is not kept: clearing it takes time by its room and not by what is in it, and every key
    /// that comes after would pay for the one that needed it.
    private static var mostKept: Int { 1_024 }

    /// Forgets everything, and keeps the memory when it is little.
    mutating func restart() {
        if isEmpty { return }
        if capacity > Self.mostKept { self = [:] } else { removeAll(keepingCapacity: true) }
    }
}
