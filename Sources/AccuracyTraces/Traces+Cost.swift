internal import ClockCore
internal import ClockSimulation

extension Traces {
  /// A week of hourly bursts: time per sample and per question, and memory, on the first day and
  /// on the last.
  static func cost() -> Line {
    var draw = Draw(seed: 7)
    let path = LinkTrial(
      .metropolitan, seed: 7, server: draw.server(driftPPM: 40), span: .seconds(700_000))
    let begin = path.now
    var session = Session(path, settings: TrackerSettings(), seed: 7)
    var line = Line(kind: "cost")
    for day in 1...7 {
      let before = session.work
      var samples = 0
      while session.trial.now < begin + .seconds(86_400) * day {
        session.runUntilResyncEnds { _ in samples += 1 }
      }
      guard day == 1 || day == 7 else { continue }
      line.add("day\(day)_bytes", footprint(of: session.tracker))
      line.add("day\(day)_sample_us", microseconds(session.work - before) / Double(samples))
      line.add("day\(day)_query_us", queryMicroseconds(session))
      line.add("day\(day)_samples", samples)
    }
    return line
  }

  private static func queryMicroseconds(_ session: Session) -> Double {
    let status = session.tracker.status
    let now = session.trial.now
    let count: Int64 = 100_000
    // The sum keeps the optimizer from leaving the questions out.
    var sum: Int64 = 0
    let begun = ContinuousClock.now
    for number in 0..<count {
      let instant = now + .nanoseconds(number * 1_000_003)
      sum &+= status.interval(at: instant)?.midpoint.nanoseconds ?? 0
    }
    let elapsed = ContinuousClock.now - begun
    precondition(sum != 0, "nothing was published")
    return microseconds(elapsed) / Double(count)
  }

  private static func microseconds(_ duration: Duration) -> Double {
    Double(duration.wholeNanoseconds) / 1000
  }

  /// Bytes of a value and of the contents of all arrays in it; spare capacity is not counted.
  private static func footprint(of value: Any) -> Int {
    size(value) + heap(of: value)
  }

  private static func heap(of value: Any) -> Int {
    let mirror = Mirror(reflecting: value)
    let children = mirror.children.reduce(0) { $0 + heap(of: $1.value) }
    guard mirror.displayStyle == .collection, let array = value as? any Collection else {
      return children
    }
    return children + contents(array)
  }

  private static func size<Value>(_: Value) -> Int { MemoryLayout<Value>.size }

  private static func contents<Array: Collection>(_ array: Array) -> Int {
    array.isEmpty ? 0 : 32 + array.count * MemoryLayout<Array.Element>.stride
  }
}
