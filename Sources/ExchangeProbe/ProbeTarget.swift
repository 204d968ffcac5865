package import ExchangeCatalog

/// Where one exchange is asked for its time, and how.
package struct ProbeTarget: Sendable, Equatable {
  package var definition: ExchangeDefinition

  /// After which a probe is given up, connecting included.
  package var timeout: Duration

  /// The certificates to trust instead of the system's, in PEM; nil for the system's.
  package var caFile: String?

  /// A proxy as curl writes it, such as "http://127.0.0.1:3128"; nil to follow the environment.
  package var proxy: String?

  package init(
    definition: ExchangeDefinition, timeout: Duration, caFile: String? = nil, proxy: String? = nil
  ) {
    self.definition = definition
    self.timeout = timeout
    self.caFile = caFile
    self.proxy = proxy
  }
}
