internal import ClockCore
internal import ClockProtocol
internal import JSONDocument
internal import LinuxSystem

/// Stamps are answered at once, but for a nonce that no restart could repeat only once the file
/// says so: the first one after ten quiet seconds waits for that.
extension RequestService {
  func respondWithStamp(_ request: Request) throws(RPCError) -> Reply {
    let demand = try StampDemand(Parameters(request.params))
    if let result = try stamp(demand) {
      return .now(request.id.map { Response.result(result, id: $0) })
    }
    guard let keeper else { throw noNonce(demand, "no state is kept", wait: .seconds(1)) }
    return .later { done in
      keeper.extendNonces(
        for: NonceWaiter { failure in
          let result = Result<StampResult, RPCError> { () throws(RPCError) in
            try stampAfterWaiting(demand, failure)
          }
          done(
            request.id.map { id in
              switch result {
              case .success(let result): Response.result(result, id: id)
              case .failure(let error): Response.error(error, id: id)
              }
            })
        })
    }
  }

  private func stampAfterWaiting(
    _ demand: StampDemand, _ failure: NonceWaiter.Failure?
  ) throws(RPCError) -> StampResult {
    if let failure { throw noNonce(demand, "\(failure)", wait: .seconds(1)) }
    if let result = try stamp(demand) { return result }
    throw noNonce(
      demand, "nonces are asked for faster than the state file can be written",
      wait: .milliseconds(100))
  }

  /// Nil where a nonce has to wait for the state file.
  private func stamp(_ demand: StampDemand) throws(RPCError) -> StampResult? {
    let (result, wantsCeiling) = try withEntry(demand.exchange) { entry, host throws(RPCError) in
      (try entry.stamp(demand, at: .read(), host: host), entry.nonces.wantsCeiling)
    }
    if result != nil, wantsCeiling { keeper?.extendNonces() }
    return result
  }

  private func noNonce(_ demand: StampDemand, _ reason: String, wait: Duration) -> RPCError {
    RPCError(
      .overloaded,
      "\(demand.exchange): no nonce can be given that a restart could not repeat: \(reason)",
      exchange: demand.exchange, reason: reason, retryAfterMilliseconds: milliseconds(wait))
  }
}

/// The parameters of `stamp`.
struct StampDemand: Sendable {
  var exchange: String
  /// How old the request will let its timestamp be; nil for the exchange's default.
  var window: Duration?
  /// How far ahead an expiry is to be; nil for the exchange's default.
  var lifetime: Duration?

  init(exchange: String, window: Duration? = nil, lifetime: Duration? = nil) {
    self.exchange = exchange
    self.window = window
    self.lifetime = lifetime
  }

  init(_ parameters: Parameters) throws(RPCError) {
    exchange = try parameters.string("exchange")
    window = try parameters.milliseconds("recv_window_ms", in: 1...600_000)
    lifetime = try parameters.milliseconds("lifetime_ms", in: 1...86_400_000)
  }
}
