internal import TOMLDocument

extension ExchangeDefinition {
  mutating func readAlternatives(from reader: TOMLTableReader) {
    guard let urls = reader.strings("alternatives") else { return }
    alternatives = urls.compactMap { Endpoint.cleaned($0, key: "alternatives", reader) }
  }

  /// Reads where the test environment is, and whether it is meant.
  ///
  /// - Parameter isNew: the table is all that is known of the exchange.
  mutating func readSandbox(from reader: TOMLTableReader, isNew: Bool) {
    if let url = reader.string("sandbox_url") {
      sandboxURL = Endpoint.cleaned(url, key: "sandbox_url", reader) ?? sandboxURL
    }
    guard reader.bool("sandbox") == true else { return }
    if !isNew, let key = ["url", "base_url", "alternatives"].first(where: reader.contains) {
      reader.report("sandbox = true is complete: it cannot stand beside \(key)", key: "sandbox")
      return
    }
    guard let sandboxURL else {
      reader.report(
        "no sandbox of \(name) is known: set base_url to its address instead", key: "sandbox")
      return
    }
    baseURL = sandboxURL
    alternatives = []
  }
}
