// What using a store costs. Each benchmark states its question; data and machine are the same for all: journeys from a fixed
// seed, 100,000 events of 10,000 customers where a store is filled, and whatever this runs on.
import Benchmark
import Rihla

private func configuration(filled: Bool, seconds: Int = 5) -> Benchmark.Configuration {
    Benchmark.Configuration(
        metrics: [.wallClock, .cpuTotal, .throughput, .peakMemoryResident],
        warmupIterations: 1,
        maxDuration: .seconds(seconds),
        setup: { try await ScratchStore.shared.open(filled: filled) },
        teardown: { try await ScratchStore.shared.close() }
    )
}

let benchmarks: @Sendable () -> Void = {
    // How long does it take to read and check a file, before a store costs anything?
    Benchmark("Scan 100k NDJSON lines", configuration: configuration(filled: false)) { benchmark in
        let store = try await ScratchStore.shared.store()
        let input = try await ScratchStore.shared.input()
        var options = IngestOptions()
        options.dryRun = true
        benchmark.startMeasurement()
        let summary = try await store.ingest([input], options: options)
        benchmark.stopMeasurement()
        precondition(summary.accepted == ScratchStore.size, "\(summary.rejected) lines were refused")
    }

    // How long does a writer wait until one event is safe? And how much less is it for each of a thousand?
    for size in [1, 1_000] {
        Benchmark("Append \(size), durable", configuration: configuration(filled: false)) { benchmark in
            let store = try await ScratchStore.shared.store()
            let events = try await ScratchStore.shared.events(size)
            benchmark.startMeasurement()
            blackHole(try await store.append(events))
            benchmark.stopMeasurement()
        }
    }

    // How long does it take to make all read models anew?
    Benchmark("Rebuild views of 100k events", configuration: configuration(filled: true)) { _ in
        blackHole(try await ScratchStore.shared.store().rebuild())
    }

    // How long does a question take that stored views cannot answer, because it asks what was known at half the log?
    Benchmark("Stages as at 50k of 100k events", configuration: configuration(filled: true)) { _ in
        var bounds = QueryBounds()
        bounds.asAt = .position(Position(UInt64(ScratchStore.size / 2)))
        blackHole(try await ScratchStore.shared.store().answer(.stages, bounds: bounds).json)
    }

    // How long does the page of the busiest customer take, from question to JSON?
    Benchmark("Timeline of a customer", configuration: configuration(filled: true)) { _ in
        let question = Query.timeline(
            .customer(GeneratedJourneys.busiestCustomer),
            from: nil,
            to: nil,
            limit: nil
        )
        blackHole(try await ScratchStore.shared.store().answer(question).json)
    }

    // How long does it take to share the value of 2,000 conversions among their touchpoints, exactly?
    Benchmark("Linear attribution over 100k events", configuration: configuration(filled: true)) { _ in
        var question = AttributionQuery()
        question.models = ["linear"]
        blackHole(try await ScratchStore.shared.store().answer(.attribution(question)).json)
    }
}
