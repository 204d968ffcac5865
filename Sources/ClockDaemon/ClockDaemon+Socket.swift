internal import LinuxSystem

extension ClockDaemon {
  /// Makes the socket's file anew where it is lost; tells, once, that it is lost, and that it is
  /// there again.
  func lookAtSocket(of server: SocketServer) {
    let finding = socket.look { another throws(SystemError) in try server.listen(at: another) }
    let known = board.read().socketProblem
    let problem: String? = if case .isLost(let text) = finding { text } else { nil }
    if problem != known { board.change { $0.socketProblem = problem } }
    switch finding {
    case .isLost(let text):
      if text != known { Log.write(.error, text, .socketLost) }
    case .isMadeAnew:
      Log.write(
        .warning, "the socket \(socket.path) was gone: it is made anew, clients can connect again",
        .socketLost)
    case .isThere:
      if known != nil { Log.write(.info, "the socket \(socket.path) is there again", .socketLost) }
    }
  }
}
