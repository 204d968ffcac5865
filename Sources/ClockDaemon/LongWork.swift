internal import ClockCore
internal import ClockProtocol
internal import Dispatch
internal import LinuxSystem

/// Answers what takes long on a thread of its own, so that the thread of the
/// socket goes on meanwhile: which of the two the processor has is for the kernel to say, and it
/// prefers one that sleeps most of the time.
final class LongWork: Sendable {
  /// What there is for the thread of the socket to do then.
  enum Outcome: Sendable {
    /// With what was wrong, for the log.
    case answered(Response?, complaint: String?)
    /// It has to do with what came before on its connection, and is to be answered there.
    case read(Message)
  }

  /// Bytes of a line that is read at once: a tenth of a millisecond.
  static let longLine = 4096
  /// Exchanges of which a list is made at once: the same.
  static let manyExchanges = 16

  private let queue = DispatchQueue(label: "long work")

  /// Reads a line and answers it.
  ///
  /// - Parameters:
  ///   - over: called once the thread is free again, with the time that this took.
  ///   - done: called once, on any thread.
  func read(
    _ line: [UInt8], for user: UInt32?, _ service: RequestService,
    over: @escaping @Sendable (Duration) -> Void, done: @escaping @Sendable (Outcome) -> Void
  ) {
    run(over) {
      let message = Message(line: line)
      if message.isAboutItsConnection {
        done(.read(message))
      } else {
        Self.answer(message, for: user, service, done: done)
      }
    }
  }

  /// Answers what was read.
  ///
  /// - Parameters:
  ///   - over: called once the thread is free again, with the time that this took.
  ///   - done: called once, on any thread.
  func answer(
    _ message: Message, for user: UInt32?, _ service: RequestService,
    over: @escaping @Sendable (Duration) -> Void, done: @escaping @Sendable (Outcome) -> Void
  ) {
    run(over) { Self.answer(message, for: user, service, done: done) }
  }

  private func run(
    _ over: @escaping @Sendable (Duration) -> Void, _ work: @escaping @Sendable () -> Void
  ) {
    queue.async {
      let began = HostClocks.threadTime()
      work()
      over(HostClocks.threadTime() - began)
    }
  }

  private static func answer(
    _ message: Message, for user: UInt32?, _ service: RequestService,
    done: @escaping @Sendable (Outcome) -> Void
  ) {
    let session = Session(user: user)
    let answer = service.answer(message, for: session) { done(.answered($0, complaint: nil)) }
    if case .now(let response) = answer { done(.answered(response, complaint: session.complaint)) }
  }
}

extension Message {
  fileprivate var requests: [RequestOrFault] {
    switch self {
    case .single(let request): [request]
    case .batch(let requests): requests
    }
  }

  /// Of a batch: fewer where they are made by the thread of the socket.
  var mostLists: Int { isAboutItsConnection ? 2 : Self.mostListsInABatch }

  fileprivate var isAboutItsConnection: Bool {
    requests.contains { request in
      guard case .success(let request) = request else { return false }
      return request.isAboutItsConnection
    }
  }

  /// Whether the answer takes long, and may be given elsewhere.
  ///
  /// - Parameter exchanges: how many are followed.
  func isLongWork(exchanges: @autoclosure () -> Int) -> Bool {
    guard !isAboutItsConnection else { return false }
    // What is no request is no work: it is answered with its fault in its turn.
    let all = requests.compactMap { try? $0.get() }
    // It gets no list, and is carried out even if its client is gone.
    guard !all.contains(where: { $0.id == nil && $0.method == Method.resync.rawValue }) else {
      return false
    }
    let lists = all.filter(\.asksForAList).map(\.method)
    return lists.contains(Method.exchanges.rawValue)
      || !lists.isEmpty && lists.count * exchanges() > LongWork.manyExchanges
  }
}

extension Request {
  fileprivate var isAboutItsConnection: Bool {
    method == Method.subscribe.rawValue || method == Method.unsubscribe.rawValue
  }
}
