import ClockCore
import ClockProtocol
import DaemonSettings
import ExchangeCatalog
import JSONDocument
import LinuxSystem

@testable import ClockDaemon

/// Every line has an answer or is a notification; every answer is one line of JSON-RPC. What the
/// quick way reads, the other one reads alike.
struct RequestTarget: Sendable {
  let service = FuzzedDaemon().service

  func run(_ bytes: [UInt8]) {
    let session = Session()
    for line in bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 4) {
      let answer = service.answer(Array(line), for: session) { _ in }
      compare(Array(line), answer)
      guard case .now(let response?) = answer else { continue }
      let text = response.text
      if text.utf8.contains(UInt8(ascii: "\n")) { violated("an answer is one line", text) }
      guard let json = try? JSONValue(parsing: text) else {
        violated("an answer is JSON", text)
      }
      for one in json.array ?? [json] {
        if one["jsonrpc"] != "2.0" || (one["result"] == nil) == (one["error"] == nil)
          || one["id"] == nil
        {
          violated("an answer has an id, and a result or an error", text)
        }
        if let error = one["error"], RPCError(json: error) == nil {
          violated("an error's code is one of the documented", text)
        }
      }
    }
  }
}

extension RequestTarget {
  private func compare(_ line: [UInt8], _ answer: RequestService.Answer) {
    var output: [UInt8] = []
    var ends: [Int?] = []
    (line + [UInt8(ascii: "\n")]).withUnsafeBufferPointer {
      guard let request = PlainRequest(line: $0) else { return }
      // Twice, as a batch tells one computation to who asks the same.
      service.answer([request, request], at: .read(), to: &output, ends: &ends)
    }
    guard !ends.isEmpty else { return }
    if ends.count != 2 || (ends.compactMap { $0 }.last ?? 0) != output.count {
      violated("the quick way answers or leaves nothing")
    }
    let text = String(decoding: output, as: UTF8.self)
    for mine in output.split(separator: UInt8(ascii: "\n")) {
      compare(Array(mine), answer, text)
    }
  }

  private func compare(_ line: [UInt8], _ answer: RequestService.Answer, _ text: String) {
    guard case .now(let other?) = answer, let mine = try? JSONValue(parsing: line),
      let theirs = try? JSONValue(parsing: other.text), mine["id"] == theirs["id"],
      let result = mine["result"], let otherResult = theirs["result"],
      result["exchange"] == otherResult["exchange"],
      result["recv_window_ms"] == otherResult["recv_window_ms"],
      (result["timestamp"] == nil) == (otherResult["timestamp"] == nil)
    else { violated("both ways answer alike", text) }
  }
}

/// A service that answers from a board made by hand: `binance`, `bybit` and `kraken` synchronized,
/// `okx` without a sample.
struct FuzzedDaemon: Sendable {
  let service: RequestService

  init() {
    let clocks = HostClocks.read()
    let entries = ["binance", "bybit", "kraken", "okx"].compactMap { id in
      ExchangeCatalog.definition(of: id).map {
        StatusBoard.Entry(
          settings: ExchangeSettings($0, like: DaemonSettings()),
          status: Self.status(isEmpty: id == "okx", at: clocks))
      }
    }
    let board = StatusBoard(entries: entries, host: HostWatch(at: clocks))
    service = RequestService(
      board: board, catalog: ExchangeCatalog.builtIn,
      resync: { _, _, done in done(.success(["resynced": .bool(true)])) },
      rejections: RejectionService(board: board) { _, _, done in done(.isFresh) })
  }

  private static func status(isEmpty: Bool, at clocks: HostClocks) -> ExchangeStatus {
    var status = ExchangeStatus(settings: TrackerSettings(), nextSync: clocks.raw)
    let theta = AnchoredOffset(
      nanoseconds: clocks.local.nanoseconds - clocks.raw.nanoseconds)
    guard !isEmpty,
      let interval = OffsetInterval(
        lower: theta - .milliseconds(10), upper: theta + .milliseconds(10))
    else { return status }
    status.clock = IntervalClock(
      asOf: clocks.raw, interval: interval, drift: DriftBound(partsPerMillion: 100))
    status.samples = 8
    status.shortestRoundTrip = .milliseconds(19)
    status.lastRoundTrip = .milliseconds(21)
    status.lastSync = clocks.raw
    status.nextSync = clocks.raw + .seconds(86_400)
    return status
  }
}
