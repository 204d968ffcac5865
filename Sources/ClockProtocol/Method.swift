/// What the daemon can be asked.
package enum Method: String, Sendable, CaseIterable {
  case stamp
  case now
  case offset
  case offsets
  case convert
  case subscribe
  case unsubscribe
  case resync
  case report
  case history
  case health
  case exchanges

  /// The names of the parameters that the method takes.
  package var parameters: [String] {
    switch self {
    case .stamp: ["exchange", "recv_window_ms", "lifetime_ms"]
    case .now: ["exchange", "max_error_ms"]
    case .offset: ["exchange"]
    case .convert: ["exchange", "local_us"]
    case .subscribe: ["exchanges", "min_change_us"]
    case .unsubscribe: ["subscription"]
    case .resync: ["exchange", "accept_step"]
    case .report:
      ["exchange", "code", "http_status", "message", "timestamp", "recv_window_ms"]
    case .history: ["exchange", "since_us", "after", "limit"]
    case .offsets, .health, .exchanges: []
    }
  }
}
