internal import ClockCore
internal import ClockProtocol
internal import JSONDocument
internal import LinuxSystem
internal import Synchronization

/// Offsets as they change, from `ExchangeClock.updates`; may be iterated once.
///
/// The iteration throws a `ClockError` where the daemon refuses: `unknownExchange`,
/// `invalidParams`, `overloaded`; but once it has begun, a daemon that has too many clients is
/// tried again as one that is away.
public struct ClockUpdates: AsyncSequence, Sendable {
  public typealias Element = ClockOffset
  public typealias Failure = ClockError

  /// Of a reader that does not read, so many are kept.
  private static let mostWaiting = 4096

  private let stream: AsyncThrowingStream<ClockOffset, any Error>

  init(socketPath: String, timeout: Duration, params: JSONValue) {
    stream = AsyncThrowingStream(bufferingPolicy: .bufferingNewest(Self.mostWaiting)) {
      let subscriber = Subscriber(
        socketPath: socketPath, timeout: timeout, params: params, continuation: $0)
      $0.onTermination = { _ in subscriber.cancel() }
      do throws(SystemError) {
        try Thread.start(named: "clock-updates") { subscriber.run() }
      } catch {
        $0.finish(throwing: ClockError(.unreachable, "no updates: \(error)"))
      }
    }
  }

  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate var base: AsyncThrowingStream<ClockOffset, any Error>.AsyncIterator

    /// Nil once the task was cancelled.
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(ClockError) -> ClockOffset? {
      do {
        return try await base.next(isolation: actor)
      } catch {
        throw error as? ClockError ?? ClockError(.unreachable, "\(error)")
      }
    }

    public mutating func next() async throws(ClockError) -> ClockOffset? {
      try await next(isolation: nil)
    }
  }

  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(base: stream.makeAsyncIterator())
  }
}

/// What `subscribe` is answered with.
struct Subscribed {
  var subscription: Int64
  var offsets: [ClockOffset]

  init(_ result: JSONValue) throws(ClockError) {
    let members = try Members(result)
    subscription = try members.value("subscription", \.integer)
    offsets = try Members.list(members.value("offsets") { $0 }, ClockOffset.init)
  }
}

/// Subscribes, and subscribes anew whenever the daemon comes back.
private final class Subscriber: Sendable {
  /// Between two attempts to reach a daemon.
  private static let pause = Duration.milliseconds(200)
  /// The same where it has too many clients.
  private static let longPause = Duration.seconds(1)
  /// After which a thread that waits sees that it is to end.
  private static let patience = Duration.seconds(1)

  private let socketPath: String
  private let timeout: Duration
  private let params: JSONValue
  private let continuation: AsyncThrowingStream<ClockOffset, any Error>.Continuation
  private let isCancelled = Atomic(false)

  init(
    socketPath: String, timeout: Duration, params: JSONValue,
    continuation: AsyncThrowingStream<ClockOffset, any Error>.Continuation
  ) {
    (self.socketPath, self.timeout) = (socketPath, timeout)
    (self.params, self.continuation) = (params, continuation)
  }

  func cancel() {
    isCancelled.store(true, ordering: .relaxed)
  }

  func run() {
    var hasBegun = false
    while !isCancelled.load(ordering: .relaxed) {
      do throws(ClockError) {
        try follow(&hasBegun)
      } catch {
        switch error.code {
        // The daemon is away, or restarting, or it was cut off as it did not read.
        case .unreachable, .timedOut: pause(Self.pause)
        case .overloaded where hasBegun: pause(Self.longPause)
        default: return continuation.finish(throwing: error)
        }
      }
    }
    continuation.finish()
  }

  private func pause(_ duration: Duration) {
    let end = HostClocks.monotonic() + duration
    while HostClocks.monotonic() < end, !isCancelled.load(ordering: .relaxed) {
      Thread.pause(for: Self.pause)
    }
  }

  /// Until the connection ends.
  private func follow(_ hasBegun: inout Bool) throws(ClockError) {
    var connection = try connect()
    let request = Request(id: 1, method: ClockProtocol.Method.subscribe.rawValue, params: params)
    let deadline = HostClocks.monotonic() + timeout
    try send(request.line, &connection)
    var answer: [UInt8]
    repeat {
      guard let line = try nextLine(&connection, until: deadline) else { return }
      answer = line
    } while try Answer.isNotification(answer)
    for offset in try Subscribed(try Answer.result(of: answer, id: 1)).offsets {
      continuation.yield(offset)
    }
    hasBegun = true
    while let line = try nextLine(&connection) {
      guard let told = try Answer.notification(of: line) else { continue }
      continuation.yield(told.offset)
    }
  }

  private func connect() throws(ClockError) -> DaemonConnection {
    do throws(DaemonConnection.Failure) {
      return try DaemonConnection(to: socketPath, patience: min(Self.patience, timeout))
    } catch {
      throw ClockError(error, socketPath: socketPath)
    }
  }

  private func send(_ line: String, _ connection: inout DaemonConnection) throws(ClockError) {
    do throws(DaemonConnection.Failure) {
      try connection.tell(line)
    } catch {
      throw ClockError(error, socketPath: socketPath)
    }
  }

  /// Nil where nobody wants it any more.
  private func nextLine(
    _ connection: inout DaemonConnection, until deadline: MonotonicInstant? = nil
  ) throws(ClockError) -> [UInt8]? {
    while !isCancelled.load(ordering: .relaxed) {
      do throws(DaemonConnection.Failure) {
        return try connection.receive()
      } catch {
        guard case .timedOut = error, deadline.map({ HostClocks.monotonic() < $0 }) ?? true else {
          throw ClockError(error, socketPath: socketPath)
        }
      }
    }
    return nil
  }
}
