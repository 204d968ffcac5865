internal import ClockCore
internal import ClockProtocol
internal import JSONDocument
internal import LinuxSystem

/// What the requests of one connection have to do with one another. Belongs to the socket's thread.
final class Session {
  static let mostSubscriptions = 16

  /// Shared with all other connections.
  let feed: OffsetFeed

  private(set) var subscriptions: [Subscription] = []
  private var lastID: Int64 = 0

  /// Whose process is at the other end; nil where that cannot be told.
  let user: UInt32?

  /// What was wrong with the last line, for the log; nil when nothing was.
  var complaint: String?

  /// An answer that names a subscription is still being worked on: nothing is told before it.
  var isAnswerPending = false

  /// Bytes that were to be told since the client last took what waited for it.
  private(set) var untold = 0

  init(feed: OffsetFeed = OffsetFeed(), user: UInt32? = nil) {
    self.feed = feed
    self.user = user
  }

  /// How many subscriptions there have been.
  var began: Int64 { lastID }

  /// - Parameters:
  ///   - least: changes of less are not told, ns.
  ///   - refresh: brings the feed up to date.
  func subscribe(
    to exchanges: Set<String>?, leastChange: Int64, refresh: () -> Void = {}
  ) throws(RPCError) -> Subscription {
    guard subscriptions.count < Self.mostSubscriptions else {
      throw RPCError(
        .overloaded, "a connection holds at most \(Self.mostSubscriptions) subscriptions")
    }
    refresh()
    lastID += 1
    let subscription = Subscription(
      id: lastID, exchanges: exchanges, leastChange: leastChange, of: feed)
    subscriptions.append(subscription)
    return subscription
  }

  func unsubscribe(_ id: Int64) throws(RPCError) {
    guard let index = subscriptions.firstIndex(where: { $0.id == id }) else {
      throw RPCError(.invalidParams, "subscription: there is no \(id) on this connection")
    }
    subscriptions.remove(at: index)
  }

  /// Notes what has changed in the feed.
  func look() {
    for index in subscriptions.indices { untold += subscriptions[index].look(at: feed) }
  }

  /// What there is to tell now, newest values only; to be called when nothing else waits for the
  /// client.
  func lines() -> [UInt8] {
    guard !isAnswerPending else { return [] }
    untold = 0
    var lines: [UInt8] = []
    for index in subscriptions.indices where subscriptions[index].owesAnything {
      lines += subscriptions[index].lines(from: feed)
    }
    return lines
  }
}
