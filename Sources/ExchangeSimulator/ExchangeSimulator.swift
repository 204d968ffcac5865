package import ClockCore
package import JSONDocument

/// Real HTTP(S) servers on the loopback that answer as exchanges do, each with a clock of its own,
/// at a distance and with faults that can be changed while it runs.
///
/// Requests on the signed endpoints are judged by the real acceptance rule of the exchange, but
/// their signatures are not looked at: there is no secret.
package final class ExchangeSimulator: Sendable {
  private struct Member: Sendable {
    let exchange: SimulatedExchange
    let server: HTTPServer
  }

  private let members: [Member]
  private let endpoint: ControlEndpoint
  private let control: HTTPServer
  private let stopSignal: StopSignal
  private let scheme: String

  /// Starts the servers; with a certificate those of the exchanges speak HTTPS. The control
  /// endpoint is always plain HTTP. Port 0 lets the kernel choose.
  ///
  /// Throws where an exchange is unknown or named twice, or where a port is taken.
  package init(
    _ exchanges: [SimulatedExchange.Configuration], controlPort: UInt16 = 0,
    tls certificate: ServerCertificate? = nil, seed: UInt64 = 1
  ) throws(SimulatorError) {
    let stop = try StopSignal()
    let scheme = certificate == nil ? "http" : "https"
    var members: [Member] = []
    for configuration in exchanges {
      guard !members.contains(where: { $0.exchange.behavior.id == configuration.id }) else {
        throw .refused("exchange '\(configuration.id)' is given twice")
      }
      let exchange = try SimulatedExchange(configuration, seed: seed, stop: stop)
      let server = try HTTPServer(
        port: configuration.port, certificate: certificate, stop: stop,
        connected: { exchange.connected() },
        handler: { request in
          let host = request.header("Host") ?? "127.0.0.1"
          return exchange.reply(to: request, elsewhere: "\(scheme)://\(host)/elsewhere")
        })
      members.append(Member(exchange: exchange, server: server))
    }
    let endpoint = ControlEndpoint(
      members.map { ($0.exchange, "\(scheme)://127.0.0.1:\($0.server.port)") })
    self.members = members
    self.endpoint = endpoint
    self.scheme = scheme
    stopSignal = stop
    control = try HTTPServer(port: controlPort, stop: stop) { .answer(endpoint.answer($0)) }
  }

  deinit {
    stop()
  }

  /// Ends all servers within milliseconds, whatever their handlers are waiting for.
  package func stop() {
    stopSignal.raise()
    for member in members { member.server.stop() }
    control.stop()
  }

  /// The ids, in the order given.
  package var ids: [String] { members.map(\.exchange.behavior.id) }

  /// The base URL of an exchange, without a slash at its end.
  ///
  /// - Precondition: the exchange is simulated; so with all functions that take an id.
  package func url(of id: String) -> String {
    "\(scheme)://127.0.0.1:\(member(id).server.port)"
  }

  /// The URL of an exchange's time endpoint.
  package func timeURL(of id: String) -> String {
    url(of: id) + member(id).exchange.behavior.timePath
  }

  /// The base URL of the control endpoint, without a slash at its end.
  package var controlURL: String { "http://127.0.0.1:\(control.port)" }

  /// Changes conditions at once; another offset steps the exchange's clock by the difference. The
  /// change runs under a lock and must not call the simulator.
  package func update<Failure: Error>(
    _ id: String, _ change: (inout Conditions) throws(Failure) -> Void
  ) throws(Failure) {
    try member(id).exchange.update(change)
  }

  package func conditions(of id: String) -> Conditions {
    member(id).exchange.snapshot.conditions
  }

  package func counters(of id: String) -> Counters {
    member(id).exchange.snapshot.counters
  }

  /// What the exchange's clock shows now: the truth to compare an estimate with.
  package func clock(of id: String) -> ExchangeInstant {
    member(id).exchange.snapshot.now
  }

  /// All exchanges, as the control endpoint's `GET /exchanges` shows them.
  package var listing: JSONValue { endpoint.listing }

  private func member(_ id: String) -> Member {
    guard let member = members.first(where: { $0.exchange.behavior.id == id }) else {
      preconditionFailure("exchange '\(id)' is not simulated; simulated: \(ids)")
    }
    return member
  }
}
