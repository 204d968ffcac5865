internal import ClockCore

/// Whose long work is done.
extension ServerLoop {
  mutating func startLongWork() {
    guard longAccount == nil, let (connection, account) = long.next() else { return }
    longAccount = account
    long.hold(account)
    connection.longWork?()
  }

  /// The long work that was started last took so much time.
  mutating func longWorkIsOver(after time: Duration) {
    if let longAccount {
      long.spend(Int(time.wholeNanoseconds), by: longAccount)
      long.leave(longAccount)
    }
    longAccount = nil
    startLongWork()
  }
}
