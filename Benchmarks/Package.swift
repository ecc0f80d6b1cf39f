// swift-tools-version: 6.2
// A package of its own, so that the store itself does not depend on the benchmark library.
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
]

let package = Package(
    name: "rihla-benchmarks",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(name: "rihla", path: ".."),
        // Without its default traits it needs no jemalloc.
        .package(url: "https://github.com/ordo-one/benchmark", exact: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "JourneyBenchmarks",
            dependencies: [
                .product(name: "Rihla", package: "rihla"),
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/JourneyBenchmarks",
            swiftSettings: settings,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
        // For `pathdata.py`: the Markov model alone, of paths that are there already. Outside Benchmarks/, where the
        // plugin takes every target for one of its own.
        .executableTarget(
            name: "PathMarkov",
            dependencies: [.product(name: "Rihla", package: "rihla")],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
