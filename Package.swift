// swift-tools-version: 6.1
import PackageDescription

// One noun a module, and every arrow points down: this manifest is what enforces it.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("ExistentialAny"),
]
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "unroll",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Unroll", targets: ["Unroll"]),
        .executable(name: "unroll", targets: ["UnrollCommand"]),
        .executable(name: "unroll-bench", targets: ["UnrollBenchmarks"]),
    ],
    dependencies: [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")],
    targets: [
        // C leaves
        .target(name: "CUnrollOpenCL"),
        .target(name: "CUnrollKernelText"),
        .target(name: "CUnrollMicroKernels"),
        // The engine
        .target(
            name: "UnrollCompute", dependencies: ["CUnrollOpenCL", "CUnrollKernelText", "CUnrollMicroKernels"],
            swiftSettings: strict),
        .target(name: "UnrollTensors", dependencies: ["UnrollCompute"], swiftSettings: strict),
        .target(name: "UnrollLayers", dependencies: ["UnrollTensors"], swiftSettings: strict),
        .target(name: "UnrollData", swiftSettings: strict),
        .target(name: "UnrollCharts", dependencies: ["UnrollData"], swiftSettings: strict),
        .target(name: "UnrollTraining", dependencies: ["UnrollLayers", "UnrollData"], swiftSettings: strict),
        .target(
            name: "UnrollModels", dependencies: ["UnrollTraining", "UnrollCharts", "UnrollData"], swiftSettings: strict),
        .target(name: "Unroll", dependencies: ["UnrollModels"], swiftSettings: strict),
        // Executables
        .executableTarget(name: "UnrollCommand", dependencies: ["Unroll", argumentParser], swiftSettings: strict),
        .executableTarget(
            name: "UnrollBenchmarks", dependencies: ["Unroll", "CUnrollMicroKernels", argumentParser],
            path: "Benchmarks",
            exclude: [
                "README.md", "chart.svg", "peers", "reproduce.py", "reproduce.sh", "reproduce_data.py",
                "reproduce_rows.py",
            ],
            swiftSettings: strict),
        // Tests
        .target(name: "UnrollTestSupport", dependencies: ["Unroll"], path: "Tests/Support", swiftSettings: strict),
        .testTarget(
            name: "UnrollComputeTests", dependencies: ["UnrollTestSupport", "CUnrollMicroKernels"],
            swiftSettings: strict),
        .testTarget(name: "UnrollTensorsTests", dependencies: ["UnrollTestSupport"], swiftSettings: strict),
        .testTarget(
            name: "UnrollLayersTests", dependencies: ["UnrollTestSupport"], exclude: ["Fixtures"], swiftSettings: strict
        ),
        .testTarget(
            name: "UnrollDataTests", dependencies: ["UnrollTestSupport"], exclude: ["Fixtures"], swiftSettings: strict),
        .testTarget(
            name: "UnrollChartsTests", dependencies: ["UnrollTestSupport"], exclude: ["Fixtures"], swiftSettings: strict
        ),
        .testTarget(
            name: "UnrollTrainingTests", dependencies: ["UnrollTestSupport"], exclude: ["Fixtures"],
            swiftSettings: strict),
        .testTarget(
            name: "UnrollModelsTests", dependencies: ["UnrollTestSupport", "CUnrollOpenCL"], exclude: ["Fixtures"],
            swiftSettings: strict),
        // These run the built programs.
        .testTarget(
            name: "UnrollCommandTests", dependencies: ["UnrollTestSupport", "UnrollCommand", "UnrollBenchmarks"],
            swiftSettings: strict),
    ]
)
