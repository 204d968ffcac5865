internal import ExchangeCatalog
internal import TOMLDocument

extension DaemonSettings {
  /// Reads `[exchanges.*]`, after the settings that an exchange takes over.
  mutating func readExchanges(_ reader: TOMLTableReader) {
    let isMissing = !reader.contains("exchanges")
    let tables = reader.table("exchanges")
    guard isMissing || tables != nil else { return }
    var enabled = 0
    for id in tables?.keys ?? [] {
      guard let table = tables?.table(id) else {
        // Meant to be an exchange: what is wrong with it has been reported.
        enabled += 1
        continue
      }
      let isEnabled = table.bool("enabled") ?? true
      if isEnabled { enabled += 1 }
      let exchange = readExchange(id, table)
      table.finish()
      if let exchange, isEnabled { exchanges.append(exchange) }
    }
    exchanges.sort { $0.id < $1.id }
    if enabled == 0 {
      (tables ?? reader).report(
        "no exchange is enabled: add a table such as [exchanges.binance]")
    }
  }

  private func readExchange(_ id: String, _ table: TOMLTableReader) -> ExchangeSettings? {
    let base = ExchangeCatalog.definition(of: id)
    let isValid = ExchangeDefinition.isValid(id: id)
    // A table that says nothing of an endpoint can only mean a built-in exchange.
    let endpointKeys = ["url", "base_url", "path", "time"]
    let isNew = base == nil && isValid && endpointKeys.contains(where: table.contains)
    var definition: ExchangeDefinition?
    if base != nil || isNew {
      definition = ExchangeDefinition.read(from: table, id: id, over: base)
    } else {
      reportUnknown(id, isValid: isValid, table)
      // Its keys are checked all the same, as if they changed the exchange that was meant.
      let meant = NearestName.find(for: id, among: ExchangeCatalog.builtIn.map(\.id))
      _ = ExchangeDefinition.read(
        from: table, id: id,
        over: meant.flatMap(ExchangeCatalog.definition)
          ?? ExchangeDefinition(id: id, url: "http://localhost/", timeSource: .header("Date")))
    }
    let keys = ProbingKeys(table)
    guard let definition else { return nil }
    var exchange = ExchangeSettings(definition, like: self)
    exchange.interval = keys.interval ?? interval
    exchange.maxError = keys.maxError ?? maxError
    exchange.samples = keys.samples ?? samples
    exchange.timeout = keys.timeout ?? timeout
    exchange.maxDriftPPM = keys.maxDriftPPM ?? maxDriftPPM
    exchange.maxStep = keys.maxStep ?? maxStep
    exchange.caFile = keys.caFile ?? caFile
    exchange.proxy = keys.proxy ?? proxy
    return exchange
  }

  private func reportUnknown(_ id: String, isValid: Bool, _ table: TOMLTableReader) {
    let known = ExchangeCatalog.builtIn.map(\.id)
    let suggestion =
      NearestName.find(for: id, among: known).map {
        "; did you mean \(TOMLTableReader.quoted($0))?"
      } ?? "; `exchange-clock exchanges --markdown` lists the built-in ones"
    let quoted = TOMLTableReader.quoted(id)
    table.report(
      isValid
        ? "unknown exchange \(quoted)\(suggestion) (any other exchange needs url and time)"
        : "\(quoted) is not an exchange id: lower-case letters, digits, - and _, at most 32"
          + (NearestName.find(for: id, among: known) == nil ? "" : suggestion))
  }
}
