internal import ClockMetrics
internal import ClockProtocol
internal import ExchangeClock
internal import JSONDocument

extension Verbs {
  /// All that is known, as metrics; what they are made of for `--json`.
  static func metrics(_ invocation: Invocation) throws {
    var connection = try connect(invocation)
    let answer = try connection.call(.offsets)
    let health = try connection.call(.health)
    guard !invocation.json else {
      try Output.write(JSONValue.members(("health", health), ("offsets", answer)).text)
      return
    }
    guard let offsets = offsets(of: answer) else { throw ForeignAnswer(json: answer) }
    let text = invocation.exposition.text(of: ClockMetrics.families(offsets, health: health))
    try Output.write(String(text.dropLast()))
  }
}
