internal import ClockCore
internal import LinuxSystem

/// Who is told what changes.
extension ServerLoop {
  /// Somebody wants to be told what changes.
  var hasSubscribers: Bool { !subscribers.isEmpty }

  /// Tells all subscribers what has changed, in turns with the requests: what is newest then.
  mutating func tell(_ content: StatusBoard.Content) {
    feed.refresh(content, at: .read())
    isMoreUntold = true
    queueNews()
  }

  /// - Returns: about what was done.
  mutating func tellSome() -> Int {
    isNewsQueued = false
    if untold.isEmpty, isMoreUntold {
      untold = Array(subscribers)
      isMoreUntold = false
    }
    var work = Work.turn
    while work < Work.bulkAtATime, let token = untold.popLast() {
      guard let connection = connections[token] else { continue }
      let waitingBytes = connection.waitingBytes
      connection.tell()
      work += Work.turn + Work.answer(bytes: connection.waitingBytes - waitingBytes)
      settle(connection)
    }
    if !untold.isEmpty || isMoreUntold { queueNews() }
    return work
  }

  private mutating func queueNews() {
    guard !isNewsQueued else { return }
    isNewsQueued = true
    turns.append(.news, to: news)
  }
}
