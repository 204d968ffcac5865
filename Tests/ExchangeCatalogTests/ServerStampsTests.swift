import ClockCore
import Testing

@testable import ExchangeCatalog

@Suite struct ServerStampsTests {
  private static let body = Array(#"{"code":"200000","data":1790000000123}"#.utf8)

  private func reading(
    _ arrival: String?, _ departure: String?, roundTrip: Duration = .milliseconds(50)
  ) throws -> TimeReading {
    let headers = [("X-In-Time", arrival), ("x-out-time", departure)].compactMap { name, value in
      value.map { (name: name, value: $0) }
    }
    let kucoin = try #require(ExchangeCatalog.definition(of: "kucoin"))
    return try kucoin.readStamps(
      from: TimeAnswer(body: Self.body, headers: headers), roundTrip: roundTrip)
  }

  @Test func bothStampsAreUsedWhereTheyArePlausible() throws {
    let reading = try reading("1790000000120456", "1790000000124789")
    #expect(reading.arrival.nanoseconds == 1_790_000_000_120_456_000)
    #expect(reading.departure.nanoseconds == 1_790_000_000_124_789_000)
    #expect(reading.resolution == .microseconds(1))
  }

  /// With `kc-enable-ns` the stamps have nanoseconds; no more than a microsecond is claimed.
  @Test func finerStampsAreReadAndNotReliedUpon() throws {
    let reading = try reading("1790000000120456789", "1790000000124789012")
    #expect(reading.arrival.nanoseconds == 1_790_000_000_120_456_789)
    #expect(reading.departure.nanoseconds == 1_790_000_000_124_789_012)
    #expect(reading.resolution == .microseconds(1))
  }

  @Test func stampsInTheBody() throws {
    let deribit = try #require(ExchangeCatalog.definition(of: "deribit"))
    let body = #"{"result":1583922446019,"usIn":1583922446019955,"usOut":1583922446019956}"#
    let reading = try deribit.readStamps(
      from: TimeAnswer(body: Array(body.utf8)), roundTrip: .milliseconds(50))
    #expect(reading.arrival.nanoseconds == 1_583_922_446_019_955_000)
    #expect(reading.departure.nanoseconds == 1_583_922_446_019_956_000)
  }

  /// An answer of whole seconds may be from a clock of whole seconds; any other is not.
  @Test(
    arguments: [("1645539742000", .seconds(1)), ("1645539742001", .milliseconds(1))]
      as [(String, Duration)])
  func aRoundAnswerIsNotTakenForAnExactOne(_ time: String, _ resolution: Duration) throws {
    let mexc = try #require(ExchangeCatalog.definition(of: "mexc"))
    let answer = TimeAnswer(body: Array(#"{"serverTime":\#(time)}"#.utf8))
    #expect(try mexc.readStamps(from: answer, roundTrip: .seconds(1)).resolution == resolution)
  }

  /// One is missing, they are the wrong way round, further apart than the round trip, of another
  /// unit or of another clock, or no numbers: the body's time stands for both.
  @Test(
    arguments: [
      (nil, nil), ("1790000000120456", nil), (nil, "1790000000120456"),
      ("1790000000124789", "1790000000120456"), ("1790000000120456", "1790000000180456"),
      ("1790000000120", "1790000000124"), ("1790003600120456", "1790003600124789"),
      ("1790000006120456", "1790000006124789"),
      ("1790000000124000", "1790000000125000"), ("1790000000120000", "1790000000122999"),
      ("x", "y"),
    ] as [(String?, String?)])
  func otherwiseTheBodyIs(_ arrival: String?, _ departure: String?) throws {
    let reading = try reading(arrival, departure)
    #expect(reading.arrival.nanoseconds == 1_790_000_000_123_000_000)
    #expect(reading.departure == reading.arrival)
    #expect(reading.resolution == .milliseconds(1))
  }
}
