internal import ClockCore
internal import LinuxSystem

/// Whether this host's clock was interrupted since the estimates were made.
///
/// An estimate is the exchange's clock minus CLOCK_MONOTONIC_RAW, which stands still while the host
/// is suspended and moves in unknown ways when a virtual machine is moved or restored. Estimates
/// from before must not be used after.
///
/// What tells of it: CLOCK_BOOTTIME goes on during a suspend, and so does the processor's counter;
/// a hypervisor changes the marker of its page.
///
/// Who answers reads CLOCK_MONOTONIC_RAW first, what tells of interruptions next, and the estimates
/// last. An interruption before the first of these shows in the second, so no old estimate meets a
/// new reading. One that comes after the first leaves a reading from before it, and
/// - the old estimate: the answer is the truth of the moment it was read, late like any answer that
///   was on its way during a suspend;
/// - or a new estimate: the clock stood still from that reading on, so what comes out is a moment
///   within the suspend. It lies between request and answer too.
struct HostWatch: Sendable {
  struct Interruption: Sendable, Equatable {
    /// One clause for whoever asks for the time.
    var reason: String
    /// One clause for the operator.
    var event: String
  }

  /// Processors' counters may differ by less, and no suspend is as short.
  static let leastSuspend = Duration.microseconds(10)

  /// How long the host has been suspended since boot.
  private(set) var suspended: ClockLead
  /// Nil where the clock is not counted by the processor's cycles.
  private var cycles: CycleWatch?
  private let vmclock: VMClock?
  /// What the hypervisor's page showed; nil where there is none.
  private(set) var marker: UInt64?

  /// - Parameters:
  ///   - clocks: read before any sample that an estimate is made from.
  ///   - countsCycles: CLOCK_MONOTONIC_RAW goes on with the processor's time stamp counter.
  ///   - vmclock: nil where the hypervisor does not tell of disruptions.
  init(
    at clocks: HostClocks, countsCycles: Bool = HostClocks.isCountedByCycles,
    vmclock: VMClock? = nil
  ) {
    suspended = clocks.suspended
    cycles = countsCycles ? CycleWatch(at: clocks) : nil
    self.vmclock = vmclock
    marker = vmclock?.disruptionMarker
  }

  /// What has happened before `clocks` were read; nil when nothing has.
  func interruption(at clocks: HostClocks) -> Interruption? {
    let suspend = "the host was suspended"
    if suspended.isContradicted(by: clocks.suspended, tolerance: Self.leastSuspend) {
      // For how long is not told: the kernel itself may know it in whole seconds only.
      return Interruption(reason: suspend, event: suspend)
    }
    if let gap = cycles?.gap(before: clocks) {
      let event = "\(suspend): its clock is \(gap.shortText) off the processor's counter"
      return Interruption(reason: suspend, event: event)
    }
    guard let vmclock else { return nil }
    // A marker that is just being changed is none to compare with.
    guard let found = vmclock.disruptionMarker, found == marker else {
      let reason = "the virtual machine was moved to another host or restored"
      return Interruption(reason: reason, event: reason)
    }
    return nil
  }

  /// Learns from clocks that tell of no interruption.
  mutating func confirm(at clocks: HostClocks) {
    _ = suspended.look(clocks.suspended, tolerance: Self.leastSuspend)
    cycles?.confirm(at: clocks)
  }

  /// Begins anew after an interruption, once no estimate from before it is left.
  ///
  /// - Parameter clocks: no sample that was sent before they were read may be used.
  mutating func renew(at clocks: HostClocks) {
    self = HostWatch(at: clocks, vmclock: vmclock)
  }
}
