// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// Tests are not what is fast: where all is built optimised (`script/test`), they are not. What all of them call is: clients, servers that stand in, seeds.
let tests: [SwiftSetting] = strict + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

/// A Debian library, seen through a module map and nothing else.
func system(_ name: String, pkgConfig: String? = nil) -> Target {
    .systemLibrary(name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig)
}

/// A C++ library behind a C header, so that Swift sees functions and plain structs only.
func shim(_ name: String, links library: String) -> Target {
    .target(
        name: name, path: "Sources/CLibraries/\(name)",
        linkerSettings: [.linkedLibrary(library)])
}

let package = Package(
    name: "Till",
    products: [
        .executable(name: "till", targets: ["till"]),
        .executable(name: "till-generate", targets: ["till-generate"]),
    ],
    targets: [
        system("CZstd", pkgConfig: "libzstd"),
        system("CSnappy"),
        system("CZlib", pkgConfig: "zlib"),
        system("CLZ4", pkgConfig: "liblz4"),
        system("CBrotli", pkgConfig: "libbrotlienc"),
        system("CSQLite", pkgConfig: "sqlite3"),
        system("CMicrohttpd", pkgConfig: "libmicrohttpd"),
        system("CGnuTLS", pkgConfig: "gnutls"),
        system("CNettle", pkgConfig: "nettle"),
        system("CCurl", pkgConfig: "libcurl"),
        system("CXML2", pkgConfig: "libxml-2.0"),
        system("CXlsxWriter"),
        system("CEpoll"),
        system("CMalloc"),
        system("CLinux"),
        system("CCarryless"),
        system("CPrefetch"),
        shim("CRE2", links: "re2"),
        shim("CSimdJSON", links: "simdjson"),
        .target(
            name: "CICU", path: "Sources/CLibraries/CICU",
            linkerSettings: [.linkedLibrary("icui18n"), .linkedLibrary("icuuc")]),
        .target(name: "CConsole", path: "Sources/CLibraries/CConsole"),
        .target(name: "CArguments", path: "Sources/CLibraries/CArguments"),
        .target(name: "CMapFaults", path: "Sources/CLibraries/CMapFaults"),

        .target(name: "ColumnStore", dependencies: ["CZstd", "CSnappy", "CZlib", "CLZ4", "CBrotli", "CNettle", "CCurl", "CMalloc", "CLinux", "CCarryless"], swiftSettings: strict),
        .target(name: "Query", dependencies: ["ColumnStore", "CRE2", "CXlsxWriter", "CICU", "CPrefetch"], swiftSettings: strict),
        .target(name: "Documents", dependencies: ["ColumnStore", "Query", "CSimdJSON", "CXML2"], swiftSettings: strict),
        .target(name: "Processes", dependencies: ["ColumnStore", "Documents"], swiftSettings: strict),
        .target(name: "Cluster", swiftSettings: strict),
        .target(
            name: "Ingest",
            dependencies: ["ColumnStore", "Query", "Documents", "Processes", "Cluster", "CSQLite", "CMapFaults"],
            swiftSettings: strict),
        .target(
            name: "Server",
            dependencies: ["ColumnStore", "Query", "Documents", "Processes", "Cluster", "Ingest", "CMicrohttpd", "CGnuTLS", "CConsole"],
            swiftSettings: strict),
        .executableTarget(name: "till", dependencies: ["Server", "CArguments"], swiftSettings: strict),

        .executableTarget(name: "till-generate", path: "benchmarks/Generator", swiftSettings: strict),
        .executableTarget(
            name: "till-columns", dependencies: ["ColumnStore"], path: "benchmarks/Columns", swiftSettings: strict),
        .executableTarget(name: "till-documents", dependencies: ["Documents", "ColumnStore"], path: "benchmarks/Documents", swiftSettings: strict),
        .executableTarget(
            name: "till-queries", dependencies: ["ColumnStore", "Query"], path: "benchmarks/Queries", swiftSettings: strict),
        .executableTarget(name: "till-sums", dependencies: ["Ingest", "ColumnStore", "Query"], path: "benchmarks/Sums", swiftSettings: strict),
        .executableTarget(name: "till-simulate", dependencies: ["ClusterSimulation", "Cluster"], path: "benchmarks/Simulation", swiftSettings: strict),
        .executableTarget(name: "till-load", dependencies: ["CEpoll"], path: "benchmarks/Load", swiftSettings: strict),

        .executableTarget(
            name: "till-fuzz", dependencies: ["Server", "Cluster", "Ingest", "Processes", "Documents", "Query", "ColumnStore", "TestSupport"], path: "Tests/Fuzzing", exclude: ["Corpus", "README.md"],
            swiftSettings: strict),
        .target(name: "TestSupport", dependencies: ["ColumnStore"], path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(
            name: "ColumnStoreTests", dependencies: ["ColumnStore", "TestSupport"], exclude: ["Readers"], swiftSettings: tests),
        .testTarget(
            name: "QueryTests", dependencies: ["Query", "ColumnStore", "TestSupport"], exclude: ["Golden", "Readers"], swiftSettings: tests),
        .testTarget(name: "DocumentsTests", dependencies: ["Documents", "Query", "ColumnStore", "TestSupport"], exclude: ["Readers"], swiftSettings: tests),
        .testTarget(name: "ProcessesTests", dependencies: ["Processes", "Documents", "ColumnStore", "TestSupport"], exclude: ["Readers"], swiftSettings: tests),
        .target(name: "ClusterSimulation", dependencies: ["Cluster"], path: "Tests/ClusterSimulation", swiftSettings: strict),
        .testTarget(name: "ClusterTests", dependencies: ["Cluster", "ClusterSimulation", "TestSupport"], swiftSettings: tests),
        .testTarget(
            name: "IngestTests", dependencies: ["Ingest", "Cluster", "Processes", "Documents", "Query", "ColumnStore", "TestSupport"], exclude: ["Readers"], swiftSettings: tests),
        .testTarget(
            name: "ServerTests", dependencies: ["Server", "Cluster", "Ingest", "Processes", "Documents", "Query", "ColumnStore", "TestSupport"],
            swiftSettings: tests),
        .testTarget(
            name: "SystemTests", dependencies: ["ColumnStore", "TestSupport"], exclude: ["Documents/OtherFormats", "Delivery/EarlierStores", "OutsideNumbers", "Scripts"], swiftSettings: tests),
    ],
    cxxLanguageStandard: .cxx17
)
