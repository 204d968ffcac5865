/// How an exchange wants the timestamp of a signed request written.
package enum TimestampFormat: String, Sendable, CaseIterable {
  case unixSeconds = "unix_s"
  case unixMilliseconds = "unix_ms"
  case unixMicroseconds = "unix_us"
  case unixNanoseconds = "unix_ns"
  /// `2020-12-08T09:08:57.715Z`
  case iso8601Milliseconds = "iso8601_ms"
  /// `2017-05-11T16:22:06`, which is UTC
  case iso8601BareSeconds = "iso8601_bare_s"

  /// The smallest step between two timestamps of this format.
  package var resolution: Duration {
    switch self {
    case .unixSeconds, .iso8601BareSeconds: .seconds(1)
    case .unixMilliseconds, .iso8601Milliseconds: .milliseconds(1)
    case .unixMicroseconds: .microseconds(1)
    case .unixNanoseconds: .nanoseconds(1)
    }
  }
}
