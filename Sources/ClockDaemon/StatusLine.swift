internal import ClockCore

/// The one line that `systemctl status` shows.
enum StatusLine {
  static func text(
    _ exchanges: [(id: String, status: ExchangeStatus)], at now: MonotonicInstant
  ) -> String {
    let synchronized = exchanges.count { $0.status.state(at: now) == .synchronized }
    var parts = ["\(synchronized)/\(exchanges.count) exchanges synchronized"]
    let errors = exchanges.compactMap { id, status in
      status.interval(at: now).map { (id: id, error: $0.error) }
    }
    if let worst = errors.max(by: { $0.error < $1.error }) {
      parts.append("worst error ±\(worst.error.shortText) (\(worst.id))")
    }
    if errors.isEmpty, let first = exchanges.first(where: { $0.status.failure != nil }) {
      parts.append("\(first.id): \(first.status.failure?.reason ?? "")")
    }
    if let next = exchanges.map(\.status.nextSync).min() {
      let wait = next - now
      parts.append(wait > .zero ? "next resync in \(wait.shortText)" : "resync under way")
    }
    return parts.joined(separator: ", ")
  }
}
