internal import ClockCore

/// Whose long work is done.
extension ServerLoop {
  mutating func startLongWork() {
    while longAccount == nil, let (work, account) = long.next() {
      guard !work.connection.isClosed else { continue }
      longAccount = account
      work.start()
    }
  }

  /// The long work that was started last took so much time.
  mutating func longWorkIsOver(after time: Duration) {
    if let longAccount { long.spend(Int(time.wholeNanoseconds), by: longAccount) }
    longAccount = nil
    startLongWork()
  }
}
