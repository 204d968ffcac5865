import ClockCore
import ClockProtocol
import LinuxSystem
import Testing

/// docs/shared-page.md against the code.
@Suite struct PageDocumentTests {
  private struct Row: Equatable {
    var offset: Int
    var type: String
    var field: String
    var meaning: String
  }

  private func text() throws -> String {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return String(
      decoding: try FileContents.read("/\(root)/docs/shared-page.md"), as: UTF8.self)
  }

  /// The rows of the two tables, in order.
  private func rows() throws -> (header: [Row], slot: [Row]) {
    let rows = try text().split(separator: "\n").compactMap { line -> Row? in
      let cells = line.split(separator: "|").map {
        String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      }
      guard cells.count == 4, let offset = Int(cells[0]) else { return nil }
      return Row(offset: offset, type: cells[1], field: cells[2], meaning: cells[3])
    }
    let second = try #require(rows.dropFirst().firstIndex { $0.offset == 0 })
    return (Array(rows[..<second]), Array(rows[second...]))
  }

  private func bytes(of type: String) -> Int {
    switch type {
    case "u32": 4
    case "u64", "i64", "f64", "char[8]": 8
    case "u8[16]": 16
    case "char[32]": 32
    default: 0
    }
  }

  private static func documentedName(of swiftName: String) -> String {
    let names = [
      "bootID": "boot_id", "headerBytes": "header_bytes", "slotBytes": "slot_bytes",
      "asOf": "as_of_raw_ns", "lower": "lower_ns", "upper": "upper_ns", "lowerRate": "lower_rate",
      "upperRate": "upper_rate", "voidAfter": "void_after_raw_ns",
      "holdoverAfter": "holdover_after_raw_ns", "checked": "checked_raw_ns",
      "realMinusRaw": "real_minus_raw_ns", "resolution": "resolution_ns", "window": "window_ns",
      "longestWindow": "longest_window_ns", "tolerance": "tolerance_ns",
    ]
    return names[swiftName] ?? swiftName
  }

  @Test func theTablesAreThoseOfTheCode() throws {
    let (header, slot) = try rows()
    #expect(
      header.map { "\($0.offset) \($0.field)" }
        == PageLayout.HeaderField.allCases.map {
          "\($0.rawValue) \(Self.documentedName(of: "\($0)"))"
        })
    #expect(
      slot.map { "\($0.offset) \($0.field)" }
        == PageLayout.SlotField.allCases.map {
          "\($0.rawValue) \(Self.documentedName(of: "\($0)"))"
        })
  }

  /// No field overlaps the next one, and no gap is left that is not told of.
  @Test func fieldsFollowEachOther() throws {
    let (header, slot) = try rows()
    for rows in [header, slot] {
      for (row, next) in zip(rows, rows.dropFirst()) {
        let end = row.offset + bytes(of: row.type)
        // After `status` four bytes are reserved.
        #expect(end == next.offset || row.field == "status", "\(row.field)")
      }
    }
    #expect(slot.last.map { $0.offset + bytes(of: $0.type) } == 160)
  }

  @Test func codesAndLimitsAreThoseOfTheCode() throws {
    let (header, slot) = try rows()
    func meaning(_ field: String) -> String {
      (header + slot).first { $0.field == field }?.meaning ?? ""
    }
    let states: [PageSlot.State] = [.unknown, .synchronized, .holdover, .disrupted]
    #expect(
      meaning("state") == states.map { "\($0.rawValue) \($0.name)" }.joined(separator: " · "))
    let rules: [PageSlot.Rule] = [.unknown, .window, .expiry, .nonce, .untimed]
    #expect(meaning("rule") == rules.map { "\($0.rawValue) \($0)" }.joined(separator: " · "))
    let formats = TimestampFormat.allCases.sorted { $0.pageCode < $1.pageCode }
    #expect(
      meaning("format")
        == formats.map { "\($0.pageCode) \($0.rawValue)" }.joined(separator: " · "))
    #expect(meaning("version") == "\(PageLayout.version)")
    #expect(meaning("header_bytes") == "\(PageLayout.headerBytes)")
    #expect(meaning("slot_bytes") == "\(PageLayout.slotBytes)")
    let text = try text()
    let slack = "\(PageTimes.slackNanoseconds) + age / 1000000 * \(PageTimes.slackPPM)"
    #expect(text.contains(slack))
    for refusal in [
      PageRefusal.notFound, .foreignVersion, .otherBoot, .replaced, .unknownExchange, .torn,
      .notSynchronized(.unknown), .void, .clockMoved,
    ] {
      #expect(text.contains("**\(refusal.name)**"))
    }
  }
}
