import ClockCore
import ClockProtocol
import ExchangeClock
import Glibc
import LinuxSystem

/// Whatever is at the page's path: a time, or a typed refusal, and never the end of the reader.
struct PageTarget: Sendable {
  private let path: String

  init() {
    var template = Array("/tmp/exchange-clock-fuzz-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { fatalError("no file in /tmp: errno \(errno)") }
    close(descriptor)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func run(_ bytes: [UInt8]) {
    // Of this boot, and in most inputs of this moment, or little of it would be read.
    var bytes = bytes
    if bytes.count >= 40 { bytes.replaceSubrange(24..<40, with: Self.boot) }
    let clocks = HostClocks.read()
    let now = clocks.raw.nanoseconds
    let offset = PageLayout.offset(ofSlot: 0)
    if bytes.count >= PageLayout.bytes(slots: 1), bytes[63] & 1 == 0 {
      put(now + 1_000_000_000, at: offset + PageLayout.SlotField.voidAfter.rawValue, in: &bytes)
      put(now, at: offset + PageLayout.SlotField.checked.rawValue, in: &bytes)
      put(
        clocks.local.nanoseconds - now, at: offset + PageLayout.SlotField.realMinusRaw.rawValue,
        in: &bytes)
    }
    guard let file = fopen(path, "w") else { fatalError("open \(path): errno \(errno)") }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    do {
      let page = try ClockPage(path: path)
      for id: ExchangeID in ["binance", "kraken", "bitmex", "", "zzz"] {
        _ = try? page.now(id)
        for window in [nil, Duration.zero, .seconds(5), .seconds(-1), .seconds(1 << 40)] {
          _ = try? page.stamp(for: id, window: window)
          _ = try? page.stamp(for: id, lifetime: window)
        }
      }
    } catch {}
  }

  private func put(_ number: Int64, at offset: Int, in bytes: inout [UInt8]) {
    bytes.replaceSubrange(offset..<offset + 8, with: withUnsafeBytes(of: number) { Array($0) })
  }

  private static let boot: [UInt8] =
    HostIdentity.boot.flatMap { PageHeader.bootID($0) } ?? []
}
