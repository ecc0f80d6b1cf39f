// Who writes `import Rihla` can name everything that a store takes and gives: events, append requests, rules, queries.
@_exported public import JourneyEvents
@_exported public import JourneyLog
@_exported public import JourneyRules
@_exported public import JourneyViews
