internal import ClockProtocol
internal import LinuxSystem

/// The history of one exchange in a file of a fixed size, in which the newest entry takes the place
/// of the oldest of its kind.
///
///     header         72 bytes   "ECHIST1\n", the sizes and counts below, the id, a checksum
///     recent        512 x 72    every measurement
///     long         2048 x 72    the first measurement of each 20 minutes of the clock: 4 weeks
///     events        256 x 128   what happened
///
/// An entry's place follows from nothing but the places of its kind: the one behind the highest
/// sequence number. So no pointer is kept that a kill could leave wrong, and an entry that is
/// damaged is only left out. Belongs to one queue.
final class HistoryRing {
  static let recentCount = 512
  static let longCount = 2048
  static let eventCount = 256
  static let size =
    headerSize + (recentCount + longCount) * HistorySlot.measurementSize
    + eventCount * HistorySlot.eventSize

  private static let headerSize = 72
  private static let magic = Array("ECHIST1\n".utf8)
  /// One measurement is kept for long in each of these.
  private static let longPeriod: Int64 = 1_200_000_000

  /// A part of the file, of slots that are alike.
  private struct Region {
    var begin: Int
    var count: Int
    var slotSize: Int
    /// Where the next entry goes.
    var next = 0

    var end: Int { begin + count * slotSize }
  }

  /// All that is in the file.
  struct Content {
    /// In the order of their sequence numbers.
    var measurements: [HistoryResult.Measurement] = []
    var events: [HistoryResult.Event] = []
    var damaged = 0
  }

  private let file: SlotFile
  private var recent: Region
  private var long: Region
  private var events: Region
  private var lastSequence: Int64 = 0
  /// The newest event, if its place is taken again by another of its kind.
  private var lastIsHeld = false
  /// Of the newest measurement that is kept for long.
  private var lastPeriod: Int64?

  /// The file was not what it should be and was set aside, under this name; nil where it was.
  private(set) var setAside: String?
  /// Places that were found damaged when it was opened.
  private(set) var damaged = 0

  /// Opens the file of an exchange, or makes it.
  init(_ path: String, id: String) throws(GuardedFile.Failure) {
    recent = Region(
      begin: Self.headerSize, count: Self.recentCount, slotSize: HistorySlot.measurementSize)
    long = Region(
      begin: recent.end, count: Self.longCount, slotSize: HistorySlot.measurementSize)
    events = Region(begin: long.end, count: Self.eventCount, slotSize: HistorySlot.eventSize)
    var file = try SlotFile(path, size: Self.size)
    let header = Self.header(id)
    do throws(SystemError) {
      if !file.isNew, try file.read(0..<header.count) != header {
        let other = path + ".damaged"
        try SlotFile.rename(path, to: other)
        setAside = other
        do throws(GuardedFile.Failure) {
          file = try SlotFile(path, size: Self.size)
        } catch {
          throw SystemError("make \(path) anew: \(error)", number: 0)
        }
      }
      if file.isNew { try file.write(header, at: 0) }
      self.file = file
      try findPlaces()
    } catch {
      throw .system(error)
    }
  }

  /// Whether what is written now will be found by the next one who opens it.
  var isInPlace: Bool { file.isInPlace }

  // MARK: Writing

  /// Writes a measurement down; its sequence number is given here.
  func add(_ measurement: HistoryResult.Measurement) throws(SystemError) {
    var entry = measurement
    entry.sequence = lastSequence + 1
    let bytes = HistorySlot.bytes(of: entry)
    try write(bytes, to: &recent)
    lastSequence = entry.sequence
    let period = entry.microseconds / Self.longPeriod
    guard period != lastPeriod else { return }
    try write(bytes, to: &long)
    lastPeriod = period
  }

  func add(_ event: HistoryResult.Event) throws(SystemError) {
    var entry = event
    entry.sequence = lastSequence + 1
    if entry.kind == .held, lastIsHeld {
      events.next = (events.next + events.count - 1) % events.count
    }
    lastIsHeld = false
    try write(HistorySlot.bytes(of: entry), to: &events)
    lastIsHeld = entry.kind == .held
    lastSequence = entry.sequence
  }

  private func write(_ bytes: [UInt8], to region: inout Region) throws(SystemError) {
    try file.write(bytes, at: region.begin + region.next * region.slotSize)
    region.next = (region.next + 1) % region.count
  }

  // MARK: Reading

  func read() throws(SystemError) -> Content {
    let (recent, badRecent) = try entries(recent, HistorySlot.measurement)
    let (long, badLong) = try entries(long, HistorySlot.measurement)
    let (events, badEvents) = try entries(events, HistorySlot.event)
    var content = Content(damaged: badRecent + badLong + badEvents)
    let newest = recent.map(\.entry).sorted { $0.sequence < $1.sequence }
    // What is in both is taken once.
    let known = Set(newest.map(\.sequence))
    content.measurements =
      long.map(\.entry).filter { !known.contains($0.sequence) }
      .sorted { $0.sequence < $1.sequence }
    content.measurements += newest
    content.measurements.sort { $0.sequence < $1.sequence }
    content.events = events.map(\.entry).sorted { $0.sequence < $1.sequence }
    return content
  }

  private func entries<Entry>(
    _ region: Region, _ decode: (ArraySlice<UInt8>) -> Entry?
  ) throws(SystemError) -> (entries: [(place: Int, entry: Entry)], damaged: Int) {
    let bytes = try file.read(region.begin..<region.end)
    var entries: [(place: Int, entry: Entry)] = []
    var damaged = 0
    for place in 0..<region.count {
      let slot = bytes.dropFirst(place * region.slotSize).prefix(region.slotSize)
      if slot.count == region.slotSize, let entry = decode(slot) {
        entries.append((place, entry))
      } else if slot.contains(where: { $0 != 0 }) {
        damaged += 1
      }
    }
    return (entries, damaged)
  }

  private func findPlaces() throws(SystemError) {
    let recent = try entries(recent, HistorySlot.measurement)
    let long = try entries(long, HistorySlot.measurement)
    let events = try entries(events, HistorySlot.event)
    let newest = recent.entries.max { $0.entry.sequence < $1.entry.sequence }
    let newestLong = long.entries.max { $0.entry.sequence < $1.entry.sequence }
    let newestEvent = events.entries.max { $0.entry.sequence < $1.entry.sequence }
    self.recent.next = newest.map { ($0.place + 1) % Self.recentCount } ?? 0
    self.long.next = newestLong.map { ($0.place + 1) % Self.longCount } ?? 0
    self.events.next = newestEvent.map { ($0.place + 1) % Self.eventCount } ?? 0
    lastIsHeld = newestEvent?.entry.kind == .held
    lastPeriod = newestLong.map { $0.entry.microseconds / Self.longPeriod }
    lastSequence =
      [newest?.entry.sequence, newestLong?.entry.sequence, newestEvent?.entry.sequence]
      .compactMap(\.self).max() ?? 0
    damaged = recent.damaged + long.damaged + events.damaged
  }

  private static func header(_ id: String) -> [UInt8] {
    var bytes = ByteWriter()
    bytes.add(magic)
    for number in [
      recentCount, longCount, eventCount, HistorySlot.measurementSize, HistorySlot.eventSize,
    ] {
      bytes.add(UInt32(number))
    }
    bytes.add(Array(id.utf8.prefix(32)))
    return bytes.sealed(size: headerSize)
  }
}
