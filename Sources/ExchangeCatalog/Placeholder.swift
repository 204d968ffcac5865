/// What stands in a URL for something that only the moment of the request knows.
package enum Placeholder {
  /// The local time of the request, in milliseconds.
  static let unixMilliseconds = "{unix_ms}"

  /// The URL with every placeholder filled in.
  package static func fill(_ url: String, unixMilliseconds: Int64) -> String {
    url.replacing(Self.unixMilliseconds, with: String(unixMilliseconds))
  }
}
