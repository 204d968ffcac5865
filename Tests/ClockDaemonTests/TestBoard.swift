import ClockCore
import ClockProtocol
import DaemonSettings
import ExchangeCatalog
import JSONDocument
import LinuxSystem
import Synchronization
import Testing

@testable import ClockDaemon

/// A board made by hand, and a service that answers from it.
///
/// `binance` and `kraken` are synchronized, 250 ms ahead of this host within 10 ms; `okx` never had
/// a sample; `bybit` is in holdover.
struct TestBoard {
  let board: StatusBoard
  let service: RequestService

  /// Who was asked to resync, in order.
  let resyncs = Mutexed([String?]())

  /// Whose clock was to be read anew because of a report, and why.
  let doubts = Mutexed([(id: String, doubt: RejectionService.Doubt)]())

  final class Mutexed<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func change<Result: Sendable>(_ change: (inout Value) -> Result) -> Result {
      value.withLock { change(&$0) }
    }
  }

  init(
    resync: (
      @Sendable (String?, @escaping @Sendable (Result<JSONValue, RPCError>) -> Void) -> Void
    )? = nil, reading: RejectionService.Reading? = nil, following other: String? = nil
  ) throws {
    let clocks = HostClocks.read()
    let failure = ProbeFailure(reason: "no answer within 5 s")
    // They are looked up in the order of their ids.
    let another = try other.map { [try Self.entry($0, Self.status(at: clocks))] } ?? []
    precondition(other.map { ("binance"..<"bybit").contains($0) } ?? true)
    let entries =
      [
        try Self.entry("binance", Self.status(at: clocks))
      ] + another + [
        try Self.entry("bybit", Self.status(at: clocks, failure: failure)),
        try Self.entry("kraken", Self.status(at: clocks)),
        try Self.entry("okx", Self.empty(at: clocks)),
      ]
    board = StatusBoard(entries: entries, host: HostWatch(at: clocks))
    let resyncs = resyncs
    let doubts = doubts
    service = RequestService(
      board: board, catalog: ExchangeCatalog.builtIn,
      resync: { id, _, done in
        resyncs.change { $0.append(id) }
        if let resync { resync(id, done) } else { done(.success(["resynced": .bool(true)])) }
      },
      rejections: RejectionService(board: board) { id, doubt, done in
        doubts.change { $0.append((id, doubt)) }
        done(reading ?? .isFresh)
      })
  }

  static func entry(_ id: String, _ status: ExchangeStatus) throws -> StatusBoard.Entry {
    let definition = try #require(ExchangeCatalog.definition(of: id))
    return StatusBoard.Entry(
      settings: ExchangeSettings(definition, like: DaemonSettings()), status: status)
  }

  static func empty(at clocks: HostClocks) -> ExchangeStatus {
    ExchangeStatus(settings: TrackerSettings(), nextSync: clocks.raw)
  }

  static func status(
    at clocks: HostClocks, ahead: Duration = .milliseconds(250),
    error: Duration = .milliseconds(10), failure: ProbeFailure? = nil
  ) throws -> ExchangeStatus {
    var status = empty(at: clocks)
    let theta =
      AnchoredOffset(
        nanoseconds: clocks.local.nanoseconds - clocks.raw.nanoseconds) + ahead
    status.clock = IntervalClock(
      asOf: clocks.raw,
      interval: try #require(OffsetInterval(lower: theta - error, upper: theta + error)),
      drift: DriftBound(partsPerMillion: 100))
    status.failure = failure
    status.failures = failure == nil ? 0 : 2
    status.samples = 8
    status.shortestRoundTrip = .milliseconds(19)
    status.lastRoundTrip = .milliseconds(21)
    status.lastSync = clocks.raw
    status.nextSync = clocks.raw + .seconds(3_240)
    return status
  }

  // MARK: Asking

  /// The answer's line, which must be there at once.
  ///
  /// - Parameter user: who asks.
  func ask(_ line: String, as user: UInt32? = nil) throws -> String? {
    let session = Session(user: user)
    guard case .now(let reply) = service.answer(Array(line.utf8), for: session, later: { _ in })
    else {
      Issue.record("the answer comes later")
      return nil
    }
    return reply?.text
  }

  func call(_ method: String, _ params: String = "{}") throws -> JSONValue {
    let line = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"\(method)\",\"params\":\(params)}"
    let reply = try JSONValue(parsing: try #require(try ask(line)))
    #expect(reply["jsonrpc"] == "2.0")
    #expect(reply["id"] == 7)
    return reply
  }
}
