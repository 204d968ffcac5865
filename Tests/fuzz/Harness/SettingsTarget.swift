import DaemonSettings

/// A configuration is settings that hold together, or lines that say what is wrong and where.
enum SettingsTarget {
  @Sendable static func run(_ bytes: [UInt8]) {
    switch DaemonSettings.read(bytes, file: "f.toml") {
    case .success(let settings):
      if settings.exchanges.isEmpty { violated("at least one exchange is followed") }
      if settings.maxClients < 1 || settings.interval <= .zero {
        violated("settings are in their ranges")
      }
    case .failure(let refusal):
      if refusal.lines.isEmpty { violated("a refusal says why") }
      for line in refusal.lines where !line.hasPrefix("f.toml:") || line.contains("\n") {
        violated("a problem is one line that says where", line)
      }
    }
  }
}
