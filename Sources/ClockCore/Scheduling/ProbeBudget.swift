/// At most so many probes in any minute, whoever asks for them.
package struct ProbeBudget: Sendable, Hashable {
  /// Probes allowed within any 60 s.
  package private(set) var probesPerMinute: Int

  /// The instants of the last `probesPerMinute` probes, oldest first: when each was over, or sent
  /// where it is still on its way.
  private var recent: [MonotonicInstant] = []

  package init(probesPerMinute: Int) {
    precondition(probesPerMinute > 0, "a budget of nothing would never probe")
    self.probesPerMinute = probesPerMinute
  }

  /// Allows another number from now on; what was spent stays spent.
  package mutating func allow(probesPerMinute: Int) {
    precondition(probesPerMinute > 0, "a budget of nothing would never probe")
    self.probesPerMinute = probesPerMinute
    recent = recent.suffix(probesPerMinute)
  }

  /// With what was spent before, oldest first.
  package init(probesPerMinute: Int, spent: [MonotonicInstant]) {
    self.init(probesPerMinute: probesPerMinute)
    recent = spent.suffix(probesPerMinute)
  }

  /// The instants of the probes within the minute up to the last one, oldest first.
  package var spent: [MonotonicInstant] {
    guard let last = recent.last else { return [] }
    return recent.filter { last - $0 < .seconds(60) }
  }

  package mutating func spend(at now: MonotonicInstant) {
    if recent.count == probesPerMinute { recent.removeFirst() }
    recent.append(now)
  }

  /// The last one is over. It may have waited for a thread or been long on its way, and whoever it
  /// was sent to has counted it by now: a minute from here on is a minute there.
  package mutating func end(at now: MonotonicInstant) {
    guard !recent.isEmpty else { return }
    recent[recent.count - 1] = now
  }

  /// How long until `count` probes may be sent; zero when they may be sent now.
  package func wait(for count: Int, at now: MonotonicInstant) -> Duration {
    let excess = recent.count + min(count, probesPerMinute) - probesPerMinute
    guard excess > 0 else { return .zero }
    return max(recent[excess - 1] + .seconds(60) - now, .zero)
  }
}
