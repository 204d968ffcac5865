internal import ClockCore
internal import ClockProtocol
internal import DaemonSettings
internal import ExchangeCatalog
internal import JSONDocument
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
      // Who asks the same at the same moment is told the same.
      var told: [(request: PlainRequest, result: [UInt8])] = []
      for request in requests {
        if let same = told.first(where: { $0.request.asksTheSame(as: request) }) {
          Response.write(same.result, id: request.id, to: &output)
          ends.append(output.count)
          continue
        }
        guard let index = content.index(of: request.exchange),
          let result = content.entries[index].result(of: request, at: clocks, host: host)
        else {
          ends.append(nil)
          continue
        }
        Response.write(result, id: request.id, to: &output)
        ends.append(output.count)
        if case .nonce = content.entries[index].settings.definition.rule {
          wantsCeiling = wantsCeiling || content.entries[index].nonces.wantsCeiling
        } else if requests.count > 1 {
          told.append((request, result))
        }
      }
      return wantsCeiling
    }
    if wantsCeiling { keeper?.extendNonces() }
  }
}

extension StatusBoard.Entry {
  /// JSON text.
  fileprivate mutating func result(
    of request: PlainRequest, at clocks: HostClocks, host: HostWatch
  ) -> [UInt8]? {
    // What is refused is found once more, with the words for it.
    do throws(RPCError) {
      var text: [UInt8] = []
      switch request.method {
      case .stamp:
        let window = request.windowMilliseconds.map { Duration.milliseconds($0) }
        let demand = StampDemand(exchange: request.exchange, window: window)
        guard let result = try stamp(demand, at: clocks, host: host) else { return nil }
        result.write(to: &text)
      case .now: try now(at: clocks, host: host, maxError: nil).write(to: &text)
      }
      return text
    } catch {
      return nil
    }
  }
}
