/// How metrics are put into text.
package enum Exposition: String, Sendable, CaseIterable {
  /// OpenMetrics 1.0.
  case openMetrics = "openmetrics"
  /// The older text format of Prometheus, 0.0.4.
  case prometheus

  package var contentType: String {
    switch self {
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    }
  }

  /// What a client that sends this `Accept` header is answered in.
  package static func accepted(by header: String?) -> Exposition {
    var best: (format: Exposition, quality: Double) = (.prometheus, 0)
    for entry in (header ?? "").lowercased().split(separator: ",") {
      let parts = entry.split(separator: ";").map(trimmed)
      let parameter = { (name: String) in
        parts.dropFirst().first { $0.hasPrefix(name + "=") }.map { $0.dropFirst(name.count + 1) }
      }
      let version = parameter("version").map { trimmed($0, also: "\"") }
      let quality = parameter("q").map { Double($0) ?? 0 } ?? 1
      let format: Exposition
      switch parts.first {
      case "application/openmetrics-text" where version.map { $0.hasPrefix("1.0") } ?? true:
        format = .openMetrics
      case "text/plain", "text/*": format = .prometheus
      default: continue
      }
      // Of equals, that which has units.
      let isEqual = quality == best.quality && quality > 0
      if quality > best.quality || (isEqual && format == .openMetrics) { best = (format, quality) }
    }
    return best.format
  }

  private static func trimmed(_ text: Substring) -> Substring { trimmed(text, also: " ") }

  private static func trimmed(_ text: Substring, also mark: Character) -> Substring {
    var text = text
    while let first = text.first, [" ", "\t", mark].contains(first) { text.removeFirst() }
    while let last = text.last, [" ", "\t", mark].contains(last) { text.removeLast() }
    return text
  }

  /// The whole text, its last newline included.
  package func text(of families: [MetricFamily]) -> String {
    var text = ""
    for family in families {
      let sampleName = family.name + (family.kind == .counter ? "_total" : "")
      // OpenMetrics names the family, the older format each series.
      let name = self == .openMetrics ? family.name : sampleName
      text += "# HELP \(name) \(Self.escaped(family.help, quotes: self == .openMetrics))\n"
      text += "# TYPE \(name) \(family.kind.rawValue)\n"
      if self == .openMetrics, let unit = family.unit { text += "# UNIT \(name) \(unit)\n" }
      for sample in family.samples {
        let labels = sample.labels
          .map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }.joined(separator: ",")
        text += sampleName + (labels.isEmpty ? "" : "{\(labels)}")
        text += " \(Self.number(sample.value))\n"
      }
    }
    return self == .openMetrics ? text + "# EOF\n" : text
  }

  /// Exact, and without an exponent where it is a whole number.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    text.unicodeScalars.reduce(into: "") { escaped, scalar in
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(scalar)
      }
    }
  }
}
