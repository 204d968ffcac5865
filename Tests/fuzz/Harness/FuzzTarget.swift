/// What is fed with inputs; named by the first argument of the program.
enum FuzzTarget: String, CaseIterable {
  /// What comes in over a connection, cut into pieces and put together to lines.
  case lines

  /// Lines as clients send them, answered by the daemon's own service.
  case request

  /// The first byte chooses an exchange; then the answer to a probe: headers, an empty line, a body.
  case response

  /// A configuration file.
  case settings

  /// The second line of a state file, to which the first one is made; or a whole file.
  case state

  /// The entries of a history file.
  case history

  /// A file where the shared page is expected.
  case page

  /// A refusal as a bot reports it, of the exchange that the first byte chooses.
  case report

  var run: @Sendable ([UInt8]) -> Void {
    switch self {
    case .lines: LinesTarget.run
    case .request: RequestTarget().run
    case .response: ResponseTarget.run
    case .settings: SettingsTarget.run
    case .state: StateTarget().run
    case .history: HistoryTarget.run
    case .page: PageTarget().run
    case .report: ReportTarget().run
    }
  }
}

/// An input for which something does not hold that must always hold.
func violated(_ promise: String, _ details: String = "") -> Never {
  fatalError("violated: \(promise) \(details)")
}
