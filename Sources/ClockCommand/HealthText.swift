internal import ClockProtocol
internal import JSONDocument

/// The daemon's health in a few lines.
enum HealthText {
  static func lines(_ health: JSONValue) -> [String] {
    let counts = health["counts"]
    let synchronized = counts?["synchronized"]?.integer ?? 0
    let all = counts?["exchanges"]?.integer ?? 0
    let uptime = Text.milliseconds(health["uptime_ms"]?.integer ?? 0)
    let ready = health["ready"]?.bool == true ? "ready" : "not ready yet"
    var lines = [
      "\(health["status"]?.string ?? "?"): \(synchronized)/\(all) exchanges synchronized;"
        + " daemon \(health["version"]?.string ?? "?") up \(uptime), \(ready)"
    ]
    let verdicts = (health["verdicts"]?.array ?? []).compactMap(VerdictResult.init(json:))
    if let grave = verdicts.first, grave.kind != .clocksFine {
      let more = verdicts.count > 1 ? "and \(verdicts.count - 1) more; " : ""
      let isWrong = [.systemClockWrong, .exchangeClockWrong].contains(grave.kind)
      lines += Paragraph.lines(grave.summary).map {
        Terminal.colouredByState($0, isWrong ? "failing" : "degraded")
      }
      lines.append("\(more)run: exchange-clock diagnose")
    } else if let offset = health["system_clock"]?["offset_ns"]?.integer,
      let error = health["system_clock"]?["error_ns"]?.integer
    {
      let side = offset < 0 ? "ahead of" : "behind"
      lines.append(
        "this host's clock is \(Text.nanoseconds(Int64(offset.magnitude)))"
          + " ±\(Text.nanoseconds(error)) \(side) what most exchanges agree on")
    }
    return lines
  }
}
