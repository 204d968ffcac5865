/// What the daemon is told by its configuration file, checked and with every default filled in.
package struct DaemonSettings: Sendable, Equatable {
  /// Time between two resyncs of an exchange.
  package var interval: Duration = .seconds(3600)
  /// An exchange is resynced early rather than let its error grow past this.
  package var maxError: Duration = .milliseconds(100)
  /// Probes of one resync.
  package var samples: Int = 8
  /// How long one probe may take.
  package var timeout: Duration = .seconds(5)
  /// Fastest believable drift of an exchange's clock against the local oscillator.
  package var maxDriftPPM: Int = 100
  /// A larger jump of an exchange's clock is not believed.
  package var maxStep: Duration = .seconds(600)
  /// Wait after a first failed resync; doubles up to `backoffMax`.
  package var backoffInitial: Duration = .seconds(1)
  package var backoffMax: Duration = .seconds(300)
  /// Certificates to trust instead of the system's; PEM.
  package var caFile: String?
  /// URL of the proxy for every probe.
  package var proxy: String?
  /// Where the socket is; nil leaves it to the daemon.
  package var socketPath: String?
  /// Permission bits of the socket.
  package var socketMode: UInt32 = 0o660
  /// Group that owns the socket; nil for the daemon's own.
  package var socketGroup: String?
  /// Connections at a time.
  package var maxClients: Int = 1024
  package var readyWhen: ReadyWhen = .all
  /// The enabled exchanges, sorted by id.
  package var exchanges: [ExchangeSettings] = []

  package init() {}
}
