import ClockProtocol
import ExchangeCatalog
import JSONDocument

@testable import ClockDaemon

/// Whatever a refusal holds, `report` gives a verdict or says what is wrong with the request.
struct ReportTarget: Sendable {
  let service = FuzzedDaemon().service

  func run(_ bytes: [UInt8]) {
    guard let choice = bytes.first else { return }
    let exchanges = ["binance", "bybit", "kraken", "okx"]
    let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
    let request = Request(
      id: 1, method: "report",
      params: [
        "exchange": .string(exchanges[Int(choice & 3)]),
        choice & 4 == 0 ? "message" : "code": .string(text),
      ])
    let answer = service.answer(Array(request.line.utf8)) { response in
      if response.map({ (try? JSONValue(parsing: $0.text)) == nil }) ?? true {
        violated("a report is answered with JSON")
      }
    }
    if case .now(nil) = answer { violated("a report is answered") }
  }
}
