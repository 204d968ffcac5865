internal import ClockCore
internal import ClockProtocol
internal import LinuxSystem

/// Nearly all requests are one of two, alone on their line, and can be answered at once: from the
/// bytes that came in to the bytes that go out, with nothing in between.
extension RequestService {
  /// Appends the line of the answer to a plain request, the same that `answer(_:for:later:)` gives;
  /// false, and nothing is appended, where that one is to be asked.
  ///
  /// - Parameter clocks: read after the request.
  func answer(_ request: PlainRequest, at clocks: HostClocks, to output: inout [UInt8]) -> Bool {
    // What is refused is found once more, with the words for it.
    do throws(RPCError) {
      switch request.method {
      case .stamp:
        let window = request.windowMilliseconds.map { Duration.milliseconds($0) }
        let demand = StampDemand(exchange: request.exchange, window: window)
        return try stamp(demand, at: clocks) { Response.write($0, id: request.id, to: &output) }
      case .now:
        let result = try now(of: request.exchange, at: clocks, maxError: nil)
        Response.write(result, id: request.id, to: &output)
        return true
      }
    } catch {
      return false
    }
  }
}
