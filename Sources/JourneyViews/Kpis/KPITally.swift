// What is counted of a period for the key figures: of all, of one segment of customers, or of nobody's events.
internal import JourneyEvents

/// A stage of a pipeline.
struct PipelineStage: Hashable {
    var pipeline: String
    var stage: String
}

/// Counts of one period, which add up.
struct KPITally {
    var customers = 0
    var impressions = 0
    var nobodyWeb = 0
    var visits = 0
    var visitors = 0
    var newAudience = 0
    var engaged = 0
    var dwell = Distribution()
    var delivered = 0
    var opened = 0
    var clicked = 0
    var mqls = 0
    var qualifiedVisitors = 0
    var buyers = 0
    var repeatBuyers = 0
    var loyal = 0
    var dealsWon = 0
    var dealsLost = 0
    var won = MoneySum()
    var wonCounts: [Currency: Int] = [:]
    var closeTimes = Distribution()
    var orders = 0
    var orderGross = MoneySum()
    var orderNet = MoneySum()
    var orderCounts: [Currency: Int] = [:]
    var retainable = 0
    var retained = 0
    var customersAtStart = 0
    var lost = 0
    var revenueIn = MoneySum()
    var revenueBack = MoneySum()
    var marketingRevenue = MoneySum()
    var stages: [PipelineStage: (advanced: Int, left: Int)] = [:]
    /// By lifecycle stage: who reached it in the period, and how many of them the next one too.
    var lifecycle: [(reached: Int, advanced: Int)]
    var spend = MoneySum()
    var newCustomers = 0
    var dealsCreated = 0
    var created = MoneySum()
    var marketingDeals = 0
    var marketingCreated = MoneySum()
    var sla = KPIHandOffs.Counts()

    init(stages: Int) { lifecycle = Array(repeating: (0, 0), count: stages) }

    mutating func add(_ other: KPITally) {
        let counts: [WritableKeyPath<KPITally, Int>] = [
            \.customers, \.impressions, \.nobodyWeb, \.visits, \.visitors, \.newAudience, \.engaged, \.delivered,
            \.opened, \.clicked, \.mqls, \.qualifiedVisitors, \.buyers, \.repeatBuyers, \.loyal, \.dealsWon,
            \.dealsLost, \.orders, \.retainable, \.retained, \.customersAtStart, \.lost, \.newCustomers,
            \.dealsCreated, \.marketingDeals,
        ]
        for count in counts { self[keyPath: count] += other[keyPath: count] }
        let sums: [WritableKeyPath<KPITally, MoneySum>] = [
            \.won, \.orderGross, \.orderNet, \.revenueIn, \.revenueBack, \.marketingRevenue, \.spend, \.created,
            \.marketingCreated,
        ]
        for sum in sums { self[keyPath: sum].add(other[keyPath: sum]) }
        dwell.add(other.dwell)
        closeTimes.add(other.closeTimes)
        wonCounts.merge(other.wonCounts) { $0 + $1 }
        orderCounts.merge(other.orderCounts) { $0 + $1 }
        stages.merge(other.stages) { ($0.advanced + $1.advanced, $0.left + $1.left) }
        for index in lifecycle.indices {
            lifecycle[index].reached += other.lifecycle[index].reached
            lifecycle[index].advanced += other.lifecycle[index].advanced
        }
        sla.add(other.sla)
    }

    /// The figures in their order. Spend is nobody's: what depends on it is unknown of a segment.
    func figures(_ pipelines: [PipelineStage], _ lifecycleNames: [String], isSegment: Bool) -> [KPIFigure] {
        var figures: [KPIFigure] = [
            .init(.marketing, "impressions", .count(impressions)), .init(.marketing, "visits", .count(visits)),
            .init(.marketing, "visitors", .count(visitors)),
            .init(.marketing, "web_events_of_nobody", isSegment ? .unknown : .count(nobodyWeb)),
            .init(.marketing, "new_audience", .count(newAudience)),
            .init(.marketing, "engagement_rate", .share(engaged, of: visits)),
            .init(.marketing, "dwell_seconds", .durations(dwell)),
            .init(.marketing, "email_delivered", .count(delivered)),
            .init(.marketing, "email_open_rate", .share(opened, of: delivered)),
            .init(.marketing, "email_click_rate", .share(clicked, of: delivered)),
            .init(.marketing, "mqls", .count(mqls)),
            .init(.marketing, "mql_share", .share(qualifiedVisitors, of: visitors)),
            .init(.marketing, "loyalty", .share(repeatBuyers, of: buyers)),
            .init(.marketing, "loyal_customers", .count(loyal)),
            .init(.sales, "deals_won", .count(dealsWon)), .init(.sales, "deals_lost", .count(dealsLost)),
            .init(.sales, "win_rate", .share(dealsWon, of: dealsWon + dealsLost)),
            .init(.sales, "won_amount", .money(won)), .init(.sales, "average_deal", .average(won, over: wonCounts)),
            .init(.sales, "orders", .count(orders)),
            .init(.sales, "average_order_gross", .average(orderGross, over: orderCounts)),
            .init(.sales, "average_order_net", .average(orderNet, over: orderCounts)),
            .init(.sales, "time_to_close_seconds", .durations(closeTimes)),
            .init(.sales, "retention", .share(retained, of: retainable)),
            .init(.sales, "churn", .share(lost, of: customersAtStart)),
            .init(.sales, "revenue", .net(revenueIn, back: revenueBack)),
        ]
        figures += pipelines.map { place in
            let moves = stages[place] ?? (0, 0)
            return KPIFigure(
                .sales,
                "stage \(place.pipeline)/\(place.stage)",
                in: "stages",
                [.init("pipeline", .string(place.pipeline)), .init("stage", .string(place.stage))],
                .share(moves.advanced, of: moves.left)
            )
        }
        figures += zip(lifecycleNames, lifecycleNames.dropFirst()).enumerated().map { index, names in
            KPIFigure(
                .shared,
                "\(names.0) to \(names.1)",
                in: "lifecycle",
                [.init("from", .string(names.0)), .init("to", .string(names.1))],
                .share(lifecycle[index].advanced, of: lifecycle[index].reached)
            )
        }
        var revenue = revenueIn
        revenue.add(revenueBack)
        return figures + [
            .init(.shared, "new_customers", .count(newCustomers)),
            .init(.shared, "spend", isSegment ? .unknown : .money(spend)),
            .init(.shared, "acquisition_cost", isSegment ? .unknown : .cost(spend, of: newCustomers)),
            .init(.shared, "deals_created", .count(dealsCreated)), .init(.shared, "pipeline_created", .money(created)),
            .init(.shared, "pipeline_from_marketing", .money(marketingCreated)),
            .init(.shared, "deals_from_marketing", .share(marketingDeals, of: dealsCreated)),
            .init(.shared, "revenue_from_marketing", .money(marketingRevenue)),
            .init(.shared, "revenue_share_from_marketing", .moneyShare(marketingRevenue, of: revenue)),
            .init(.shared, "sla_kept", .share(sla.both.met, of: sla.both.decided)),
            .init(.shared, "sla_accept_kept", .share(sla.accept.met, of: sla.accept.decided)),
            .init(.shared, "sla_contact_kept", .share(sla.contact.met, of: sla.contact.decided)),
            .init(.shared, "sla_open", .count(sla.both.open)),
        ]
    }
}
