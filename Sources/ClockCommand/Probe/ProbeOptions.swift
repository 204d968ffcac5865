internal import ClockCore
internal import DaemonSettings
internal import JSONDocument
internal import LinuxSystem
internal import TOMLDocument

/// What `probe` is told of the exchange: the words of the configuration, as options.
struct ProbeOptions: Equatable {
  /// The keys of an exchange's table that may be given.
  private static let keys = ["samples", "base-url", "ca-file", "proxy", "time", "unit"]

  static let names = keys.map { "--\($0)" } + ["--config"]

  private var values: [String: String] = [:]
  private var config: String?

  mutating func take(_ name: String, _ value: String) throws(UsageError) {
    if name == "--config" { config = value } else { values[String(name.dropFirst(2))] = value }
    guard config == nil || values.isEmpty else {
      throw UsageError(message: "with --config, what else is to be said stands in the file")
    }
  }

  /// Nothing says where in the answer of this URL the time is.
  func readsDate(of name: String) -> Bool {
    config == nil && name.contains("://") && values["time"] == nil
  }

  /// How the exchange of that name, or the time source at that URL, is to be probed; checked as the
  /// daemon checks its configuration.
  func settings(of name: String, timeout: Duration?) throws -> ExchangeSettings {
    if let config { return try settings(of: name, in: config) }
    let isURL = name.contains("://")
    let id = isURL ? "url" : name
    var lines = ["[exchanges.\(Self.quoted(id))]"]
    if isURL {
      lines.append("url = \(Self.quoted(name))")
      if readsDate(of: name) { lines.append("time = \"header:Date\"") }
    }
    for key in Self.keys {
      guard let value = values[key] else { continue }
      let isNumber = key == "samples" && Int64(value) != nil
      let tomlKey = String(key.map { $0 == "-" ? "_" : $0 })
      lines.append("\(tomlKey) = \(isNumber ? value : Self.quoted(value))")
    }
    if let timeout {
      lines.append("timeout = \"\(timeout.wholeNanoseconds / 1_000_000)ms\"")
    }
    switch DaemonSettings.read(lines.joined(separator: "\n"), file: "") {
    case .success(let settings): return settings.exchanges[0]
    case .failure(let failure):
      let problem = failure.problems[0]
      let key = String(problem.keyPath.split(separator: ".").last ?? "")
      let option = "--" + key.map { $0 == "_" ? "-" : String($0) }.joined()
      let place = Self.names.contains(option) || option == "--timeout" ? "\(option): " : ""
      throw UsageError(message: place + problem.message)
    }
  }

  private func settings(of name: String, in file: String) throws -> ExchangeSettings {
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try FileContents.read(file)
    } catch {
      throw UsageError(message: "--config: \(error)")
    }
    let settings = try DaemonSettings.read(bytes, file: file).get()
    guard let exchange = settings.exchanges.first(where: { $0.id == name }) else {
      let known = settings.exchanges.map(\.id).joined(separator: ", ")
      throw UsageError(message: "\(file) has no exchange \"\(name)\"; it has \(known)")
    }
    return exchange
  }

  /// As TOML writes a text; JSON's way is one of them.
  private static func quoted(_ text: String) -> String {
    JSONValue.string(text).text
  }
}
