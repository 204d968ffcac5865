internal import ClockCore
internal import ClockProtocol
internal import LinuxSystem

/// The daemon's shared page, mapped into this process: an exchange's time with no system call and
/// nobody asked. `ExchangeClock` reads one by itself; this is for whoever wants nothing else.
///
/// Any threads may read it at once. The map stays valid when the file is removed or replaced, and
/// when the daemon restarts it goes on.
public final class ClockPage: Sendable {
  public let path: String
  let view: SharedView
  /// In the order of the slots, which is theirs.
  private let ids: [PageID]

  /// Maps the page at a path.
  ///
  /// - Throws: `notFound`, `foreignVersion`, `otherBoot` or `replaced`.
  public convenience init(path: String) throws(ClockError) {
    do throws(PageRefusal) {
      try self.init(at: path, boot: HostIdentity.boot.flatMap { PageHeader.bootID($0) })
    } catch {
      throw ClockError(error, path: path)
    }
  }

  /// - Parameter boot: this boot's id; nil where it cannot be read.
  init(at path: String, boot: [UInt8]?) throws(PageRefusal) {
    self.path = path
    let most = PageLayout.bytes(slots: PageLayout.mostSlots)
    do throws(SystemError) {
      view = try SharedView(path, most: most)
    } catch {
      throw error.operation.hasPrefix("open") ? .notFound : .foreignVersion
    }
    let header = try PageHeader(view.read(PageLayout.headerBytes), fileBytes: view.bytes)
    guard header.bootID == boot else { throw .otherBoot }
    guard header.status == .inUse else { throw .replaced }
    // Ids never change, so that they are whole even where their slot is being written.
    let bytes = view.read(PageLayout.bytes(slots: header.slots))
    ids = (0..<header.slots).map { index in
      let start = PageLayout.offset(ofSlot: index) + PageLayout.SlotField.id.rawValue
      return PageID(bytes: bytes[start..<start + PageID.longest])
    }
  }

  /// What time an exchange believes it is.
  ///
  /// - Throws: `replaced`, `unknownExchange`, `torn`, `notSynchronized`, `void` or `clockMoved`.
  public func now(_ exchange: ExchangeID) throws(ClockError) -> ExchangeTime {
    do throws(PageRefusal) {
      return try moment(of: exchange).time(of: exchange)
    } catch {
      throw ClockError(error, path: path, exchange: exchange)
    }
  }

  /// The timestamp of a request that is signed now.
  ///
  /// - Parameters as of `ExchangeClock.stamp(for:window:lifetime:)`.
  /// - Throws: as `now`, and `askSocket` where only the daemon can answer.
  public func stamp(
    for exchange: ExchangeID, window: Duration? = nil, lifetime: Duration? = nil
  ) throws(ClockError) -> RequestStamp {
    do throws(PageRefusal) {
      let look = try look(at: exchange)
      return try look.stamp(for: exchange, window: window, lifetime: lifetime)
    } catch {
      throw ClockError(error, path: path, exchange: exchange)
    }
  }

  /// An exchange's time at one moment of this host's clocks.
  struct Moment {
    var reading: PageTimes.Reading
    var realtimeNanoseconds: Int64

    func time(of exchange: ExchangeID) -> ExchangeTime {
      ExchangeTime(
        exchange: exchange, state: reading.state == .synchronized ? .synchronized : .holdover,
        earliestNanoseconds: reading.earliestNanoseconds,
        latestNanoseconds: reading.latestNanoseconds, localNanoseconds: realtimeNanoseconds)
    }
  }

  /// The time alone, for which the rest of the slot is not read. Whether the page was replaced is
  /// looked at only where it does not tell: the slots of such a page have no state any more. A
  /// thread that was held up between its two clocks has them moved apart: it reads them once more.
  func moment(of exchange: ExchangeID) throws(PageRefusal) -> Moment {
    let clocks = HostClocks.coarse()
    do throws(PageRefusal) {
      return Moment(
        reading: try reading(of: exchange, at: clocks), realtimeNanoseconds: clocks.realtime)
    } catch {
      guard view.number(at: PageLayout.HeaderField.status.rawValue) == 1 else { throw .replaced }
      guard error == .clockMoved else { throw error }
    }
    let again = HostClocks.coarse()
    return Moment(
      reading: try reading(of: exchange, at: again), realtimeNanoseconds: again.realtime)
  }

  /// The time when this host's clocks were these.
  @inline(__always)
  func reading(
    of exchange: ExchangeID, at clocks: (raw: Int64, realtime: Int64)
  ) throws(PageRefusal) -> PageTimes.Reading {
    guard let key = exchange.key, let index = index(of: key) else { throw .unknownExchange }
    var words = InlineArray<16, UInt64>(repeating: 0)
    guard view.readBeginning(&words, at: PageLayout.offset(ofSlot: index)) else { throw .torn }
    return try PageTimes(words).reading(
      rawNanoseconds: clocks.raw, coarseNanoseconds: clocks.realtime)
  }

  /// What is on the page now.
  func look(at exchange: ExchangeID) throws(PageRefusal) -> PageLook {
    do throws(PageRefusal) {
      return try look(at: exchange, clocks: HostClocks.coarse())
    } catch {
      guard error == .clockMoved else { throw error }
    }
    return try look(at: exchange, clocks: HostClocks.coarse())
  }

  /// What is on the page when this host's clocks were these.
  func look(
    at exchange: ExchangeID, clocks: (raw: Int64, realtime: Int64)
  ) throws(PageRefusal) -> PageLook {
    guard view.number(at: PageLayout.HeaderField.status.rawValue) == 1 else { throw .replaced }
    guard let key = exchange.key, let index = index(of: key) else { throw .unknownExchange }
    var words = PageWords()
    guard view.read(&words.words, at: PageLayout.offset(ofSlot: index)) else { throw .torn }
    return try PageLook(
      PageSlot(words), rawNanoseconds: clocks.raw, realtimeNanoseconds: clocks.realtime)
  }

  @inline(__always)
  private func index(of id: PageID) -> Int? {
    var (low, high) = (0, ids.count)
    while low < high {
      let middle = (low + high) / 2
      if ids[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low < ids.count && ids[low] == id ? low : nil
  }
}

extension ClockError {
  init(_ refusal: PageRefusal, path: String, exchange: ExchangeID? = nil) {
    let code = Code(refusal.name)
    var error = ClockError(code, "the shared page \(path) does not tell: \(refusal.text)")
    error.exchange = exchange
    if case .notSynchronized(let state) = refusal { error.state = ClockState(rawValue: state.name) }
    self = error
  }
}

extension PageRefusal {
  fileprivate var text: String {
    switch self {
    case .notFound: "there is none"
    case .foreignVersion: "it is none, or of another version than this client"
    case .otherBoot: "it is from before this boot, or from another machine"
    case .replaced: "another file has taken its place"
    case .unknownExchange: "the exchange is not on it"
    case .torn: "the daemon was always found writing"
    case .notSynchronized(let state): "the exchange's clock is \(state.name)"
    case .void: "it is too old"
    case .clockMoved: "this host's clock has moved"
    case .askSocket: "only the daemon can answer this"
    }
  }
}
