// A rebuild folds a hundred thousand keys: memory that each of them needs is made once and used again.
public import JourneyLog

/// Folds one key after the other, with memory that it uses again for each. One is made for a run of folds by
/// ``Projection/folder(_:)`` and used by one task.
public protocol RowFolder: AnyObject {
    /// Appends the row of one key to `row`, as ``Projection/row(for:events:properties:)`` would give it. Nothing of the keys
    /// before it may show, not even after one whose fold threw an error.
    ///
    /// - Parameters:
    ///   - key: The symbol of the customer or deal.
    ///   - events: All of its events in journey order; never empty.
    ///   - row: Where to append; what is there is not the fold's.
    /// - Returns: Whether the key has a row. What was appended for one that has none, or before an error, is taken back.
    func fold(_ key: UInt32, _ events: ArraySlice<FoldEvent>, into row: inout [UInt8]) throws -> Bool
}

extension RowFolder {
    /// The row of one key by itself; nil for none.
    public func row(for key: UInt32, events: ArraySlice<FoldEvent>) throws -> [UInt8]? {
        var row: [UInt8] = []
        return try fold(key, events, into: &row) ? row : nil
    }
}

/// Folds each key by itself: what a projection does that needs no more.
public final class SingleRowFolder<P: Projection>: RowFolder {
    private let projection: P
    private let properties: PropertyTable

    /// A folder of a projection's rows.
    public init(_ projection: P, _ properties: PropertyTable) {
        (self.projection, self.properties) = (projection, properties)
    }

    /// Appends the row that the projection gives.
    public func fold(_ key: UInt32, _ events: ArraySlice<FoldEvent>, into row: inout [UInt8]) throws -> Bool {
        guard let bytes = try projection.row(for: key, events: events, properties: properties) else { return false }
        row += bytes
        return true
    }
}
