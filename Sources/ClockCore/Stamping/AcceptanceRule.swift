/// Which timestamps an exchange accepts on a signed request, as far as its rule is known.
package enum AcceptanceRule: Sendable, Equatable {
  /// The exchange compares the timestamp with its own clock when the request arrives.
  case window(AcceptanceWindow)

  /// The timestamp is a nonce: it must grow from request to request, no clock is compared.
  case nonce

  /// The timestamp is an instant ahead of the exchange's clock, after which the request is refused:
  /// `lifetime` ahead where the request does not choose, and no more than `longest`, where such a
  /// limit is known.
  case expiry(lifetime: Duration, longest: Duration?)

  /// Requests carry no timestamp.
  case untimed

  /// No rule is known: the stamp is the earliest time the exchange may have.
  case unknown
}

/// A two-sided window around the exchange's clock: accepted if the timestamp is less than `window`
/// behind the clock when the request arrives, and not ahead of it or by less than `tolerance`.
package struct AcceptanceWindow: Sendable, Equatable {
  /// How old a timestamp may be when the request does not ask for another window.
  package var window: Duration

  /// The longest window a request may ask for; nil where that is not known.
  package var longestWindow: Duration?

  /// The window can be chosen per request (Binance's `recvWindow`).
  package var isAdjustable: Bool

  /// How far a timestamp may be ahead of the exchange's clock; zero where that is not known.
  package var tolerance: Duration

  package init(
    window: Duration, longestWindow: Duration?, isAdjustable: Bool, tolerance: Duration
  ) {
    self.window = window
    self.longestWindow = longestWindow
    self.isAdjustable = isAdjustable
    self.tolerance = tolerance
  }
}
