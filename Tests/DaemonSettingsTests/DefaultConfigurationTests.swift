import DaemonSettings
import Glibc
import TOMLDocument
import Testing

/// The text of `config/exchange-clock.toml`.
private func defaultConfiguration(_ file: String = #filePath) throws -> String {
  let root = file.split(separator: "/").dropLast(3).joined(separator: "/")
  let stream = try #require(fopen("/" + root + "/config/exchange-clock.toml", "r"))
  defer { fclose(stream) }
  var text: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = fread(&buffer, 1, buffer.count, stream)
    guard count > 0 else { break }
    text += buffer.prefix(count)
  }
  return try #require(String(validating: text, as: UTF8.self))
}

/// Whether a line is a setting that was commented out; prose has a space after its `#`.
private func isCommentedOut(_ line: Substring) -> Bool {
  line.hasPrefix("#") && line.count > 1 && !line.hasPrefix("# ")
}

private func key(of line: Substring) -> Substring {
  line.drop { $0 == "#" }.prefix { $0 != " " && $0 != "=" }
}

private func lines(_ text: String) -> [Substring] {
  text.split(separator: "\n", omittingEmptySubsequences: false)
}

@Suite struct DefaultConfigurationTests {
  @Test func enablesTheFiveBigExchangesWithEveryDefault() throws {
    let settings = try DaemonSettings.read(defaultConfiguration(), file: "c").get()
    #expect(settings.exchanges.map(\.id) == ["binance", "bitget", "bybit", "kucoin", "okx"])
    var defaults = DaemonSettings()
    defaults.exchanges = settings.exchanges
    #expect(settings == defaults)
  }

  @Test func everyCommentedSettingIsAccepted() throws {
    let text = lines(try defaultConfiguration())
      .map { isCommentedOut($0) ? $0.dropFirst() : $0 }.joined(separator: "\n")
    let settings = try DaemonSettings.read(text, file: "c").get()
    #expect(
      settings.exchanges.map(\.id) == [
        "binance", "bitget", "bybit", "kraken", "kucoin", "mybroker", "okx", "otherbroker",
      ])
    // Examples have no default to show.
    var defaults = DaemonSettings()
    defaults.exchanges = settings.exchanges
    defaults.caFile = settings.caFile
    defaults.proxy = settings.proxy
    defaults.socketPath = settings.socketPath
    defaults.socketGroup = settings.socketGroup
    #expect(settings == defaults)
  }

  /// Each setting of the daemon on its own; the examples at the end need each other.
  @Test func everyCommentedSettingIsAcceptedAlone() throws {
    let text = lines(try defaultConfiguration())
    var tried = 0
    for (index, line) in text.enumerated() where isCommentedOut(line) {
      guard !line.hasPrefix("#[") else { break }
      var changed = text
      changed[index] = line.dropFirst()
      _ = try DaemonSettings.read(changed.joined(separator: "\n"), file: "c").get()
      tried += 1
    }
    #expect(tried == 15)
  }

  /// Asks the reader itself which keys it knows.
  @Test(arguments: ["", "backoff", "socket", "ready", "exchanges.binance"])
  func everyKeyIsShown(_ table: String) throws {
    let header = table.isEmpty ? "" : "[\(table)]\n"
    let tail = table.hasPrefix("exchanges") ? "" : "\n[exchanges.binance]"
    let result = DaemonSettings.read(header + "zzzzzzzzzzzzzzzz = 1" + tail, file: "c")
    guard case .failure(let failure) = result, let message = failure.problems.first?.message,
      let known = message.split(separator: "known keys: ").last
    else {
      Issue.record("an unknown key was accepted")
      return
    }
    let text = lines(try defaultConfiguration())
    let begin =
      table.isEmpty
      ? 0
      : try #require(
        text.firstIndex {
          $0 == "[\(table)]" || (table.hasPrefix("exchanges") && $0.hasPrefix("#[exchanges"))
        })
    let rest = text[begin...].dropFirst(table.isEmpty ? 0 : 1)
    let end =
      table.hasPrefix("exchanges")
      ? rest.endIndex : rest.firstIndex { $0.hasPrefix("[") } ?? rest.endIndex
    let shown = Set(rest[..<end].filter(isCommentedOut).map(key))
    let tables = ["backoff", "socket", "ready", "exchanges"]
    for name in known.split(separator: ", ").map(String.init) {
      let isTable = table.isEmpty && tables.contains(name)
      #expect(isTable || shown.contains(Substring(name)), "\(name) is not shown in [\(table)]")
    }
  }
}
