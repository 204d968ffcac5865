import ClockProtocol
import Glibc
import JSONDocument
import LinuxSystem
import Testing

@testable import ExchangeClock

/// The cases of clients/conformance, which every client must pass.
@Suite struct ConformanceTests {
  private func content(_ name: String) throws -> JSONValue {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let text = try FileContents.read("\(root)/clients/conformance/\(name)", limit: 1 << 24)
    return try JSONValue(parsing: text)
  }

  private func cases(_ name: String) throws -> [JSONValue] {
    let cases = try #require(try content(name)["cases"]?.array)
    #expect(cases.count > 10)
    return cases
  }

  // MARK: Requests

  @Test func requests() throws {
    for item in try cases("requests.json") {
      let request = Request(
        id: item["id"], method: item["method"]?.string ?? "", params: item["params"] ?? [:])
      #expect(request.line == item["line"]?.string, "\(item["name"]?.text ?? "")")
    }
  }

  /// The methods of the client send the same, but for the id.
  @Test func requestsOfTheClient() async throws {
    let daemon = try CannedDaemon { line in
      [
        line.contains("subscribe")
          // Which ends the updates.
          ? "nonsense" : CannedDaemon.result("[]", to: line)
      ]
    }
    let clock = try ExchangeClock.connect(socket: daemon.socketPath)
    for item in try cases("requests.json") {
      let before = daemon.asked.count
      let params = item["params"] ?? [:]
      let exchange = ExchangeID(params["exchange"]?.string ?? "")
      let milliseconds = { (name: String) in
        params[name]?.integer.map { Duration.milliseconds($0) }
      }
      switch item["method"]?.string {
      case "stamp":
        _ = try? clock.stamp(
          for: exchange, window: milliseconds("recv_window_ms"),
          lifetime: milliseconds("lifetime_ms"))
      case "now": _ = try? clock.now(exchange, maxError: milliseconds("max_error_ms"))
      case "offset": _ = try? await clock.offset(of: exchange)
      case "offsets": _ = try await clock.offsets()
      case "convert":
        _ = try? await clock.convert(
          exchange, localMicroseconds: params["local_us"]?.integer ?? 0)
      case "resync":
        let isAccepted = params["accept_step"]?.bool ?? false
        if params["exchange"] == nil {
          _ = try await clock.resync(acceptStep: isAccepted)
        } else {
          _ = try? await clock.resync(exchange, acceptStep: isAccepted)
        }
      case "report":
        _ = try? await clock.report(
          exchange, code: params["code"].map(NumberOrText.init),
          httpStatus: params["http_status"]?.integer.map { Int($0) },
          message: params["message"]?.string,
          timestamp: params["timestamp"].map(NumberOrText.init),
          window: milliseconds("recv_window_ms"))
      case "health": _ = try? await clock.health()
      case "exchanges": _ = try await clock.exchanges()
      case "subscribe":
        let updates = clock.updates(
          for: params["exchanges"]?.array?.map { ExchangeID($0.string ?? "") },
          minimumChange: .microseconds(params["min_change_us"]?.integer ?? 1_000))
        var iterator = updates.makeAsyncIterator()
        _ = try? await iterator.next()
      case "unsubscribe":
        // The end of the iteration, and with it of the connection.
        continue
      default: Issue.record("the client has no \(item["method"]?.text ?? "")")
      }
      let asked = try #require(daemon.asked.dropFirst(before).first)
      let own = try JSONValue(parsing: Array(asked.utf8))
      let expected = try JSONValue(parsing: Array((item["line"]?.string ?? "").utf8))
      #expect(own["method"] == expected["method"])
      var wanted = expected["params"] ?? [:]
      if item["method"] == "subscribe", wanted["min_change_us"] == nil,
        case .object(let members) = wanted
      {
        // It always says what counts as a change.
        wanted = .object(members + [.init("min_change_us", 1_000)])
      }
      #expect(own["params"]?.text == wanted.text)
    }
  }

  // MARK: Answers

  @Test func answers() throws {
    for item in try cases("answers.json") {
      let name = item["name"]?.string ?? ""
      let line =
        item["line_hex"]?.string.map { bytes(of: $0) } ?? Array((item["line"]?.string ?? "").utf8)
      let outcome = Result { () throws(ClockError) in
        let result = try Answer.result(of: line, id: item["id"]?.integer ?? 0)
        return try told(item["method"]?.string ?? "", result)
      }
      switch outcome {
      case .success(let told):
        let expected = try #require(item["result"], "\(name): it is an error")
        #expect(contains(told, expected), "\(name): \(told.text)")
      case .failure(let error):
        let expected = try #require(item["error"], "\(name): \(error)")
        #expect(described(error, like: expected) == expected, "\(name)")
      }
    }
  }

