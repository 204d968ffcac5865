import ClockCore
import ExchangeCatalog
import ExchangeProbe
import JSONDocument
import Testing

/// Probes over real connections: what is sent, and which answers are understood.
@Suite struct ProbeConnectionTests {
  private static let json = Array(#"{"serverTime":1762820224559}"#.utf8)

  /// The same, packed.
  private static let gzip: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xAB, 0x56, 0x2A, 0x4E, 0x2D, 0x2A,
    0x4B, 0x2D, 0x0A, 0xC9, 0xCC, 0x4D, 0x55, 0xB2, 0x32, 0x34, 0x37, 0x33, 0xB2, 0x30, 0x32, 0x30,
    0x32, 0x32, 0x31, 0x35, 0xB5, 0xAC, 0x05, 0x00, 0xA9, 0xE4, 0xA9, 0xE0, 0x1C, 0x00, 0x00, 0x00,
  ]
  private static let deflate: [UInt8] = [
    0x78, 0xDA, 0xAB, 0x56, 0x2A, 0x4E, 0x2D, 0x2A, 0x4B, 0x2D, 0x0A, 0xC9, 0xCC, 0x4D, 0x55, 0xB2,
    0x32, 0x34, 0x37, 0x33, 0xB2, 0x30, 0x32, 0x30, 0x32, 0x32, 0x31, 0x35, 0xB5, 0xAC, 0x05, 0x00,
    0x85, 0xCC, 0x08, 0x42,
  ]
  /// 138 bytes that unpack to the same after 70,000 spaces.
  private static let bomb: [UInt8] =
    [
      0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xED, 0xC1, 0xBB, 0x0D, 0x80,
      0x20, 0x14, 0x00, 0xC0, 0x55, 0x08, 0x13, 0xE8, 0x8B, 0xF8, 0x9B, 0xC3, 0x15, 0x28, 0x2C,
      0x68, 0x30, 0xB1, 0x31, 0xEE, 0xEE, 0x12, 0x96, 0x77, 0x97, 0x12,
    ] + [UInt8](repeating: 0, count: 68)
    + [
      0xF0, 0xB7, 0x27, 0x5F, 0xB5, 0xDF, 0xB5, 0x1F, 0x67, 0xAB, 0x79, 0x1F, 0x97, 0x39, 0xD6,
      0x18, 0x22, 0xA6, 0x52, 0xB6, 0xF7, 0x03, 0x5C, 0xA4, 0x6A, 0x89, 0x8C, 0x11, 0x01, 0x00,
    ]

