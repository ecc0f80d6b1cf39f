// Who is who by one set of rules: what engine and workers ask the ledger with.
public import JourneyLog

/// A ledger with the rules that it is read by.
public struct IdentityResolver: Sendable {
    /// The statements.
    public let ledger: IdentityLedger
    /// What they mean.
    public let rules: IdentityRules

    init(_ rules: IdentityRules) {
        ledger = IdentityLedger()
        self.rules = rules
    }

    private init(_ ledger: IdentityLedger, _ rules: IdentityRules) {
        self.ledger = ledger
        self.rules = rules
    }

    /// The same statements by other rules.
    public func with(_ rules: IdentityRules) -> IdentityResolver { IdentityResolver(ledger, rules) }

    /// Who is who inside bounds.
    public func map(_ log: LogSnapshot, _ bounds: EventBounds) throws -> IdentityMap {
        try ledger.map(log, bounds, rules)
    }

    /// As ``map(_:_:)`` for a read model of customers; for others everybody is who they say.
    func map(for projection: any Projection, _ log: LogSnapshot, _ bounds: EventBounds) throws -> IdentityMap {
        projection.key == .customer ? try map(log, bounds) : IdentityMap()
    }

    /// What a stored view of a read model must have been made with.
    func definition(of projection: any Projection) -> String {
        projection.key == .customer ? projection.definition + "-" + rules.digest : projection.definition
    }
}
