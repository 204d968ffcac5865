internal import ClockCore
internal import ClockProtocol
internal import JSONDocument

/// The verdict on a refusal, for people.
enum ReportText {
  static func lines(_ report: ReportResult) -> [String] {
    var lines = ["\(report.verdict): \(report.explanation)"]
    lines.append("do:    \(advice(report))")
    if let stamp = report.stamp?["timestamp"] {
      lines.append("stamp: \(stamp.string ?? stamp.text)")
    }
    return lines
  }

  private static func advice(_ report: ReportResult) -> String {
    switch RejectionAction(rawValue: report.action) {
    case .resign: "sign the request again, with a new stamp taken right before it is sent"
    case .resignWiderWindow:
      "sign the request again, with a new stamp taken right before it is sent, and a wider window"
        + (report.stamp?["min_recv_window_ms"]?.integer.map { ": at least \($0) ms" } ?? "")
    case .wait:
      "send \(report.exchange) nothing for "
        + (report.retryAfterMilliseconds.map(Text.milliseconds) ?? "as long as it says")
    case .checkKey: "check the key: its permissions, addresses, expiry and nonces"
    case .checkSignature: "check the secret, and the text that is signed, byte by byte"
    case .checkFormat: "check how the timestamp and the window are written: unit, form and limits"
    case .some(.none): "nothing that this daemon can recommend"
    case nil: report.action
    }
  }
}
