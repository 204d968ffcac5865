internal import ClockProtocol

/// The catalogue as people read it.
enum ExchangeText {
  static func table(_ exchanges: [ExchangeResult]) -> [String] {
    var table = Table(
      ("id", .left), ("name", .left), ("enabled", .left), ("resolution", .right),
      ("stamp", .left), ("window", .right), ("ahead", .right), ("endpoint", .left))
    for exchange in exchanges {
      table.add(
        exchange.id, exchange.name, exchange.isEnabled ? "yes" : "no",
        Text.nanoseconds(exchange.resolutionNanoseconds), exchange.timestampFormat,
        exchange.windowMilliseconds.map(Text.milliseconds) ?? "-",
        ahead(exchange), exchange.endpoint)
    }
    return table.lines()
  }

  /// "?" where there is a limit that is not known.
  private static func ahead(_ exchange: ExchangeResult) -> String {
    let hasWindow = exchange.windowKind == "adjustable" || exchange.windowKind == "fixed"
    return exchange.toleranceMilliseconds.map(Text.milliseconds) ?? (hasWindow ? "?" : "-")
  }
}
