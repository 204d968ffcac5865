internal import ClockCore
internal import ClockProtocol
internal import LinuxSystem

/// Nearly all requests are one of two, alone on their line, and can be answered at once: from the
/// bytes that came in to the bytes that go out, with nothing in between.
extension RequestService {
  /// Appends the lines of the answers to plain requests, the same that `answer(_:for:later:)`
  /// gives, and to `ends` where each of them ends: nil, and nothing is appended, where that one is
  /// to be asked.
  ///
  /// - Parameter clocks: read after the requests.
  func answer(
    _ requests: [PlainRequest], at clocks: HostClocks, to output: inout [UInt8],
    ends: inout [Int?]
  ) {
    let wantsCeiling = board.change { content in
      let host = content.host
      var wantsCeiling = false
      for request in requests {
        let isAnswered =
          content.index(of: request.exchange).map {
            content.entries[$0].answer(
              request, at: clocks, host: host, to: &output, wantsCeiling: &wantsCeiling)
          } ?? false
        ends.append(isAnswered ? output.count : nil)
      }
      return wantsCeiling
    }
    if wantsCeiling { keeper?.extendNonces() }
  }
}

extension StatusBoard.Entry {
  fileprivate mutating func answer(
    _ request: PlainRequest, at clocks: HostClocks, host: HostWatch, to output: inout [UInt8],
    wantsCeiling: inout Bool
  ) -> Bool {
    // What is refused is found once more, with the words for it.
    do throws(RPCError) {
      switch request.method {
      case .stamp:
        let window = request.windowMilliseconds.map { Duration.milliseconds($0) }
        let demand = StampDemand(exchange: request.exchange, window: window)
        guard let result = try stamp(demand, at: clocks, host: host) else { return false }
        Response.write(result, id: request.id, to: &output)
        wantsCeiling = wantsCeiling || nonces.wantsCeiling
      case .now:
        let result = try now(at: clocks, host: host, maxError: nil)
        Response.write(result, id: request.id, to: &output)
      }
      return true
    } catch {
      return false
    }
  }
}
