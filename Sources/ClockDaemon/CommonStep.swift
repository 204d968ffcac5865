internal import ClockCore

/// Whether most exchanges have jumped alike: then it is this host's clock that moved.
struct CommonStep {
  /// How far jumps may be apart to count as one.
  static let likeness = Duration.seconds(1)

  /// How long an exchange may take to find out: longer than the longest back-off.
  static let memory = Duration.seconds(3600)

  /// The last jump of one exchange's clock, believed or not.
  struct Jump: Sendable, Equatable {
    var size: Duration
    var at: MonotonicInstant
    /// It was believed; else it awaits that others have jumped alike.
    var isAccepted: Bool
  }

  /// - Parameter jumps: of all exchanges; nil where there was none.
  /// - Returns: the exchanges whose jump is to be believed: those that jumped alike, when they are
  ///   at least two and more than half of all, less those that are believed already.
  static func indices(among jumps: [Jump?], at now: MonotonicInstant) -> [Int] {
    let recent = jumps.map { jump in jump.flatMap { now - $0.at <= memory ? $0 : nil } }
    for jump in recent.compactMap(\.self) {
      let alike = recent.indices.filter { index in
        recent[index].map { abs($0.size - jump.size) <= likeness } ?? false
      }
      let awaiting = alike.filter { recent[$0]?.isAccepted == false }
      if alike.count > 1, alike.count * 2 > jumps.count, !awaiting.isEmpty { return awaiting }
    }
    return []
  }
}
