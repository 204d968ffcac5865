/// The first bytes of the shared page.
package struct PageHeader: Sendable, Equatable {
  package var slots: Int
  /// /proc/sys/kernel/random/boot_id, 16 bytes.
  package var bootID: [UInt8]
  package var status = PageLayout.Status.inUse
  /// How many daemons have written to this page.
  package var starts: UInt64 = 0

  package init(slots: Int, bootID: [UInt8]) {
    precondition(bootID.count == 16, "a boot id has 16 bytes")
    self.slots = slots
    self.bootID = bootID
  }

  package var bytes: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: PageLayout.headerBytes)
    func put(_ field: PageLayout.HeaderField, _ contents: [UInt8]) {
      bytes.replaceSubrange(field.rawValue..<field.rawValue + contents.count, with: contents)
    }
    func put(_ field: PageLayout.HeaderField, _ number: some FixedWidthInteger) {
      put(field, withUnsafeBytes(of: number) { Array($0) })
    }
    put(.magic, PageLayout.magic)
    put(.version, PageLayout.version)
    put(.headerBytes, UInt32(PageLayout.headerBytes))
    put(.slotBytes, UInt32(PageLayout.slotBytes))
    put(.slots, UInt32(slots))
    put(.bootID, bootID)
    put(.status, status.rawValue)
    put(.starts, starts)
    return bytes
  }

  /// Reads the beginning of a page of this version.
  ///
  /// - Parameter fileBytes: how long the file is.
  package init(_ bytes: [UInt8], fileBytes: Int) throws(PageRefusal) {
    guard Self.isPage(bytes), bytes.count >= PageLayout.headerBytes else { throw .foreignVersion }
    func number<Number: FixedWidthInteger>(
      _ field: PageLayout.HeaderField, _: Number.Type
    ) -> Number {
      bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: field.rawValue, as: Number.self) }
    }
    let slots = Int(number(.slots, UInt32.self))
    guard number(.version, UInt32.self) == PageLayout.version,
      number(.headerBytes, UInt32.self) == PageLayout.headerBytes,
      number(.slotBytes, UInt32.self) == PageLayout.slotBytes, slots <= PageLayout.mostSlots,
      PageLayout.bytes(slots: slots) <= fileBytes
    else { throw .foreignVersion }
    self.slots = slots
    bootID = Array(bytes[PageLayout.HeaderField.bootID.rawValue...].prefix(16))
    // What a later daemon may write there is nothing to go on with.
    status = PageLayout.Status(rawValue: number(.status, UInt32.self)) ?? .replaced
    starts = number(.starts, UInt64.self)
  }

  /// Whether a file begins as pages of any version do.
  package static func isPage(_ bytes: some Sequence<UInt8>) -> Bool {
    bytes.starts(with: PageLayout.magic)
  }

  /// The 16 bytes of a boot id, with or without hyphens; nil where it is none.
  package static func bootID(_ text: some StringProtocol) -> [UInt8]? {
    let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
    guard digits.count == 32 else { return nil }
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: 32, by: 2) {
      let pair = String(decoding: digits[start..<start + 2], as: UTF8.self)
      guard let byte = UInt8(pair, radix: 16), pair.first != "+" else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