  @Test func notifications() throws {
    for item in try content("notifications.json")["cases"]?.array ?? [] {
      let name = item["name"]?.string ?? ""
      let line = Array((item["line"]?.string ?? "").utf8)
      do throws(ClockError) {
        let told = try Answer.notification(of: line)
        #expect(item["error"] == nil, "\(name)")
        #expect(told?.subscription == item["subscription"]?.integer, "\(name)")
        #expect((told == nil) == (item["passed_over"] == true), "\(name)")
        if let told, let expected = item["offset"] {
          #expect(contains(told.offset.json, expected), "\(name)")
        }
      } catch {
        #expect(error.code.name == item["error"]?["kind"]?.string, "\(name)")
      }
    }
  }

  /// What the client makes of a result, as JSON again.
  private func told(_ method: String, _ result: JSONValue) throws(ClockError) -> JSONValue {
    func list<Value: ToldResult>(
      _ read: (JSONValue) throws(ClockError) -> Value
    ) throws(ClockError) -> JSONValue {
      .array(try Members.list(result, read).map(\.json))
    }
    return switch method {
    case "now": try ExchangeTime(result).json
    case "stamp": try RequestStamp(result).json
    case "offset": try ClockOffset(result).json
    case "offsets": try list(ClockOffset.init)
    // One, or all, whichever was asked for.
    case "resync":
      if result.array == nil { try ClockOffset(result).json } else { try list(ClockOffset.init) }
    case "convert": try ConvertedTime(result).json
    case "subscribe": try Subscribed(result).json
    case "report": try RefusalReport(result).json
    case "health": try DaemonHealth(result).json
    case "exchanges": try list(CatalogEntry.init)
    default: throw ClockError(.methodNotFound, "the client has no \(method)")
    }
  }

  /// Whether all that is expected is there; null and missing are the same.
  private func contains(_ told: JSONValue, _ expected: JSONValue) -> Bool {
    switch (told, expected) {
    case (.object, .object(let members)):
      members.allSatisfy { member in
        told[member.key].map { contains($0, member.value) } ?? (member.value == .null)
      }
    case (.array(let some), .array(let others)):
      some.count == others.count && zip(some, others).allSatisfy { contains($0, $1) }
    default: told == expected || told.number != nil && told.number == expected.number
    }
  }

  private func described(_ error: ClockError, like expected: JSONValue) -> JSONValue {
    guard case .object(let members) = expected else { return .null }
    return .object(
      members.map { member in
        let value: JSONValue? =
          switch member.key {
          case "kind": .string(error.code.name)
          case "code": error.number.map(JSONValue.integer)
          case "message": .string(error.message)
          case "exchange": (error.exchange?.rawValue).map(JSONValue.string)
          case "state": (error.state?.rawValue).map(JSONValue.string)
          case "reason": error.reason.map(JSONValue.string)
          case "retry_after_ms":
            error.retryAfter.map { .integer(Int64($0 / .milliseconds(1))) }
          default: nil
          }
        return .init(member.key, value ?? .null)
      })
  }

  // MARK: Pages

