// swift-tools-version: 6.2
import PackageDescription

/// Swift 6 mode with the stricter spellings of the language, and no warning left standing.
let house: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

/// A target of `Sources/`. The order below is the order of dependence: arrows point up the list only.
func target(_ name: String, _ dependencies: [String] = [], resources: [Resource] = []) -> Target {
  .target(
    name: name, dependencies: dependencies.map { .byName(name: $0) }, resources: resources,
    swiftSettings: house)
}

/// A module map over one Debian library.
func library(_ name: String, pkgConfig: String, package: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// A ten-line main over the library that does the work.
func program(_ name: String, _ dependencies: String...) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies.map { .byName(name: $0) }, swiftSettings: house)
}

func tests(_ name: String, _ dependencies: [String], exclude: [String] = []) -> Target {
  .testTarget(
    name: name, dependencies: dependencies.map { .byName(name: $0) }, exclude: exclude,
    swiftSettings: house)
}

let package = Package(
  name: "exchange-clock",
  products: [
    .executable(name: "exchange-clockd", targets: ["exchange-clockd"]),
    .executable(name: "exchange-clock", targets: ["exchange-clock"]),
    .executable(name: "exchange-clock-sim", targets: ["exchange-clock-sim"]),
    .executable(name: "exchange-clock-probe", targets: ["exchange-clock-probe"]),
    .executable(name: "exchange-clock-exporter", targets: ["exchange-clock-exporter"]),
    .library(name: "ExchangeClock", targets: ["ExchangeClock"]),
  ],
  targets: [
    library("CCurl", pkgConfig: "libcurl", package: "libcurl4-openssl-dev"),
    library("CSystemd", pkgConfig: "libsystemd", package: "libsystemd-dev"),
    library("CMicroHTTPD", pkgConfig: "libmicrohttpd", package: "libmicrohttpd-dev"),
    library("CJansson", pkgConfig: "jansson", package: "libjansson-dev"),
    .target(name: "CToml"),
    .target(name: "CLinux"),

    target("ClockCore"),
    target("JSONDocument", ["CJansson"]),
    target("TOMLDocument", ["CToml"]),
    target("LinuxSystem", ["ClockCore", "CLinux", "CSystemd"]),
    target(
      "ExchangeCatalog", ["ClockCore", "JSONDocument", "TOMLDocument"],
      resources: [.embedInCode("exchanges.toml")]),
    target("ClockProtocol", ["ClockCore", "JSONDocument"]),
    target("DaemonSettings", ["ClockCore", "TOMLDocument", "ExchangeCatalog"]),
    target("ExchangeProbe", ["ClockCore", "CCurl", "LinuxSystem", "ExchangeCatalog"]),
    target(
      "ClockDaemon",
      [
        "ClockCore", "LinuxSystem", "ExchangeCatalog", "ClockProtocol", "DaemonSettings",
        "ExchangeProbe", "JSONDocument",
      ]),
    target("ExchangeClock", ["ClockCore", "ClockProtocol", "JSONDocument", "LinuxSystem"]),
    target("ClockMetrics", ["ClockProtocol", "JSONDocument"]),
    target(
      "ClockCommand",
      [
        "ClockMetrics", "ClockCore", "ClockProtocol", "DaemonSettings", "ExchangeCatalog",
        "ExchangeClock",
        "JSONDocument", "LinuxSystem", "TOMLDocument",
      ]),
    target(
      "MetricsExporter",
      [
        "CMicroHTTPD", "ClockMetrics", "ClockProtocol", "ExchangeClock", "JSONDocument",
        "LinuxSystem",
      ]),
    target("PageReading", ["ClockCore", "ClockProtocol", "ExchangeClock", "LinuxSystem"]),
    target("ClockSimulation", ["ClockCore"]),
    target("AccuracyTraces", ["ClockCore", "ClockSimulation"]),
    target("ExchangeSimulator", ["ClockCore", "CMicroHTTPD", "JSONDocument"]),

    program("exchange-clockd", "ClockDaemon"),
    program("exchange-clock", "ClockCommand"),
    program("exchange-clock-probe", "ClockCommand", "DaemonSettings", "ExchangeProbe"),
    program("exchange-clock-sim", "ExchangeSimulator"),
    program("exchange-clock-exporter", "MetricsExporter"),
    program("accuracy-traces", "AccuracyTraces"),
    program("page-reader", "PageReading"),

    tests("ClockCoreTests", ["ClockCore"]),
    tests("JSONDocumentTests", ["JSONDocument"]),
    tests("ClockProtocolTests", ["ClockCore", "ClockProtocol", "JSONDocument"]),
    tests("TOMLDocumentTests", ["TOMLDocument"]),
    tests(
      "ExchangeCatalogTests", ["ClockCore", "ExchangeCatalog", "JSONDocument", "TOMLDocument"]),
    tests(
      "DaemonSettingsTests", ["ClockCore", "DaemonSettings", "ExchangeCatalog", "TOMLDocument"]),
    tests(
      "ExchangeSimulatorTests",
      [
        "ClockCore", "ClockDaemon", "ClockProtocol", "DaemonSettings", "ExchangeCatalog",
        "ExchangeSimulator", "JSONDocument", "LinuxSystem",
      ]),
    tests(
      "EndToEndTests",
      [
        "ClockCommand", "ClockCore", "ClockDaemon", "ClockProtocol", "ExchangeClock",
        "ExchangeSimulator", "JSONDocument", "LinuxSystem", "PageReading", "exchange-clockd",
        "exchange-clock",
        "exchange-clock-exporter", "exchange-clock-probe", "page-reader",
      ]),
    tests(
      "ExchangeClockTests",
      [
        "ClockCore", "ClockProtocol", "ExchangeCatalog", "ExchangeClock", "JSONDocument",
        "LinuxSystem",
      ]),
    tests(
      "ExchangeProbeTests",
      ["ClockCore", "ExchangeCatalog", "ExchangeProbe", "JSONDocument", "LinuxSystem"]),
    tests(
      "ClockDaemonTests",
      [
        "ClockCore", "ClockDaemon", "ClockProtocol", "DaemonSettings", "ExchangeCatalog",
        "JSONDocument", "LinuxSystem",
      ]),
    tests(
      "ClockCommandTests",
      [
        "ClockCommand", "ClockCore", "ClockProtocol", "ExchangeClock", "JSONDocument",
        "LinuxSystem",
      ]
    ),
    tests("ClockMetricsTests", ["ClockMetrics", "ClockProtocol", "JSONDocument", "LinuxSystem"]),
    tests("ClockSimulationTests", ["ClockCore", "ClockSimulation"]),
    tests("TidyTests", ["LinuxSystem"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

// For `make test-fuzz` alone: it needs libFuzzer, and what the daemon keeps to itself.
if Context.environment["EXCHANGE_CLOCK_FUZZING"] != nil {
  package.targets += [
    .target(name: "CFuzzer", path: "Tests/fuzz/CFuzzer"),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "CFuzzer", "ClockCommand", "ClockCore", "ClockDaemon", "ClockProtocol",
        "DaemonSettings", "ExchangeCatalog", "ExchangeClock", "ExchangeProbe", "JSONDocument",
        "LinuxSystem",
      ],
      path: "Tests/fuzz/Harness", swiftSettings: house,
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])]),
  ]
}
