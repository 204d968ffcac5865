package import ExchangeCatalog

/// What the daemon is told about one exchange; the daemon's own settings where its table is silent.
package struct ExchangeSettings: Sendable, Equatable {
  package var definition: ExchangeDefinition
  /// Time between two resyncs.
  package var interval: Duration
  /// Resynced early rather than let the error grow past this.
  package var maxError: Duration
  /// Probes of one resync.
  package var samples: Int
  /// How long one probe may take.
  package var timeout: Duration
  /// Fastest believable drift against the local oscillator.
  package var maxDriftPPM: Int
  /// A larger jump of the exchange's clock is not believed.
  package var maxStep: Duration
  /// Certificates to trust instead of the system's; PEM.
  package var caFile: String?
  /// URL of the proxy for every probe.
  package var proxy: String?

  /// An exchange with the daemon's settings.
  package init(_ definition: ExchangeDefinition, like settings: DaemonSettings) {
    self.definition = definition
    interval = settings.interval
    maxError = settings.maxError
    samples = settings.samples
    timeout = settings.timeout
    maxDriftPPM = settings.maxDriftPPM
    maxStep = settings.maxStep
    caFile = settings.caFile
    proxy = settings.proxy
  }

  package var id: String { definition.id }
}
