import ClockCore

/// What is to happen, earliest first; of two events at one instant the one that was added first.
///
/// A binary heap ordered by (instant, number), so that the order never depends on anything else.
package struct EventQueue<Event: Sendable>: Sendable {
  private struct Entry: Sendable {
    var instant: WorldInstant
    var number: Int
    var event: Event

    func isBefore(_ other: Self) -> Bool {
      (instant.nanoseconds, number) < (other.instant.nanoseconds, other.number)
    }
  }

  private var heap: [Entry] = []
  private var added = 0

  package init() {}

  package mutating func add(_ event: Event, at instant: WorldInstant) {
    heap.append(Entry(instant: instant, number: added, event: event))
    added += 1
    var child = heap.count - 1
    while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Removes the next event; nil when nothing is left to happen.
  package mutating func next() -> (instant: WorldInstant, event: Event)? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    if !heap.isEmpty {
      heap[0] = last
      var parent = 0
      while let child = [2 * parent + 1, 2 * parent + 2].filter({ $0 < heap.count })
        .min(by: { heap[$0].isBefore(heap[$1]) }), heap[child].isBefore(heap[parent])
      {
        heap.swapAt(child, parent)
        parent = child
      }
    }
    return (first.instant, first.event)
  }
}
