import ClockCore
import ExchangeCatalog

@testable import ExchangeProbe

/// A probe's answer is a time of this decade, or a failure with a reason.
enum ResponseTarget {
  private static let plausible: Range<Int64> = 1_577_836_800_000_000_000..<4_102_444_800_000_000_000

  @Sendable static func run(_ bytes: [UInt8]) {
    guard let choice = bytes.first else { return }
    let definition = ExchangeCatalog.builtIn[Int(choice) % ExchangeCatalog.builtIn.count]
    let (headers, body) = split(bytes.dropFirst())
    let sent = MonotonicInstant(nanoseconds: 5_000_000_000_000)
    for status in [200, 429] {
      let answer = ProbeAnswer(
        sent: sent, received: sent + .milliseconds(30), status: status,
        content: TimeAnswer(body: body, headers: headers))
      switch answer.sample(of: definition) {
      case .success(let sample):
        if status != 200 { violated("a refusal yields no sample") }
        if !plausible.contains(sample.arrival.nanoseconds)
          || sample.departure < sample.arrival
        {
          violated("a sample is a time of this century", "\(sample)")
        }
      case .failure(let failure):
        if failure.reason.isEmpty { violated("a failure has a reason") }
        if let wait = failure.retryAfter, wait < .zero { violated("a wait is none back") }
      }
    }
  }

  /// Headers are lines up to an empty one; without that all is body.
  private static func split(
    _ bytes: ArraySlice<UInt8>
  ) -> (headers: [(name: String, value: String)], body: [UInt8]) {
    let newline = UInt8(ascii: "\n")
    guard
      let end = zip(bytes.indices, bytes.indices.dropFirst())
        .first(where: { bytes[$0] == newline && bytes[$1] == newline })?.0
    else { return ([], Array(bytes)) }
    let lines = bytes[..<end].split(separator: newline)
    let headers = lines.map { line in
      let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
      return (
        String(decoding: line[..<colon], as: UTF8.self),
        String(decoding: line[colon...].dropFirst(), as: UTF8.self)
      )
    }
    return (headers, Array(bytes[(end + 2)...]))
  }
}