  @Test func pages() throws {
    let content = try content("pages.json")
    #if _endian(little)
      let order = "little"
    #else
      let order = "big"
    #endif
    guard content["byte_order"]?.string == order else {
      print("SKIPPED: page images: they are of the other byte order")
      return
    }
    let boot = try #require(content["boot_id"]?.string.flatMap { PageHeader.bootID($0) })
    var (refusals, stamps) = (Set<String>(), 0)
    for item in content["cases"]?.array ?? [] {
      let name = item["name"]?.string ?? ""
      let expected = try #require(item["expect"])
      let outcome = try look(item, boot: boot)
      switch outcome {
      case .failure(let refusal):
        #expect(refusal.name == expected["refusal"]?.string, "\(name)")
        if case .notSynchronized(let state) = refusal {
          #expect(state.name == expected["state"]?.string, "\(name)")
        }
        refusals.insert(refusal.name)
      case .success(let look):
        #expect(expected["refusal"] == nil, "\(name)")
        let time = look.time(of: ExchangeID(item["exchange"]?.string ?? ""))
        #expect("\(time.earliestNanoseconds)" == expected["earliest_ns"]?.string, "\(name)")
        #expect("\(time.latestNanoseconds)" == expected["latest_ns"]?.string, "\(name)")
        #expect(time.state.rawValue == expected["now"]?["state"]?.string, "\(name)")
        #expect(
          floorDivided(time.estimateNanoseconds, by: 1_000)
            == expected["now"]?["estimate_us"]?.integer, "\(name)")
        for asked in expected["stamps"]?.array ?? [] {
          check(look, asked, name)
          stamps += 1
        }
      }
    }
    #expect(refusals.count >= 8 && stamps > 50)
  }

  /// Whatever the numbers on a page are, and whatever window is asked for: none of them may overflow
  /// and end the program.
  @Test func noNumberOnAPageEndsTheReader() {
    var random = Wyrand(state: 6)
    let (raw, real) = (Int64(5_000_123_456_789), Int64(1_790_000_000_123_456_789))
    let extremes: [Int64] = [
      0, 1, -1, .max, .min, 1 << 62, -(1 << 62), 1 << 61, 1 << 53, 1 << 53 + 1, raw, real,
    ]
    let rates = [0, -1e-4, 1e-4, .nan, .infinity, 1e18, -1e6, .greatestFiniteMagnitude]
    let windows: [Duration?] = [
      nil, nil, .zero, .milliseconds(1), .seconds(5), .seconds(1 << 40), .seconds(Int64.max),
      .seconds(Int64.min),
    ]
    var (stamps, refusals) = (0, 0)
    for _ in 0..<20_000 {
      var slot = PageSlot(id: PageID("binance")!)
      let number = { (usual: Int64) in
        Int.random(in: 0..<8, using: &random) == 0
          ? extremes.randomElement(using: &random)! : usual
      }
      slot.state = .synchronized
      slot.rule = [.window, .expiry].randomElement(using: &random)!
      slot.formatCode = .random(in: 0..<7, using: &random)
      slot.isAdjustable = .random(using: &random)
      slot.isDocumented = true
      slot.asOfNanoseconds = number(raw - 7_000_000_000)
      slot.lowerNanoseconds = number(real - 10_000_000_000)
      slot.upperNanoseconds = number(real - 9_900_000_000)
      slot.lowerRate =
        Int.random(in: 0..<8, using: &random) == 0
        ? rates.randomElement(using: &random)! : -1e-6
      slot.upperRate =
        Int.random(in: 0..<8, using: &random) == 0
        ? rates.randomElement(using: &random)! : 1e-6
      slot.voidAfterNanoseconds = number(raw + 1_000_000_000)
      slot.holdoverAfterNanoseconds = number(raw)
      slot.checkedNanoseconds = number(raw)
      slot.realMinusRawNanoseconds = number(real - raw)
      slot.windowNanoseconds = number(5_000_000_000)
      slot.longestWindowNanoseconds = number(60_000_000_000)
      slot.toleranceNanoseconds = number(1_000_000_000)
      let stamp = try? PageLook(slot, rawNanoseconds: raw, realtimeNanoseconds: real).stamp(
        for: "binance", window: windows.randomElement(using: &random)!,
        lifetime: windows.randomElement(using: &random)!)
      if stamp == nil { refusals += 1 } else { stamps += 1 }
    }
    #expect(stamps > 500 && refusals > 5_000)
  }

  private func look(_ item: JSONValue, boot: [UInt8]) throws -> Result<PageLook, PageRefusal> {
    let image = bytes(of: item["page"]?.string ?? "")
    let path = "/tmp/exchange-clock-test-page-\(getpid())-\(UInt32.random(in: 0...(.max)))"
    defer { unlink(path) }
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    #expect(write(file, image, image.count) == image.count)
    close(file)
    let raw = try #require(item["raw_ns"]?.string.flatMap { Int64($0) })
    let realtime = try #require(item["realtime_ns"]?.string.flatMap { Int64($0) })
    let exchange = ExchangeID(item["exchange"]?.string ?? "")
    return Result { () throws(PageRefusal) in
      try ClockPage(at: path, boot: boot).look(at: exchange, clocks: (raw, realtime))
    }
  }

  private func check(_ look: PageLook, _ asked: JSONValue, _ name: String) {
    let duration = { (key: String) in asked[key]?.integer.map { Duration.milliseconds($0) } }
    let outcome = Result { () throws(PageRefusal) in
      try look.stamp(
        for: "x", window: duration("recv_window_ms"), lifetime: duration("lifetime_ms"))
    }
    let label =
      "\(name), \(asked["recv_window_ms"]?.text ?? "") \(asked["lifetime_ms"]?.text ?? "")"
    switch outcome {
    case .failure(let refusal): #expect(refusal.name == asked["refusal"]?.string, "\(label)")
    case .success(let stamp):
      let expected = asked["stamp"]
      let timestamp: JSONValue? =
        stamp.isText ? .string(stamp.timestamp) : Int64(stamp.timestamp).map(JSONValue.integer)
      #expect(timestamp == expected?["timestamp"], "\(label)")
      #expect(stamp.unixMicroseconds == expected?["unix_us"]?.integer, "\(label)")
      #expect(stamp.state.rawValue == expected?["state"]?.string, "\(label)")
      for (own, key) in [
        (stamp.window, "recv_window_ms"), (stamp.smallestWindow, "min_recv_window_ms"),
        (stamp.margin, "margin_ms"),
      ] {
        #expect(own == expected?[key]?.integer.map { .milliseconds($0) }, "\(label): \(key)")
      }
      #expect(stamp.isGuaranteed == expected?["guaranteed"]?.bool, "\(label)")
    }
  }

  private func bytes(of digits: String) -> [UInt8] {
    let nibbles = digits.utf8.map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
    return stride(from: 0, to: nibbles.count, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
  }

  private func floorDivided(_ number: Int64, by divisor: Int64) -> Int64 {
    let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}

extension NumberOrText {
  fileprivate init(_ json: JSONValue) {
    self = json.string.map { NumberOrText($0) } ?? NumberOrText(json.integer ?? 0)
  }
}

/// Numbers that are the same in each run.
private struct Wyrand: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0xa076_1d64_78bd_642f
    let product = state.multipliedFullWidth(by: state ^ 0xe703_7ed1_a0b4_28db)
    return product.high ^ product.low
  }
}
