internal import LinuxSystem

extension ClockDaemon {
  /// Tells, once, that the file of the socket is lost, and that it is there again.
  func lookAtSocket() {
    let problem = socket.problem
    guard problem != board.read().socketProblem else { return }
    board.change { $0.socketProblem = problem }
    if let problem {
      Log.write(.error, problem, .socketLost)
    } else {
      Log.write(.info, "the socket \(socket.path) is there again", .socketLost)
    }
  }
}
