internal import ClockCore
internal import ClockProtocol
internal import LinuxSystem

/// Writes the shared page. It runs on the actor's queue, once the actor has it.
final class PagePublisher {
  typealias Tell = (Log.Priority, String) -> Void

  /// Between two attempts to make a page that could not be made.
  private static let patience = Duration.seconds(30)

  /// Every event of every exchange is a look at the clocks, and of many exchanges most of the work
  /// would be to write all slots after each. Readers want a look that is not three seconds old.
  private static let pause = Duration.milliseconds(500)
  /// When CLOCK_REALTIME has moved by this meanwhile, readers are shown at once.
  private static let leastStep = Duration.milliseconds(1)

  private let place: PageFile.Place
  private let directory: KeptDirectory?
  private let tell: Tell
  /// Nil where it could not be had, as on a full disk: clients ask the socket then.
  private var file: PageFile?
  private var check: PageCheck
  /// That all slots were written with last.
  private var written: PageCheck
  private var lastAttempt: MonotonicInstant

  /// - Parameters:
  ///   - content: shown at once.
  ///   - clocks: of which no interruption shows.
  ///   - tell: writes a line for the operator.
  init(
    at place: PageFile.Place, showing content: StatusBoard.Content, clocks: HostClocks,
    tell: @escaping Tell = { Log.write($0, $1, .page) }
  ) throws(PageFile.Failure) {
    (self.place, self.tell) = (place, tell)
    directory = KeptDirectory(of: place.path)
    check = PageCheck(clocks)
    written = check
    lastAttempt = clocks.raw
    do throws(PageFile.Failure) {
      file = try PageFile(at: place, ids: Self.ids(of: content))
    } catch {
      if error.isFinal { throw error }
      tell(.warning, "there is no shared page, clients ask the socket instead: \(error)")
    }
    write(content)
  }

  /// This host's clocks were looked at, and nothing has interrupted them.
  func confirmed(_ content: StatusBoard.Content, at clocks: HostClocks) {
    check = PageCheck(clocks)
    if file == nil { retry(content, at: clocks.raw) }
    let step = Duration.nanoseconds(check.lead.nanoseconds - written.lead.nanoseconds)
    if check.raw - written.raw >= Self.pause || abs(step) >= Self.leastStep { write(content) }
  }

  /// Shows what has changed. Estimates that an interruption has made unusable are shown as such,
  /// and the look at the clocks stays the one before it.
  func write(_ content: StatusBoard.Content) {
    guard let file else { return }
    let ids = Self.ids(of: content)
    guard ids == file.ids else { return follow(content, ids) }
    written = check
    let now = HostClocks.monotonic()
    let slots = content.entries.compactMap { $0.slot(at: now, check: check) }
    for (index, slot) in slots.enumerated() { file.write(slot, index: index) }
  }

  /// Shows one exchange.
  func write(_ entry: StatusBoard.Entry) {
    guard let file, let slot = entry.slot(at: HostClocks.monotonic(), check: check),
      let index = file.ids.firstIndex(of: slot.id)
    else { return }
    file.write(slot, index: index)
  }

  /// Makes the page anew where its file is lost: readers keep what they have mapped, but nobody
  /// else finds it.
  func lookAtFile(_ content: StatusBoard.Content) {
    guard let lost = file, !lost.isInPlace else { return }
    do throws(PageFile.Failure) {
      // Where that fails the page cannot be made either, which says why.
      try? directory?.restore()
      file = try PageFile(at: place, ids: Self.ids(of: content), patience: .zero)
      tell(.warning, "the shared page \(place.path) was gone: it is made anew")
      write(content)
    } catch {
      file = nil
      lastAttempt = HostClocks.monotonic()
      tell(.warning, "the shared page is gone, clients ask the socket instead: \(error)")
    }
    lost.retire()
  }

  /// The exchanges are not those of the page.
  private func follow(_ content: StatusBoard.Content, _ ids: [PageID]) {
    let old = file
    do throws(PageFile.Failure) {
      file = try PageFile.replacement(at: place, ids: ids)
      write(content)
    } catch {
      file = nil
      lastAttempt = HostClocks.monotonic()
      tell(.warning, "there is no shared page any more, clients ask the socket instead: \(error)")
    }
    // Now that there is one to go on with.
    old?.retire()
  }

  private func retry(_ content: StatusBoard.Content, at now: MonotonicInstant) {
    guard now - lastAttempt >= Self.patience else { return }
    lastAttempt = now
    try? directory?.restore()
    file = try? PageFile(at: place, ids: Self.ids(of: content), patience: .zero)
    if file != nil { tell(.info, "the shared page \(place.path) is there now") }
  }

  private static func ids(of content: StatusBoard.Content) -> [PageID] {
    content.entries.compactMap { PageID($0.id) }
  }
}
