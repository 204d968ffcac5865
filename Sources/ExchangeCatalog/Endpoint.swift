internal import TOMLDocument

/// The two parts of a time endpoint's URL, so that a table may replace either of them.
struct Endpoint {
  var baseURL: String
  var path: String

  /// Reads `url`, or `base_url` and `path`; nil where none is named or the result is no URL.
  static func read(from reader: TOMLTableReader, base: ExchangeDefinition?) -> Endpoint? {
    let isNamed = ["url", "base_url", "path"].filter(reader.contains)
    let baseURL = reader.string("base_url")
    let path = reader.string("path")
    let url = reader.string("url")
    guard let first = isNamed.first else {
      if base == nil {
        reader.report(
          "url is missing: the complete URL of the time endpoint, such as "
            + "\"https://api.example.com/time\"", key: "url")
      }
      return nil
    }
    if first == "url" {
      if isNamed.count > 1 {
        reader.report("url is complete: it cannot stand beside \(isNamed[1])", key: isNamed[1])
      }
      guard let url, isFine(url, key: "url", reader) else { return nil }
      var definition = ExchangeDefinition(id: "", url: "", timeSource: .header("Date"))
      definition.url = url
      return Endpoint(baseURL: definition.baseURL, path: definition.path)
    }
    guard isNamed.contains("base_url") || base != nil else {
      reader.report("base_url is missing: path alone is not a URL", key: "base_url")
      return nil
    }
    guard isNamed.contains("path") || base != nil else {
      reader.report("path is missing: base_url alone is not a time endpoint", key: "path")
      return nil
    }
    return joined(
      isNamed.contains("base_url") ? baseURL : base?.baseURL,
      isNamed.contains("path") ? path : base?.path, reader)
  }

  private static func joined(
    _ baseURL: String?, _ path: String?, _ reader: TOMLTableReader
  ) -> Endpoint? {
    if let baseURL {
      guard let baseURL = cleaned(baseURL, key: "base_url", reader) else { return nil }
      guard let path else { return nil }
      guard path.hasPrefix("/") else {
        reader.report(
          "path: expected a path that begins with /, got \(TOMLTableReader.quoted(path))",
          key: "path")
        return nil
      }
      guard isFine(baseURL + path, key: "path", reader) else { return nil }
      return Endpoint(baseURL: baseURL, path: path)
    }
    return nil
  }

  /// A base URL without slashes at its end; nil where it is none, which is reported.
  static func cleaned(_ url: String, key: String, _ reader: TOMLTableReader) -> String? {
    var url = url
    while url.hasSuffix("/") { url.removeLast() }
    guard isFine(url, key: key, reader) else { return nil }
    guard !url.contains("?") else {
      reader.report("\(key) has a query (?): that belongs into path", key: key)
      return nil
    }
    return url
  }

  private static func isFine(_ url: String, key: String, _ reader: TOMLTableReader) -> Bool {
    guard let complaint = HTTPText.complaint(aboutURL: url) else { return true }
    reader.report("\(key): \(TOMLTableReader.quoted(url)) is not a URL: \(complaint)", key: key)
    return false
  }
}