  private func definition(
    _ url: String, _ change: (inout ExchangeDefinition) -> Void = { _ in }
  ) throws -> ExchangeDefinition {
    var definition = ExchangeDefinition(
      id: "x", url: url + "/time", timeSource: .body(try #require(JSONPointer("/serverTime"))))
    change(&definition)
    return definition
  }

  private func probe(_ definition: ExchangeDefinition) -> Result<Sample, ProbeFailure> {
    ProbeConnection(to: ProbeTarget(definition: definition, timeout: .seconds(60))).probe()
  }

  private func outcome(_ headers: [String], _ body: [UInt8]) throws -> String {
    let server = try CannedServer(headers, body: body)
    switch probe(try definition(server.url)) {
    case .success(let sample): return "\(sample.arrival.nanoseconds)"
    case .failure(let failure): return failure.reason
    }
  }

  @Test func aProbeIsAPlainGet() throws {
    let server = try CannedServer(["Content-Length: \(Self.json.count)"], body: Self.json)
    let sample = try probe(try definition(server.url)).get()
    #expect(sample.arrival.nanoseconds == 1_762_820_224_559_000_000)
    #expect(sample.sent < sample.received)
    let host = server.url.dropFirst("http://".count)
    #expect(
      server.requests == [
        "GET /time HTTP/1.1\r\nHost: \(host)\r\nUser-Agent: exchange-clock\r\nAccept: */*\r\n"
          + "Cache-Control: no-cache\r\n\r\n"
      ])
  }

  @Test func aBodyIsPosted() throws {
    let server = try CannedServer(["Content-Length: \(Self.json.count)"], body: Self.json)
    let body = #"{"type":"exchangeStatus"}"#
    _ = try probe(try definition(server.url) { $0.requestBody = body }).get()
    let request = try #require(server.requests.first)
    #expect(request.hasPrefix("POST /time HTTP/1.1\r\n"))
    #expect(request.contains("\r\nContent-Type: application/json\r\n"))
    #expect(request.hasSuffix("\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body))
  }

  /// A header of the table replaces the one that would be sent.
  @Test func headersAreSentOnce() throws {
    let server = try CannedServer(["Content-Length: \(Self.json.count)"], body: Self.json)
    let own = [
      Header(name: "content-type", value: "text/plain"), Header(name: "X-Unit", value: "us"),
    ]
    _ = try probe(
      try definition(server.url) {
        $0.requestBody = "time?"
        $0.requestHeaders = own
      }
    ).get()
    let request = try #require(server.requests.first)
    #expect(request.contains("\r\ncontent-type: text/plain\r\n"))
    #expect(request.contains("\r\nX-Unit: us\r\n"))
    #expect(!request.contains("application/json"))
  }

  @Test func thePlaceholderIsFilledAtEveryProbe() throws {
    let server = try CannedServer(["Content-Length: \(Self.json.count)"], body: Self.json)
    let connection = ProbeConnection(
      to: ProbeTarget(
        definition: try definition(server.url) { $0.path = "/t?requestTime={unix_ms}&x" },
        timeout: .seconds(60)))
    _ = try connection.probe().get()
    _ = try connection.probe().get()
    let times = server.requests.compactMap {
      Int64($0.dropFirst("GET /t?requestTime=".count).prefix { $0 != "&" })
    }
    #expect(times.count == 2)
    #expect(times[0] > 1_577_836_800_000)
    #expect(times[0] <= times[1])
  }

  /// Nobody asks for a packed answer; one that comes all the same is unpacked.
  @Test func bodiesInOtherWrappings() throws {
    let time = "1762820224559000000"
    #expect(
      try outcome(["Content-Encoding: gzip", "Content-Length: 48"], Self.gzip) == time)
    #expect(try outcome(["Content-Encoding: deflate"], Self.deflate) == time)
    let half = Self.json.count / 2
    let chunks = [Self.json.prefix(half), Self.json.dropFirst(half)].reduce(into: [UInt8]()) {
      $0 += Array("\(String($1.count, radix: 16))\r\n".utf8) + $1 + Array("\r\n".utf8)
    }
    #expect(
      try outcome(["Transfer-Encoding: chunked"], chunks + Array("0\r\n\r\n".utf8)) == time)
    #expect(try outcome(["Content-Type: text/plain"], [0xEF, 0xBB, 0xBF] + Self.json) == time)
    #expect(try outcome([], Self.json) == time)
  }

  /// A list of markets may grow beyond any limit; its headers have the time.
  @Test(arguments: [true, false])
  func aLongBodyIsNotReadWhereTheHeadersAreEnough(_ isAnnounced: Bool) throws {
    let body = [UInt8](repeating: 0x20, count: 1_000_000)
    let server = try CannedServer(
      ["Date: Tue, 11 Nov 2025 00:17:04 GMT"]
        + (isAnnounced ? ["Content-Length: \(body.count)"] : []), body: body)
    let connection = ProbeConnection(
      to: ProbeTarget(
        definition: try definition(server.url) {
          $0.timeSource = .header("Date")
          $0.unit = .httpDate
        }, timeout: .seconds(60)))
    for _ in 0..<2 {
      #expect(try connection.probe().get().arrival.nanoseconds == 1_762_820_224_000_000_000)
    }
    #expect(server.requests.count == 2)
    // Too many headers are not a long body.
    let many = try CannedServer((0..<120).map { "X-\($0): 1" }, body: [])
    let failure = probe(
      try definition(many.url) {
        $0.timeSource = .header("Date")
        $0.unit = .httpDate
      })
    #expect(throws: ProbeFailure.self) { try failure.get() }
  }

  @Test func wrappingsThatCannotBeRead() throws {
    let tooLarge = "the answer is larger than 64 KiB or has too many headers"
    #expect(try outcome(["Content-Encoding: gzip"], Self.bomb) == tooLarge)
    #expect(try outcome([], [UInt8](repeating: 0x20, count: 70_000)) == tooLarge)
    let unpackable = "the answer is packed and cannot be unpacked: "
    #expect(try outcome(["Content-Encoding: gzip"], Self.json).hasPrefix(unpackable))
    #expect(try outcome(["Content-Encoding: rot13"], Self.json).hasPrefix(unpackable))
    // Packed, but it does not say so.
    #expect(try outcome([], Self.gzip).hasPrefix("unusable answer: the answer is not JSON: "))
    let cut = Array("1c\r\n{\"server".utf8)
    #expect(try outcome(["Transfer-Encoding: chunked"], cut).contains("transfer closed"))
    #expect(
      try outcome(["Content-Type: text/html"], Array("<html>".utf8))
        .hasSuffix("(its content type is \"text/html\")"))
  }
}
