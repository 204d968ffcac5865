internal import ClockProtocol
internal import Dispatch
internal import LinuxSystem
internal import Synchronization

/// Writes down what is measured of each exchange, and reads it again, on a queue of its own: a disk
/// that is slow, full or broken stops nothing, and costs no more than the history.
final class HistoryKeeper: Sendable {
  typealias Tell = @Sendable (Log.Priority, String) -> Void

  /// What was asked for.
  struct Query: Sendable {
    var exchange: String

    /// CLOCK_REALTIME, Unix microseconds.
    var since: Int64
    var after: Int64
    var limit: Int
  }

  /// The files of the exchanges, and what the operator was told of them.
  private struct State {
    var rings: [String: HistoryRing] = [:]
    var failing: Set<String> = []
  }

  private let queue = DispatchQueue(label: "history")
  private let directory: String
  private let tell: Tell
  /// Used on the queue only; the lock has the compiler see that.
  private let state = Mutex(State())

  /// - Parameters:
  ///   - directory: where the files are; made when the first one is.
  ///   - tell: writes a line for the operator.
  init(directory: String, tell: @escaping Tell = { Log.write($0, $1, .history) }) {
    self.directory = directory
    self.tell = tell
  }

  /// Beside the state file.
  static func directory(besides statePath: String) -> String {
    let parent = statePath.lastIndex(of: "/").map { String(statePath[...$0]) } ?? ""
    return parent + "history"
  }

  func add(_ measurement: HistoryResult.Measurement, of exchange: String) {
    later(exchange) { ring throws(SystemError) in try ring.add(measurement) }
  }

  /// Something that happened to one exchange, or to this host and so to each of them.
  func add(_ event: HistoryResult.Event, of exchanges: [String]) {
    for exchange in exchanges {
      later(exchange) { ring throws(SystemError) in try ring.add(event) }
    }
  }

  /// One page of what there is; called back on the queue.
  func read(_ query: Query, _ done: @escaping @Sendable (Result<HistoryResult, Failure>) -> Void) {
    queue.async {
      let result = self.state.withLock { state in
        Result { () throws(Failure) in
          do throws(GuardedFile.Failure) {
            let ring = try self.ring(query.exchange, &state)
            return Self.page(try ring.contentOrFailure(), query)
          } catch {
            throw Failure(reason: "\(error)")
          }
        }
      }
      done(result)
    }
  }

  struct Failure: Error {
    var reason: String
  }

  static func page(_ content: HistoryRing.Content, _ query: Query) -> HistoryResult {
    let measurements = content.measurements.filter {
      $0.sequence > query.after && $0.microseconds >= query.since
    }
    let events = content.events.filter {
      $0.sequence > query.after && $0.microseconds >= query.since
    }
    // Both together up to the limit, in the order of their numbers.
    let numbers = (measurements.map(\.sequence) + events.map(\.sequence)).sorted()
    let last = numbers.count > query.limit ? numbers[query.limit - 1] : nil
    return HistoryResult(
      exchange: query.exchange,
      measurements: measurements.filter { $0.sequence <= last ?? .max },
      events: events.filter { $0.sequence <= last ?? .max }, damaged: Int64(content.damaged),
      next: last)
  }

  private func later(
    _ exchange: String, _ work: @escaping @Sendable (HistoryRing) throws(SystemError) -> Void
  ) {
    queue.async {
      self.state.withLock { state in
        do throws(GuardedFile.Failure) {
          let ring = try self.ring(exchange, &state)
          do throws(SystemError) { try work(ring) } catch { throw .system(error) }
          if state.failing.remove(exchange) != nil {
            self.tell(.info, "the history of \(exchange) is written again")
          }
        } catch {
          // Opened anew the next time: what was in the way may be gone.
          state.rings[exchange] = nil
          guard state.failing.insert(exchange).inserted else { return }
          self.tell(
            .warning, "the history of \(exchange) cannot be written: \(error); all else goes on")
        }
      }
    }
  }

  private func ring(
    _ exchange: String, _ state: inout State
  ) throws(GuardedFile.Failure) -> HistoryRing {
    let path = "\(directory)/\(exchange).ring"
    if let ring = state.rings[exchange] {
      guard !ring.isInPlace else { return ring }
      tell(.warning, "the history \(path) was removed, replaced or cut off: opened anew")
      // It is locked until then, which the same file would be still.
      state.rings[exchange] = nil
    }
    do throws(SystemError) {
      try SlotFile.makeDirectory(directory)
    } catch {
      throw .system(error)
    }
    let ring = try HistoryRing(path, id: exchange)
    state.rings[exchange] = ring
    if let other = ring.setAside {
      tell(.warning, "the history \(path) is damaged, and begun anew; what was there: \(other)")
    } else if ring.damaged > 0 {
      let entries =
        ring.damaged == 1
        ? "1 damaged entry, which is left out until a newer one takes its place"
        : "\(ring.damaged) damaged entries, which are left out until newer ones take their places"
      tell(.warning, "the history \(path) has \(entries)")
    }
    return ring
  }
}

extension HistoryRing {
  fileprivate func contentOrFailure() throws(GuardedFile.Failure) -> Content {
    do throws(SystemError) { return try read() } catch { throw .system(error) }
  }
}
