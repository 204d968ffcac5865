import Glibc

/// The variables of the environment that the simulation tests look at.
enum Environment {
  /// Prints one line per scenario.
  static var isVerbose: Bool { value("EXCHANGE_CLOCK_VERBOSE") != nil }
  /// How many seeds the sweep tries.
  static var seedCount: UInt64? { value("EXCHANGE_CLOCK_SEEDS").flatMap { UInt64($0) } }
  /// The one seed that the sweep is to replay.
  static var seed: UInt64? { value("EXCHANGE_CLOCK_SEED").flatMap { UInt64($0) } }

  /// How many exchanges are followed for a month.
  static var monthCount: UInt64? { value("EXCHANGE_CLOCK_MONTHS").flatMap { UInt64($0) } }

  private static func value(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
