internal import ClockCore
internal import ClockProtocol
internal import LinuxSystem
internal import Synchronization

/// The page of a path while there is one, and its successors.
final class PageReader: Sendable {
  /// Between two looks for a page where there was none.
  private static let patienceNanoseconds: Int64 = 1_000_000_000
  /// A slot that nobody has looked after for so long may have been left for another page.
  private static let abandonedNanoseconds: Int64 = 10_000_000_000

  let path: String
  /// What is read, without a lock. It is one of `opened`.
  private let current = Atomic<Unmanaged<ClockPage>?>(nil)
  /// All pages ever opened, which some thread may still be reading: few, as one is replaced only
  /// when the daemon's exchanges change.
  private let opened = Mutex<[ClockPage]>([])
  private let lastTry = Atomic<Int64>(.min)

  init(path: String) {
    self.path = path
    _ = try? open()
  }

  var isOpen: Bool { current.load(ordering: .acquiring) != nil }

  /// What time an exchange believes it is.
  @inline(__always)
  func moment(of exchange: ExchangeID) throws(PageRefusal) -> ClockPage.Moment {
    if let page = current.load(ordering: .acquiring) {
      let clocks = HostClocks.coarse()
      // Without a lock, and without counting who refers to the page: it is never let go. Why it
      // refuses is found out, and thrown, by the patient way.
      if let reading = try? page._withUnsafeGuaranteedRef({
        try $0.reading(of: exchange, at: clocks)
      }),
        reading.ageNanoseconds < Self.abandonedNanoseconds
      {
        return ClockPage.Moment(reading: reading, realtimeNanoseconds: clocks.realtime)
      }
    }
    return try patientMoment(of: exchange)
  }

  /// The same where there is no page, it does not tell, or it may have a successor.
  private func patientMoment(of exchange: ExchangeID) throws(PageRefusal) -> ClockPage.Moment {
    let first = Result { () throws(PageRefusal) in
      try page().takeUnretainedValue().moment(of: exchange)
    }
    guard let next = next(after: first.map(\.reading.ageNanoseconds)) else {
      return try first.get()
    }
    return try next.moment(of: exchange)
  }

  /// What the page says of an exchange.
  func look(at exchange: ExchangeID) throws(PageRefusal) -> PageLook {
    let first = Result { () throws(PageRefusal) in
      try page().takeUnretainedValue().look(at: exchange)
    }
    guard let next = next(after: first.map(\.reading.ageNanoseconds)) else {
      return try first.get()
    }
    return try next.look(at: exchange)
  }

  private func page() throws(PageRefusal) -> Unmanaged<ClockPage> {
    guard let page = current.load(ordering: .acquiring) else { throw .notFound }
    return page
  }

  /// The successor of a page that told nothing, or that nobody has looked after for so long; nil
  /// where there is none, so that what was told stands.
  private func next(after first: Result<Int64, PageRefusal>) -> ClockPage? {
    let mayHaveOne =
      switch first {
      case .success(let age): age >= Self.abandonedNanoseconds && isDue
      case .failure(.replaced): true
      case .failure(.notFound), .failure(.void), .failure(.clockMoved): isDue
      case .failure: false
      }
    return mayHaveOne ? try? open() : nil
  }

  /// Whether it is time for another look at the path; counts as one.
  private var isDue: Bool {
    let now = HostClocks.monotonic().nanoseconds
    let last = lastTry.load(ordering: .relaxed)
    guard last == .min || now &- last >= Self.patienceNanoseconds else { return false }
    return lastTry.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
  }

  /// The page at the path, where that is another one than the current.
  private func open() throws(PageRefusal) -> ClockPage? {
    lastTry.store(HostClocks.monotonic().nanoseconds, ordering: .relaxed)
    return try opened.withLock { opened throws(PageRefusal) in
      if let last = opened.last, UnixSocket.identity(of: path) == last.view.identity { return nil }
      let boot = HostIdentity.boot.flatMap { PageHeader.bootID($0) }
      let page = try ClockPage(at: path, boot: boot)
      opened.append(page)
      current.store(Unmanaged.passUnretained(page), ordering: .releasing)
      return page
    }
  }
}
