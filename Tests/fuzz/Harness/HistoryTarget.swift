import ClockProtocol
import JSONDocument

@testable import ClockCommand
@testable import ClockDaemon

/// The entries of a history file, each of which is left out or can be told: over the socket, then
/// as a table, as values and as a picture.
enum HistoryTarget {
  /// The first byte of each entry says of which kind it is; the checksum is made to fit, as nothing
  /// else would be looked at.
  @Sendable static func run(_ bytes: [UInt8]) {
    var content = HistoryRing.Content()
    var rest = bytes[...]
    while let kind = rest.popFirst(), !rest.isEmpty {
      let size = kind & 1 == 0 ? HistorySlot.measurementSize : HistorySlot.eventSize
      let entry = sealed(rest.prefix(size - 8), size: size)
      rest = rest.dropFirst(size - 8)
      if kind & 1 == 0 {
        HistorySlot.measurement(entry).map { content.measurements.append($0) }
      } else {
        HistorySlot.event(entry).map { content.events.append($0) }
      }
    }
    let query = HistoryKeeper.Query(exchange: "okx", since: .min, after: 0, limit: 500)
    let page = HistoryKeeper.page(content, query)
    guard let json = try? JSONValue(parsing: page.json.text),
      let history = HistoryResult(json: json)
    else { violated("what is told of a history can be read", page.json.text) }
    guard history.measurements.count == page.measurements.count,
      history.events.count == page.events.count
    else { violated("nothing is lost on the way", page.json.text) }
    _ = HistoryText.table(history)
    let values = HistoryText.csv(history)
    if values.count != 1 + history.measurements.count + history.events.count {
      violated("there is a line of values for each entry")
    }
    for now in [nil, Int64(1_790_000_000_000_000)] {
      if HistoryPlot(history, now: now)?.document.contains("=\"nan") == true {
        violated("a picture has numbers", page.json.text)
      }
    }
  }

  private static func sealed(_ bytes: ArraySlice<UInt8>, size: Int) -> ArraySlice<UInt8> {
    var writer = ByteWriter()
    writer.add(Array(bytes))
    return writer.sealed(size: size)[...]
  }
}
