internal import ClockCore
internal import ClockProtocol
internal import LinuxSystem

/// The offsets of all exchanges as subscribers are told them: computed once and put into words
/// once, however many there are. Belongs to the socket's thread.
final class OffsetFeed {
  /// What makes a difference to a subscriber.
  struct Reading: Equatable {
    var state: SyncState?
    /// Of the offset and its ends, ns; nil where there is none.
    var values: Values?

    struct Values: Equatable {
      var offset: Int64
      var lower: Int64
      var upper: Int64
    }

    /// - Parameter least: changes of less are none, ns.
    func differs(from told: Reading, byAtLeast least: Int64) -> Bool {
      guard state == told.state else { return true }
      guard let values, let before = told.values else { return values != told.values }
      return abs(values.offset - before.offset) >= least
        || abs(values.lower - before.lower) >= least
        || abs(values.upper - before.upper) >= least
    }
  }

  /// Sorted by id.
  private(set) var offsets: [OffsetResult] = []
  private(set) var readings: [Reading] = []
  /// Another number once there are other exchanges, or they stand in other places.
  private(set) var layout = 0
  private var texts: [[UInt8]?] = []

  func refresh(_ content: StatusBoard.Content, at clocks: HostClocks) {
    let fresh = content.entries.map { $0.offset(at: clocks, host: content.host) }
    if !fresh.map(\.exchange).elementsEqual(offsets.map(\.exchange)) { layout += 1 }
    offsets = fresh
    readings = fresh.map { offset in
      Reading(
        state: SyncState(rawValue: offset.state),
        values: offset.measurement.map {
          Reading.Values(
            offset: $0.offsetNanoseconds, lower: $0.lowerNanoseconds, upper: $0.upperNanoseconds)
        })
    }
    texts = Array(repeating: nil, count: fresh.count)
  }

  /// As of `OffsetNotification.shared`.
  func text(of index: Int) -> [UInt8] {
    if let text = texts[index] { return text }
    let text = OffsetNotification.shared(offsets[index])
    texts[index] = text
    return text
  }
}
