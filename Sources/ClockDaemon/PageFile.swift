internal import ClockProtocol
internal import LinuxSystem

/// The shared page as a file: which one is gone on with, and when another takes its place.
///
/// Readers keep a page mapped. So a daemon goes on with the page of the one before it where that is
/// of this boot and has the same exchanges; else it puts a new one in its place, and tells those
/// who have the old one mapped to open the path anew.
struct PageFile {
  /// Where the page is, and who may read it.
  struct Place: Sendable {
    var path: String
    var mode: UInt32
    /// Nil for the process's own.
    var group: String?
    /// Nil where it cannot be told.
    var boot: [UInt8]?
  }

  enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Something stands at the path that is not ours to replace.
    case notOurs(path: String, reason: String)
    case inUse(path: String)
    case unknownGroup(String)
    /// Without the boot's id no reader can tell whether the page is of this boot.
    case noBootID
    case system(SystemError)

    var description: String {
      switch self {
      case .notOurs(let path, let reason):
        "\(path) cannot be the shared page: \(reason); remove it, or choose another --page"
      case .inUse(let path):
        "the page \(path) is in use by a running daemon: stop that one, or choose another --page"
      case .unknownGroup(let name):
        "the group \"\(name)\" does not exist: create it, or change socket.group"
      case .noBootID: "the boot's id cannot be read from /proc/sys/kernel/random/boot_id"
      case .system(let error): error.description
      }
    }

    /// The operator must decide: starting without a page would hide it.
    var isFinal: Bool {
      switch self {
      case .unknownGroup: true
      case .notOurs, .inUse, .noBootID, .system: false
      }
    }
  }

  private let file: SharedFile
  /// In the order of the slots.
  let ids: [PageID]

  /// - Parameters:
  ///   - ids: sorted.
  ///   - patience: for a daemon that is just ending.
  init(at place: Place, ids: [PageID], patience: Duration = .seconds(1)) throws(Failure) {
    precondition(zip(ids, ids.dropFirst()).allSatisfy(<), "slots are found by bisection")
    guard let boot = place.boot else { throw .noBootID }
    self.ids = ids
    do throws(SharedFile.Failure) {
      let old = try Self.found(at: place.path, patience)
      if let old, Self.canGoOn(with: old, ids: ids, boot: boot) {
        try old.allow(mode: place.mode, group: place.group)
        file = old
        let header = old.read(PageLayout.headerBytes)
        let starts = try? PageHeader(header, fileBytes: old.bytes).starts
        old.store((starts ?? 0) &+ 1, at: PageLayout.HeaderField.starts.rawValue)
      } else {
        file = try Self.make(at: place, ids: ids, boot: boot)
        if let old { Self.retire(old) }
      }
    } catch {
      throw Failure(error, path: place.path)
    }
  }

  /// A new page for other exchanges, at the path from now on; this one is to be retired.
  static func replacement(at place: Place, ids: [PageID]) throws(Failure) -> PageFile {
    guard let boot = place.boot else { throw .noBootID }
    do throws(SharedFile.Failure) {
      return PageFile(file: try make(at: place, ids: ids, boot: boot), ids: ids)
    } catch {
      throw Failure(error, path: place.path)
    }
  }

  private init(file: SharedFile, ids: [PageID]) {
    (self.file, self.ids) = (file, ids)
  }

  /// Who opens the path finds this page.
  var isInPlace: Bool { file.isInPlace }

  /// Writes a slot. One thread at a time.
  func write(_ slot: PageSlot, index: Int) {
    precondition(ids[index] == slot.id, "this is the slot of another exchange")
    file.write(slot.words.words, at: PageLayout.offset(ofSlot: index))
  }

  // MARK: The file at the path

  private static func found(
    at path: String, _ patience: Duration
  ) throws(SharedFile.Failure) -> SharedFile? {
    do throws(SharedFile.Failure) {
      return try SharedFile.open(
        path, beginning: PageLayout.magic, most: PageLayout.bytes(slots: PageLayout.mostSlots),
        patience: patience)
    } catch {
      if error == .missing { return nil }
      throw error
    }
  }

  private static func canGoOn(with old: SharedFile, ids: [PageID], boot: [UInt8]) -> Bool {
    guard
      let header = try? PageHeader(old.read(PageLayout.headerBytes), fileBytes: old.bytes),
      header.status == .inUse, header.bootID == boot, header.slots == ids.count
    else { return false }
    let bytes = old.read(PageLayout.bytes(slots: ids.count))
    return bytes == blank(header, ids: ids, like: bytes)
  }

  /// The page with nothing in it but ids, or with what `bytes` has in all other places.
  private static func blank(
    _ header: PageHeader, ids: [PageID], like bytes: [UInt8]? = nil
  ) -> [UInt8] {
    var page =
      bytes ?? header.bytes
      + [UInt8](
        repeating: 0, count: ids.count * PageLayout.slotBytes)
    for (index, id) in ids.enumerated() {
      let place = PageLayout.offset(ofSlot: index) + PageLayout.SlotField.id.rawValue
      page.replaceSubrange(place..<place + PageID.longest, with: id.bytes)
    }
    return page
  }

  private static func make(
    at place: Place, ids: [PageID], boot: [UInt8]
  ) throws(SharedFile.Failure) -> SharedFile {
    var header = PageHeader(slots: ids.count, bootID: boot)
    header.starts = 1
    return try SharedFile.make(
      place.path, contents: blank(header, ids: ids), mode: place.mode, group: place.group)
  }

  /// Sends those who have this page mapped to its path.
  func retire() {
    Self.retire(file)
  }

  /// Of the slots nothing is left, for those who do not look at the status.
  private static func retire(_ old: SharedFile) {
    // Cut off within the header, it is no reader's page.
    guard old.bytes >= PageLayout.headerBytes else { return }
    old.store(PageLayout.Status.replaced.rawValue, at: PageLayout.HeaderField.status.rawValue)
    guard
      let header = try? PageHeader(old.read(PageLayout.headerBytes), fileBytes: old.bytes)
    else { return }
    for index in 0..<header.slots {
      old.write(PageWords().words, at: PageLayout.offset(ofSlot: index))
    }
  }
}

extension PageFile.Failure {
  fileprivate init(_ failure: SharedFile.Failure, path: String) {
    self =
      switch failure {
      case .isInUse: .inUse(path: path)
      case .unknownGroup(let name): .unknownGroup(name)
      case .system(let error): .system(error)
      case .isForeign: .notOurs(path: path, reason: "it exists and is no clock page")
      case .missing, .isSymbolicLink, .belongsToAnother:
        .notOurs(path: path, reason: failure.description)
      }
  }
}
