internal import ClockCore
package import ClockProtocol
internal import LinuxSystem

/// Reads slots while somebody writes them at full speed, and looks for fields that were not written
/// together. Each write makes all fields of one number, as `PageSlot.hunted` does.
struct Hunt {
  var path: String

  /// Whether all that was read was whole, and anything was.
  func run(for time: Duration) -> Bool {
    let (view, slots): (SharedView, Int)
    do {
      view = try SharedView(path, most: 1 << 20)
      slots = try PageHeader(view.read(PageLayout.headerBytes), fileBytes: view.bytes).slots
    } catch {
      print("page-reader: \(path): \(error)")
      return false
    }
    let end = HostClocks.monotonic() + time
    var (reads, torn, changes) = (0, 0, 0)
    var last: Int64 = 0
    var words = PageWords()
    while HostClocks.monotonic() < end {
      for round in 0..<1_000 {
        guard view.read(&words.words, at: PageLayout.offset(ofSlot: round % slots)) else {
          torn += 1
          continue
        }
        let slot = PageSlot(words)
        reads += 1
        if slot.asOfNanoseconds != last { changes += 1 }
        last = slot.asOfNanoseconds
        guard slot == .hunted(slot.id, last) else {
          print("torn: \(slot)")
          return false
        }
      }
    }
    print("\(reads) reads were whole, \(changes) of them new, \(torn) given up")
    return reads > 0
  }
}

extension PageSlot {
  /// A slot whose fields are all made of one number.
  package static func hunted(_ id: PageID, _ number: Int64) -> PageSlot {
    var slot = PageSlot(id: id)
    slot.state = number % 2 == 0 ? .synchronized : .holdover
    slot.rule = number % 2 == 0 ? .window : .expiry
    slot.formatCode = UInt32(number % 6)
    slot.isAdjustable = number % 3 == 0
    slot.isDocumented = number % 5 == 0
    slot.asOfNanoseconds = number
    slot.lowerNanoseconds = number &* 3
    slot.upperNanoseconds = number &* 5
    slot.lowerRate = Double(number)
    slot.upperRate = Double(number) * 2
    slot.voidAfterNanoseconds = number &* 7
    slot.holdoverAfterNanoseconds = number &* 11
    slot.checkedNanoseconds = number &* 13
    slot.realMinusRawNanoseconds = number &* 17
    slot.resolutionNanoseconds = number &* 19
    slot.windowNanoseconds = number &* 23
    slot.longestWindowNanoseconds = number &* 29
    slot.toleranceNanoseconds = number &* 31
    return slot
  }
}
