// The events and the rule behind a value.
internal import ArgumentParser
internal import JourneyViews

struct ExplainCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "The events and the rules behind a value.",
        subcommands: [Stage.self, Score.self, Credit.self, Funnel.self, Deal.self]
    )
    static let examples = [
        "rihla explain stage user_id:u-7 --store rihla-demo",
        "rihla explain credit d-7-won --model linear --store rihla-demo",
    ]

    struct Stage: AsyncParsableCommand, ShowsExamples {
        static let configuration = CommandConfiguration(
            commandName: "stage",
            abstract: "Every event that raised or lowered a customer's stage."
        )
        static let examples = ["rihla explain stage user_id:u-7 --store rihla-demo"]
        @Argument(help: "The customer, `kind:value`; a plain value is a customer_id.")
        var customer: String
        @OptionGroup var read: ReadOptions

        func run() async throws { try await read.ask { _ in .explainStage(customer) } }
    }

    struct Score: AsyncParsableCommand, ShowsExamples {
        static let configuration = CommandConfiguration(
            commandName: "score",
            abstract: "Every event that gives a customer points now, with the rule and the points."
        )
        static let examples = ["rihla explain score user_id:u-7 --store rihla-demo --rules scoring.yaml"]
        @Argument(help: "The customer, `kind:value`; a plain value is a customer_id.")
        var customer: String
        @OptionGroup var read: ReadOptions

        func run() async throws { try await read.ask { _ in .explainScore(customer) } }
    }

    struct Credit: AsyncParsableCommand, ShowsExamples {
        static let configuration = CommandConfiguration(
            commandName: "credit",
            abstract: "The touchpoints, weights and money behind one conversion."
        )
        static let examples = [
            "rihla explain credit d-7-won --model linear --store rihla-demo",
            "rihla explain credit d-7-won --model markov --order 2 --format json --store rihla-demo",
            "rihla explain credit d-7-won --identity as-of-event --store rihla-demo",
        ]
        @Argument(help: "The conversion's event id, or its position.")
        var conversion: String
        @Option(name: .long, help: "The attribution model, of the binary or of the rules.")
        var model = "last"
        @Option(name: .long, help: "How many touchpoints make a state of markov, 1 to 4.")
        var order = 1
        @OptionGroup var identity: IdentityOptions
        @OptionGroup var read: ReadOptions

        func run() async throws {
            try await read.ask { _ in
                .explainCredit(conversion: conversion, model: model, order: order, identity: try identity.view())
            }
        }
    }

    struct Deal: AsyncParsableCommand, ShowsExamples {
        static let configuration = CommandConfiguration(
            commandName: "deal",
            abstract: "Every event that can change a deal's state, stage or amount, with the rule behind it."
        )
        static let examples = ["rihla explain deal d-7 --store rihla-demo"]
        @Argument(help: "The deal's id.")
        var deal: String
        @OptionGroup var read: ReadOptions

        func run() async throws { try await read.ask { _ in .explainDeal(deal) } }
    }

    struct Funnel: AsyncParsableCommand, ShowsExamples {
        static let configuration = CommandConfiguration(
            commandName: "funnel",
            abstract: "The events that make a customer's level in a funnel."
        )
        static let examples = [
            "rihla explain funnel user_id:u-7 --steps page_viewed,deal_created,deal_won --window 90d --store rihla-demo"
        ]
        @Argument(help: "The customer, `kind:value`; a plain value is a customer_id.")
        var customer: String
        @OptionGroup var steps: FunnelOptions
        @OptionGroup var read: ReadOptions

        func run() async throws { try await read.ask { .explainFunnel(customer, try steps.query($0)) } }
    }
}
