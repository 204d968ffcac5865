internal import TOMLDocument

/// The keys that stand at the top level for every exchange, and in an exchange's table for it
/// alone.
struct ProbingKeys {
  var interval: Duration?
  var maxError: Duration?
  var samples: Int?
  var timeout: Duration?
  var maxDriftPPM: Int?
  var maxStep: Duration?
  var caFile: String?
  var proxy: String?

  init(_ reader: TOMLTableReader) {
    interval = reader.duration("interval", in: .seconds(1)...(.seconds(86_400)))
    maxError = reader.duration("max_error", in: .milliseconds(1)...(.seconds(10)))
    samples = reader.integer("samples", in: 1...64)
    timeout = reader.duration("timeout", in: .milliseconds(100)...(.seconds(60)))
    maxDriftPPM = reader.integer("max_drift_ppm", in: 1...1000)
    maxStep = reader.duration("max_step", in: .seconds(1)...(.seconds(86_400)))
    caFile = Self.path("ca_file", reader)
    proxy = reader.string(
      "proxy", expected: "a proxy's URL such as \"http://proxy.example:3128\"", Self.proxy)
  }

  static func path(_ key: String, _ reader: TOMLTableReader, longest: Int = 4095) -> String? {
    guard
      let path = reader.string(
        key, expected: "an absolute path",
        { $0.hasPrefix("/") && !$0.utf8.contains(0) ? $0 : nil })
    else { return nil }
    guard path.utf8.count <= longest else {
      reader.report(
        "\(key) is \(path.utf8.count) bytes long; at most \(longest) are possible", key: key)
      return nil
    }
    return path
  }

  /// The URL, where it has a scheme that libcurl takes for a proxy, and a host.
  private static func proxy(_ text: String) -> String? {
    let schemes = ["http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://"]
    guard let scheme = schemes.first(where: text.lowercased().hasPrefix),
      text.utf8.count > scheme.utf8.count, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    return text
  }
}
