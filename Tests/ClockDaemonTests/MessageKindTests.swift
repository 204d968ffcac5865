import LinuxSystem
import Testing

@testable import ClockDaemon

@Suite struct MessageKindTests {
  private func lines(of path: String) throws -> [Substring] {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    let text = try FileContents.read(root.joined(separator: "/") + "/" + path)
    return String(decoding: text, as: UTF8.self).split(separator: "\n")
  }

  @Test func idsAreAsTheJournalWantsThem() {
    for kind in MessageKind.allCases {
      #expect(
        kind.rawValue.count == 32 && kind.rawValue.allSatisfy { "0123456789abcdef".contains($0) })
    }
    #expect(MessageKind.allCases.count > 20)
  }

  @Test func theCatalogExplainsEveryMessageAndNoOther() throws {
    let explained = try lines(of: "systemd/exchange-clock.catalog")
      .filter { $0.hasPrefix("-- ") }.map { String($0.dropFirst(3)) }
    #expect(explained == MessageKind.allCases.map(\.rawValue))
  }

  @Test func theDocumentListsEveryMessageAndNoOther() throws {
    let listed = try lines(of: "docs/journal.md")
      .filter { $0.hasPrefix("| `") }.compactMap { $0.split(separator: "`").dropFirst().first }
      .filter { $0.count == 32 }.map(String.init)
    #expect(listed == MessageKind.allCases.map(\.rawValue))
  }
}
