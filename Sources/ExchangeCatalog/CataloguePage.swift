internal import ClockCore
internal import JSONDocument
internal import TOMLDocument

/// The catalogue as a page of documentation, in Markdown.
package enum CataloguePage {
  /// Without a line break at its end.
  package static func markdown(of definitions: [ExchangeDefinition]) -> String {
    var lines = introduction
    lines.append("| id | name | market | resolution | timestamp | window | ahead |")
    lines.append("|---|---|---|---|---|---|---|")
    for definition in definitions { lines.append(summary(of: definition)) }
    for definition in definitions { lines += [""] + section(on: definition) }
    return lines.joined(separator: "\n")
  }

  private static let introduction = """
    # Exchanges

    `make docs` writes this page from
    [exchanges.toml](../Sources/ExchangeCatalog/exchanges.toml), whose head explains every key. The
    facts are from documentation, client libraries and captured answers, none from a live call:
    mind the confidence. What is not known is left out, and the daemon then takes what is safe.

    A table in the configuration changes an exchange or adds one. `sandbox = true` in it means the
    exchange's test environment.

    **Window**: how old a timestamp may be when it arrives, and the most that a request may ask for;
    for an expiry, how far ahead it is put. In parentheses it is not documented by the exchange: the
    daemon uses it, and calls no stamp guaranteed by it. **Ahead**: how far ahead of the exchange's
    clock a timestamp may be; where that is not known, the daemon puts none ahead.

    """.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)

  private static func summary(of definition: ExchangeDefinition) -> String {
    let id = "[`\(definition.id)`](#\(definition.id))"
    return row(
      id, definition.name, definition.market, definition.resolution.text,
      timestamp(of: definition), window(of: definition), tolerance(of: definition))
  }

  private static func section(on definition: ExchangeDefinition) -> [String] {
    var lines = ["## \(definition.id)", "", "| \(definition.name) | \(definition.market) |"]
    lines.append("|---|---|")
    func add(_ name: String, _ value: String?) {
      if let value, !value.isEmpty { lines.append(row(name, value)) }
    }
    let method = definition.requestBody == nil ? "GET" : "POST"
    add("endpoint", "`\(method) \(definition.url)`")
    add("body", definition.requestBody.map(code))
    add("headers", list(definition.requestHeaders.map { "\($0.name): \($0.value)" }))
    add("alternatives", list(definition.alternatives))
    add("sandbox", sandbox(of: definition))
    add("most probes a minute", definition.probesPerMinute.map(String.init))
    add("time", time(of: definition))
    add("resolution", resolution(of: definition))
    add("stamps of its own", stamps(of: definition))
    add("timestamp", timestamp(of: definition))
    add("carried by", definition.timestampCarrier)
    add("window", window(of: definition))
    add("chosen by", definition.windowParameter.map(code))
    add("ahead", tolerance(of: definition))
    add("rule", definition.ruleText)
    add("clock in refusals", definition.refusalTime.map { "\($0.place): \($0.unit.noun)" })
    add("timestamp in refusals", definition.refusalTimestamp.map { "\($0)" })
    add("window in refusals", definition.refusalWindow.map { "\($0): milliseconds" })
    add("confidence", definition.confidence)
    add("sources", definition.sources.joined(separator: "<br>"))
    return lines + refusals(of: definition)
  }

  private static func refusals(of definition: ExchangeDefinition) -> [String] {
    guard !definition.codes.isEmpty else { return [] }
    let place = definition.codePointer.map { " (code at `\($0.text)`)" } ?? ""
    return ["", "| code\(place) | HTTP | message | verdict | meaning |", "|---|---|---|---|---|"]
      + definition.codes.map {
        row(
          $0.code.map(code) ?? "", $0.httpStatus.map(String.init) ?? "", $0.message ?? "",
          $0.verdict.rawValue + ($0.side.map { ", \($0.rawValue)" } ?? ""),
          $0.meaning + ownRule(of: $0))
      }
  }

  /// Where it is not the exchange's usual one: " (unix_s, 30s)".
  private static func ownRule(of code: RefusalCode) -> String {
    let forms = code.timestampFormats.map(\.rawValue).joined(separator: " or ")
    let parts = [forms, code.window?.text ?? ""].filter { !$0.isEmpty }
    return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
  }

  private static func sandbox(of definition: ExchangeDefinition) -> String? {
    definition.sandboxURL.map {
      code($0) + ($0 == definition.baseURL ? ", the same host: one clock for both" : "")
    }
  }

  private static func time(of definition: ExchangeDefinition) -> String {
    let unit = definition.unit.noun + (definition.finerUnit.map { " or \($0.noun)" } ?? "")
    return "\(definition.timeSource): \(unit)"
  }

  private static func resolution(of definition: ExchangeDefinition) -> String {
    var text = definition.resolution.text
    if let finer = definition.finerUnit { text += ", \(finer.resolution.text) where asked for" }
    if let coarse = definition.coarseResolution {
      text += ", \(coarse.text) for an answer that is a multiple of it"
    }
    return text
  }

  private static func stamps(of definition: ExchangeDefinition) -> String? {
    definition.serverStamps.map {
      "\($0.receive) and \($0.transmit): \($0.unit.noun)"
        + ($0.finerUnit.map { " or \($0.noun)" } ?? "")
    }
  }

  private static func timestamp(of definition: ExchangeDefinition) -> String {
    definition.rule == .untimed
      ? "none"
      : definition.timestampFormat.rawValue
        + (definition.otherTimestampFormat.map { " or \($0.rawValue)" } ?? "")
  }

  private static func window(of definition: ExchangeDefinition) -> String {
    let text: String
    switch definition.rule {
    case .window(let window):
      text =
        window.window.text
        + (window.isAdjustable ? " to \(window.longestWindow?.text ?? "?")" : "")
    case .expiry(let lifetime, let longest):
      text = "\(lifetime.text) to \(longest?.text ?? "?"), expiry"
    case .nonce, .untimed, .unknown: text = WindowKind(definition.rule).rawValue
    }
    return definition.isWindowDocumented ? text : "(\(text))"
  }

  private static func tolerance(of definition: ExchangeDefinition) -> String {
    guard case .window(let window) = definition.rule else { return "" }
    return window.tolerance == .zero ? "?" : window.tolerance.text
  }

  private static func code(_ text: String) -> String { "`\(text)`" }

  private static func list(_ texts: [String]) -> String {
    texts.map(code).joined(separator: "<br>")
  }

  private static func row(_ cells: String...) -> String {
    "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
  }
}
