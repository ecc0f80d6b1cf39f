// One import gives users of the library every type that its interface speaks of.
@_exported public import JourneyEvents
@_exported public import JourneyLog
@_exported public import JourneyProjections
@_exported public import JourneyRules
@_exported public import JourneyViews
