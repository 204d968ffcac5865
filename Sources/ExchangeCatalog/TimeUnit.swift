/// How an answer writes the time.
package enum TimeUnit: String, Sendable, CaseIterable {
  case seconds = "s"
  case milliseconds = "ms"
  case microseconds = "us"
  case nanoseconds = "ns"
  /// `2020-12-08T09:08:57.715Z`, with 0 to 9 digits of fraction
  case iso8601
  /// `Tue, 11 Nov 2025 00:17:04 GMT`, as the `Date` header has it
  case httpDate = "http_date"

  /// The quantum of an answer where nothing else is known: one unit.
  package var resolution: Duration {
    switch self {
    case .seconds, .httpDate: .seconds(1)
    case .milliseconds, .iso8601: .milliseconds(1)
    case .microseconds: .microseconds(1)
    case .nanoseconds: .nanoseconds(1)
    }
  }

  /// Digits behind the point of one unit that make a nanosecond; nil for dates.
  var nanosecondDigits: Int? {
    switch self {
    case .seconds: 9
    case .milliseconds: 6
    case .microseconds: 3
    case .nanoseconds: 0
    case .iso8601, .httpDate: nil
    }
  }

  /// The unit as messages name it.
  var noun: String {
    switch self {
    case .seconds: "seconds"
    case .milliseconds: "milliseconds"
    case .microseconds: "microseconds"
    case .nanoseconds: "nanoseconds"
    case .iso8601: "an ISO 8601 time"
    case .httpDate: "an HTTP date"
    }
  }
}
