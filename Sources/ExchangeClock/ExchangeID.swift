internal import ClockProtocol

/// Names an exchange as [ccxt](https://github.com/ccxt/ccxt) does: lower case, spot and futures of
/// one brand apart. Those that the daemon knows by itself have a constant; one of the user's own
/// configuration is written as a string:
///
///     clock.now(.binance)
///     clock.now("mybroker")
public struct ExchangeID: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral,
  CustomStringConvertible
{
  public let rawValue: String

  /// As a slot of the shared page holds it; nil where none can.
  let key: PageID?

  public init(rawValue: String) {
    self.rawValue = rawValue
    key = PageID(rawValue)
  }

  public init(_ id: String) {
    self.init(rawValue: id)
  }

  public init(stringLiteral value: String) {
    self.init(rawValue: value)
  }

  public var description: String { rawValue }

  public static func == (left: ExchangeID, right: ExchangeID) -> Bool {
    left.rawValue == right.rawValue
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(rawValue)
  }
}
