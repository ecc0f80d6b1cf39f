// What a rule set says about identity, in the words of the engine.
internal import JourneyEvents
public import JourneyProjections
public import JourneyRules

extension RuleSet {
    /// Which event types say who is who, and the limits of persons.
    public var identityRules: IdentityRules {
        var meanings: [String: IdentityRules.Meaning] = [:]
        for (name, type) in types {
            switch type.effect {
            case .identityLinked: meanings[name] = .link
            case .identityUnlinked: meanings[name] = .unlink
            case .identityBlocked: meanings[name] = .block
            default: break
            }
        }
        for (alias, name) in aliases { meanings[alias] = meanings[name] }
        return IdentityRules(
            meanings: meanings,
            limits: IdentityLimits(most: identity.limits, blocked: identity.blocked)
        )
    }
}
