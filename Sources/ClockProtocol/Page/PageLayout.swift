/// The shared page, byte by byte: what docs/shared-page.md tells of it.
///
/// A header, then one slot for each exchange, sorted by its id. Numbers are in this machine's byte
/// order. Version 1.
package enum PageLayout {
  package static let magic = Array("XCLOCKPG".utf8)
  package static let version: UInt32 = 1
  package static let headerBytes = 64
  package static let slotBytes = 192
  package static let slotWords = slotBytes / 8
  package static let fileName = "clock.page"

  /// Bytes of a page with that many slots.
  package static func bytes(slots: Int) -> Int { headerBytes + slots * slotBytes }

  /// Bytes from the beginning of the page to a slot.
  package static func offset(ofSlot index: Int) -> Int { bytes(slots: index) }

  /// More exchanges than this are in no configuration.
  package static let mostSlots = 4096

  /// Bytes from the beginning of the page. All versions have `magic` to `status` in these places.
  package enum HeaderField: Int, CaseIterable {
    case magic = 0
    case version = 8
    case headerBytes = 12
    case slotBytes = 16
    case slots = 20
    case bootID = 24
    case status = 40
    case starts = 48
  }

  /// Bytes from the beginning of a slot.
  package enum SlotField: Int, CaseIterable {
    case sequence = 0
    case id = 8
    case state = 40
    case rule = 44
    case format = 48
    case flags = 52
    case asOf = 56
    case lower = 64
    case upper = 72
    case lowerRate = 80
    case upperRate = 88
    case voidAfter = 96
    case holdoverAfter = 104
    case checked = 112
    case realMinusRaw = 120
    case resolution = 128
    case window = 136
    case longestWindow = 144
    case tolerance = 152
  }

  /// What `status` says.
  package enum Status: UInt32, Sendable {
    case inUse = 1
    /// Another file has taken its place: open the path anew.
    case replaced = 2
  }
}
