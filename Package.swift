// swift-tools-version: 6.2
import PackageDescription

// Every target builds with these; `LMDB` and `Platform` alone may hold unsafe code.
let common: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .treatAllWarnings(as: .error),
]
let safe = common + [.strictMemorySafety()]
// One binary that needs no Swift beside it, and starts in half the time. Linked with Swift's own linker: GNU's warns of Foundation.
let staticRelease = BuildSettingCondition.when(platforms: [.linux], configuration: .release)
let interop = common + [.enableExperimentalFeature("Lifetimes")]

// Builds the API documentation; without RIHLA_DOCS nobody fetches it.
let documentation: [Package.Dependency] =
    Context.environment["RIHLA_DOCS"] == nil
    ? [] : [.package(url: "https://github.com/swiftlang/swift-docc-plugin", exact: "1.5.0")]

let package = Package(
    name: "rihla",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "Rihla", targets: ["Rihla"]),
        .executable(name: "rihla", targets: ["RihlaCLI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ] + documentation,
    targets: [
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"]), .brew(["lmdb"])]),
        .systemLibrary(name: "CPlatform"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .systemLibrary(
            name: "CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]
        ),
        .target(name: "Platform", dependencies: ["CPlatform"], swiftSettings: interop),
        .target(name: "LMDB", dependencies: ["CLMDB", "Platform"], swiftSettings: interop),
        .target(name: "JourneyEvents", swiftSettings: safe),
        .target(
            name: "JourneyYAML",
            dependencies: ["JourneyEvents", .product(name: "Yams", package: "Yams")],
            swiftSettings: safe
        ),
        .target(
            name: "JourneyIngest",
            dependencies: ["JourneyEvents", "JourneyYAML", "CZlib", .product(name: "Yams", package: "Yams")],
            swiftSettings: safe
        ),
        .target(
            name: "JourneyRules",
            dependencies: ["JourneyEvents", "JourneyYAML", .product(name: "Yams", package: "Yams")],
            swiftSettings: safe
        ),
        .target(
            name: "JourneyLog",
            dependencies: ["JourneyEvents", "LMDB", "Platform", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: safe
        ),
        .target(
            name: "JourneyProjections",
            dependencies: ["JourneyEvents", "LMDB", "Platform", "JourneyLog"],
            swiftSettings: safe
        ),
        .target(
            name: "JourneyViews",
            dependencies: [
                "JourneyEvents", "JourneyLog", "JourneyProjections", "JourneyRules",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: safe
        ),
        .target(
            name: "JourneyReport",
            dependencies: ["JourneyEvents", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: safe
        ),
        .target(
            name: "Rihla",
            dependencies: [
                "JourneyEvents", "JourneyIngest", "JourneyRules", "JourneyLog", "JourneyProjections",
                "JourneyViews", "Platform", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: safe
        ),
        .executableTarget(
            name: "RihlaCLI",
            dependencies: [
                "Rihla", "JourneyEvents", "JourneyIngest", "JourneyLog", "JourneyProjections", "JourneyReport",
                "JourneyRules", "JourneyViews", "Platform",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: safe + [.unsafeFlags(["-static-stdlib"], staticRelease)],
            linkerSettings: [.unsafeFlags(["-static-stdlib", "-use-ld=lld"], staticRelease)]
        ),
        .target(
            name: "TestSupport",
            dependencies: ["JourneyEvents", "JourneyLog", "CSQLite"],
            path: "Tests/TestSupport",
            swiftSettings: common
        ),
        .testTarget(name: "PlatformTests", dependencies: ["Platform", "TestSupport"], swiftSettings: common),
        .testTarget(name: "LMDBTests", dependencies: ["LMDB", "Platform", "TestSupport"], swiftSettings: common),
        .testTarget(name: "JourneyEventsTests", dependencies: ["JourneyEvents", "TestSupport"], swiftSettings: common),
        .testTarget(
            name: "JourneyIngestTests",
            dependencies: ["JourneyIngest", "JourneyEvents", "TestSupport"],
            swiftSettings: common
        ),
        .testTarget(
            name: "JourneyRulesTests",
            dependencies: [
                "JourneyRules", "JourneyYAML", "JourneyEvents", "TestSupport", .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: common
        ),
        .testTarget(
            name: "JourneyLogTests",
            dependencies: ["JourneyLog", "JourneyEvents", "LMDB", "Platform", "TestSupport"],
            swiftSettings: common
        ),
        .testTarget(
            name: "JourneyProjectionsTests",
            dependencies: ["JourneyProjections", "JourneyLog", "JourneyEvents", "Platform", "TestSupport"],
            swiftSettings: common
        ),
        .testTarget(
            name: "JourneyViewsTests",
            dependencies: [
                "JourneyViews", "JourneyEvents", "JourneyRules", "JourneyProjections", "JourneyLog", "TestSupport",
            ],
            swiftSettings: common
        ),
        .testTarget(
            name: "JourneyReportTests",
            dependencies: [
                "JourneyReport", "JourneyEvents", "TestSupport", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: common
        ),
        .testTarget(
            name: "RihlaTests",
            dependencies: [
                "Rihla", "JourneyEvents", "JourneyIngest", "JourneyReport", "JourneyRules", "JourneyViews",
                "JourneyLog",
                "JourneyProjections", "TestSupport",
            ],
            swiftSettings: common
        ),
        .testTarget(name: "RihlaCLITests", dependencies: ["RihlaCLI", "TestSupport"], swiftSettings: common),
    ],
    swiftLanguageModes: [.v6]
)
