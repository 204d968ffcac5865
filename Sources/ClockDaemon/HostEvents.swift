internal import ClockCore
internal import Dispatch
internal import LinuxSystem

/// What happens to this host's clocks unasked: somebody sets CLOCK_REALTIME, or the virtual machine
/// stands still. Everything here runs on the actor's queue.
final class HostEvents {
  enum Event {
    /// CLOCK_REALTIME was set, or the host resumed; the line for the operator, if any is due, and
    /// by how much. Positive: ahead.
    case clockSet(line: String?, step: Duration)
    /// The machine stood still for at least so long, and was not told.
    case stoodStill(atLeast: Duration)
    /// Time for a look at the clocks; with a line for the operator, if any is due.
    case looked(line: String?)
  }

  private let hardwareClock: HardwareClock?
  private let handler: (Event) -> Void
  private let timer: any DispatchSourceTimer
  private var source: (any DispatchSourceRead)?
  private var steps = SystemClockSteps(at: HostClocks.read())
  private var pauses = PauseWatch()

  /// Readers of the shared page rely on looks that are not long ago. A little less than a second,
  /// so that they meet all phases of the hardware clock's second.
  private static let lookPeriod = DispatchTimeInterval.milliseconds(900)

  /// - Parameter hardwareClock: nil where there is none, or the machine is not virtual.
  init(
    queue: DispatchQueue, hardwareClock: HardwareClock?, handler: @escaping (Event) -> Void
  ) {
    self.hardwareClock = hardwareClock
    self.handler = handler
    timer = DispatchSource.makeTimerSource(queue: queue)
    timer.setEventHandler { [weak self] in self?.look() }
    timer.schedule(deadline: .now(), repeating: Self.lookPeriod, leeway: .milliseconds(20))
    timer.activate()
    watchSteps(on: queue)
  }

  deinit {
    timer.cancel()
    source?.cancel()
  }

  private func watchSteps(on queue: DispatchQueue) {
    do throws(SystemError) {
      let steps = try RealtimeSteps()
      let source = DispatchSource.makeReadSource(
        fileDescriptor: steps.descriptor, queue: queue)
      source.setEventHandler { [weak self] in self?.stepped(steps) }
      // The descriptor goes with the object, which must outlive the source.
      source.setCancelHandler { withExtendedLifetime(steps) {} }
      source.activate()
      self.source = source
    } catch {
      // Answers are right all the same: they read the clock when they are asked.
      handler(.looked(line: "steps of the system clock will not be told: \(error)"))
    }
  }

  private func stepped(_ timer: RealtimeSteps) {
    do throws(SystemError) {
      guard try timer.take() else { return }
    } catch {
      handler(.looked(line: "steps of the system clock are not told any more: \(error)"))
      source?.cancel()
    }
    let line = steps.stepped(at: HostClocks.read())
    handler(.clockSet(line: line, step: steps.lastStep))
  }

  private func look() {
    if let hardwareClock {
      let before = HostClocks.read()
      if let seconds = hardwareClock.read(),
        let pause = pauses.looked(seconds: seconds, before: before, after: HostClocks.read())
      {
        handler(.stoodStill(atLeast: pause))
      }
    }
    handler(.looked(line: steps.looked(at: HostClocks.read())))
  }
}
