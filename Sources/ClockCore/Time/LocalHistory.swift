/// When CLOCK_REALTIME showed what, over the last hour: to which instants of CLOCK_MONOTONIC_RAW a
/// past reading may belong.
///
/// Problem: a bot has noted by its own clock when something happened, and that clock was slewed or
/// set since.
///
/// Symbols: r an instant of CLOCK_MONOTONIC_RAW, l what CLOCK_REALTIME shows at it; lead = l - r.
///
/// Model: the clocks are looked at once a second, and at once when CLOCK_REALTIME is set. That it
/// was set shows exactly: it changes CLOCK_REALTIME - CLOCK_MONOTONIC, which slewing does not.
/// Between two looks
///
///     it was not set     l only grows, and the lead stays within what it was at the two looks,
///                        widened by `straying`: a slew is followed whatever its rate
///     it was set         when between the two is not known: a reading that may be from there is
///                        refused
///
/// A reading that the clock showed twice, because it was set back, belongs to two instants, and is
/// refused; so is one that it never showed, because it was set ahead.
///
/// Assumption: a slew that reverses its direction between two looks does so at no more than
/// 500 ppm, the most that an NTP daemon steers the kernel's frequency by.
package struct LocalHistory: Sendable {
  /// The clocks read at one moment.
  package struct Look: Sendable, Hashable {
    /// CLOCK_MONOTONIC_RAW before and after the others.
    package var first: MonotonicInstant
    package var last: MonotonicInstant
    package var local: LocalInstant
    /// CLOCK_REALTIME - CLOCK_MONOTONIC.
    package var setting: ClockLead

    package init(
      first: MonotonicInstant, last: MonotonicInstant, local: LocalInstant, setting: ClockLead
    ) {
      self.first = first
      self.last = last
      self.local = local
      self.setting = setting
    }
  }

  /// Why a reading belongs to no instant that can be told.
  package enum Refusal: Error, Sendable, Hashable {
    /// Not shown yet: neither before the clock was set back.
    case inTheFuture(by: Duration)
    /// Nothing is known of the time before `earliest`.
    case tooLongAgo(earliest: LocalInstant)
    /// The clock was set about then.
    case nearSetting
    /// The clock was set ahead over this reading.
    case neverShown
    /// The clock was set back, and showed this reading before and after.
    case shownTwice
  }

  private struct Mark: Sendable {
    var first: MonotonicInstant
    var last: MonotonicInstant
    var local: LocalInstant
    /// The clock was set between the look before and this one.
    var isSetBefore: Bool

    init(_ look: Look, isSetBefore: Bool) {
      first = look.first
      last = look.last
      local = look.local
      self.isSetBefore = isSetBefore
    }
  }

  /// Oldest first; never empty.
  private var marks: [Mark]
  /// Of the newest.
  private var setting: ClockLead

  /// How far into the past readings are placed.
  package static let reach = Duration.seconds(3600)

  /// Looks kept, at most: one a second, and some for the times the clock is set.
  static let capacity = 4096

  /// CLOCK_REALTIME - CLOCK_MONOTONIC may be read so badly.
  private static let settingError = Duration.microseconds(1)
  private static let strayingPPM = 500
  /// A reading is told in whole microseconds, rounded down.
  private static let readingQuantum = Duration.nanoseconds(999)

  package init(at look: Look) {
    marks = [Mark(look, isSetBefore: false)]
    setting = look.setting
  }

  /// - Parameter wasSet: the kernel has told that the clock was set since the last look.
  package mutating func looked(_ look: Look, wasSet: Bool = false) {
    let isSet = isSet(before: look)
    marks.append(Mark(look, isSetBefore: wasSet || isSet))
    setting = look.setting
    // Not one by one, which would move all of them each time.
    guard marks.count > Self.capacity else { return }
    let oldest = look.last - Self.reach
    let old = marks.firstIndex { $0.last >= oldest } ?? 0
    marks.removeFirst(max(old, Self.capacity / 8))
  }

  private func isSet(before look: Look) -> Bool {
    var known = setting
    return known.look(look.setting, tolerance: Self.settingError) != .none
  }

  /// The instants at which CLOCK_REALTIME may have shown `local`, which is rounded down to whole
  /// microseconds.
  ///
  /// - Parameter now: the clocks at this moment.
  package func instants(
    showing local: LocalInstant, now: Look
  ) throws(Refusal) -> ClosedRange<MonotonicInstant> {
    let latest = local + Self.readingQuantum
    let oldest = now.last - Self.reach
    // The first stretch between two looks ends with the second look, the last one now.
    let end = Mark(now, isSetBefore: isSet(before: now))
    let start = marks.dropFirst().firstIndex { $0.last >= oldest } ?? marks.count
    var found: ClosedRange<MonotonicInstant>?
    for index in start...marks.count {
      let (before, after) = (marks[index - 1], index < marks.count ? marks[index] : end)
      let length = after.last - before.first
      let straying = length * Self.strayingPPM / 2_000_000
      if after.isSetBefore {
        // It may have gone on as it was, or been set right after the look before; at any rate that
        // the kernel slews at.
        let most = length * 5 / 4
        let isOld = latest > before.local && local <= before.local + most
        let isNew = latest >= after.local - most && local < after.local
        if isOld || isNew { throw .nearSetting }
      } else if latest >= before.local, local <= after.local {
        let least = min(before.local - before.last, after.local - after.last)
        let most = max(before.local - before.first, after.local - after.first)
        let range =
          max(
            local.shown(most + straying), before.first)...min(
            latest.shown(least - straying), after.last)
        guard range.lowerBound <= found?.upperBound ?? range.lowerBound else { throw .shownTwice }
        found =
          (found ?? range).lowerBound...max(found?.upperBound ?? range.upperBound, range.upperBound)
      }
    }
    if let found { return found }
    guard local <= now.local else { throw .inTheFuture(by: local - now.local) }
    let earliest = marks[start - 1].local
    throw local < earliest ? .tooLongAgo(earliest: earliest) : .neverShown
  }
}

extension Instant<Local> {
  /// What CLOCK_REALTIME minus CLOCK_MONOTONIC_RAW is.
  fileprivate static func - (local: Self, instant: MonotonicInstant) -> Duration {
    .nanoseconds(local.nanoseconds - instant.nanoseconds)
  }

  /// When this was shown, given that lead.
  fileprivate func shown(_ lead: Duration) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: nanoseconds - lead.wholeNanoseconds)
  }
}
