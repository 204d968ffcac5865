internal import ClockProtocol
internal import ExchangeClock
internal import LinuxSystem

/// What is said where no daemon answers.
enum NoDaemon {
  static func verdict(
    _ failure: DaemonConnection.Failure, socket: String, _ facts: HostFacts
  ) -> VerdictResult {
    var summary = "exchange-clockd is not running: nothing is known of any exchange's clock"
    var command = "sudo systemctl start exchange-clockd"
    var help = "Only the daemon can tell what time the exchanges believe it is."
    var evidence = "\(socket): \(failure)"
    switch failure {
    case .unreachable(let error):
      evidence = "\(error)"
      if error.isForbidden {
        summary = "exchange-clockd may not be asked by this user"
        command = "sudo usermod -aG exchange-clock \"$USER\""
        help = "Members of the daemon's group may; from the next login on."
      } else if facts.container != nil {
        command += "  # on the container's host"
        help += " In a container, mount the directory of the host's socket."
      }
    case .closed, .timedOut, .refused:
      summary = "exchange-clockd does not answer: nothing is known of any exchange's clock"
      command = "journalctl -u exchange-clockd -n 50"
    }
    return VerdictResult(
      .unknown, causes: [.noDaemon], summary: summary,
      evidence: [evidence, HostText.kernel(facts), HostText.timeDaemons(facts)],
      explanation: help, nextCommand: command)
  }
}
