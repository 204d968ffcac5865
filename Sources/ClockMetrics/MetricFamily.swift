/// One metric with all its values, in the words of Prometheus.
package struct MetricFamily: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case gauge
    /// Only grows, until the daemon begins anew.
    case counter
  }

  package struct Label: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package struct Sample: Sendable, Equatable {
    package var labels: [Label]
    package var value: Double

    package init(_ labels: [Label], _ value: Double) {
      self.labels = labels
      self.value = value
    }
  }

  /// With its unit, and without `_total`.
  package var name: String
  package var kind: Kind

  /// The last word of the name; nil for what has none.
  package var unit: String?

  /// One sentence: what it is, its sign, and when it is missing.
  package var help: String
  package var samples: [Sample]

  package init(
    _ name: String, kind: Kind = .gauge, unit: String? = nil, _ help: String,
    _ samples: [Sample]
  ) {
    precondition(unit.map { name.hasSuffix("_" + $0) } ?? true, "a name ends with its unit")
    self.name = name
    self.kind = kind
    self.unit = unit
    self.help = help
    self.samples = samples
  }
}
