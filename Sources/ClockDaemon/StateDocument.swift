internal import ClockCore
internal import ExchangeCatalog
internal import JSONDocument
internal import LinuxSystem

/// The text of the state file: two JSON documents, each on a line of its own.
///
///     {"exchange_clock_state":1,"fnv1a64":"0123456789abcdef"}
///     {"machine_id":"...","boot_id":"...", ... ,"exchanges":[{"id":"binance", ... }]}
///
/// The checksum is of the second line, its newline included. Instants are of CLOCK_MONOTONIC_RAW,
/// offsets the exchange's clock minus that; both are exact 64-bit integers.
enum StateDocument {
  /// Another layout gets another number; no release reads what it does not know.
  static let version: Int64 = 1

  /// Bytes; more is neither read nor written.
  static let longest = 4 << 20

  /// Bounds kept of each kind. Leaving out the older ones makes an estimate wider, never wrong;
  /// with so many exchanges the file would become too long.
  private static func boundsKept(exchanges: Int) -> Int {
    exchanges <= 100 ? OffsetWindow.capacity : 8
  }

  static func text(of state: SavedState) -> [UInt8] {
    signed(Array((json(of: state).text + "\n").utf8))
  }

  /// The two lines, given the second one.
  static func signed(_ body: [UInt8]) -> [UInt8] {
    header(of: body[...]) + body
  }

  private static func header(of body: ArraySlice<UInt8>) -> [UInt8] {
    let header: JSONValue = [
      "exchange_clock_state": .integer(version), "fnv1a64": .string(Checksum.text(of: body)),
    ]
    return Array((header.text + "\n").utf8)
  }

  static func parse(_ text: [UInt8]) throws(StateRefusal) -> SavedState {
    guard let end = text.firstIndex(of: UInt8(ascii: "\n")),
      let header = try? JSONValue(parsing: text[..<end]),
      let version = header["exchange_clock_state"]?.integer
    else {
      throw .malformed(text.isEmpty ? "it is empty" : "it is no state file of exchange-clockd")
    }
    guard version == Self.version else { throw .unknownVersion(version) }
    let body = text[(end + 1)...]
    guard Self.header(of: body).elementsEqual(text[...end]) else { throw .damaged }
    let json: JSONValue
    do {
      json = try JSONValue(parsing: body)
    } catch {
      throw .malformed("it is not JSON: \(error)")
    }
    return try state(from: StateReader(json))
  }

  // MARK: Values to JSON

  private static func json(of state: SavedState) -> JSONValue {
    let origin = state.origin
    let bounds = boundsKept(exchanges: state.entries.count)
    return [
      "machine_id": .string(origin.host.machine),
      "boot_id": origin.host.boot.map(JSONValue.string) ?? .null,
      "time_namespace": .string(origin.host.timeNamespace),
      "written_raw_ns": .integer(origin.written.nanoseconds),
      "suspended_ns": .array(
        [origin.suspended.lower, origin.suspended.upper].map { .integer($0.wholeNanoseconds) }),
      "suspends": origin.suspends.map(JSONValue.integer) ?? .null,
      "disruption_marker": origin.disruptionMarker.map { .string(String($0)) } ?? .null,
      "rtc_s": origin.hardwareClockSeconds.map(JSONValue.integer) ?? .null,
      "exchanges": .array(state.entries.map { json(of: $0, bounds: bounds) }),
    ]
  }

  private static func json(of entry: SavedState.Entry, bounds: Int) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("id", .string(entry.id)), .init("endpoint", .string(entry.endpoint)),
      .init("fingerprint", .string(entry.fingerprint)),
    ]
    if let nonce = entry.nonceCeiling {
      members.append(.init("nonce_ns", .integer(nonce.nanoseconds)))
    }
    guard let memory = entry.memory else { return .object(members) }
    let rejections = memory.rejections
    members.append(
      .init(
        "rejections",
        .array(
          [rejections.contradicting, rejections.stale, rejections.unusable]
            .map { .integer(Int64($0)) })))
    if !memory.probes.isEmpty {
      members.append(
        .init("probes_raw_ns", .array(memory.probes.map { .integer($0.nanoseconds) })))
    }
    if let estimate = memory.estimate {
      members.append(.init("estimate", json(of: estimate, bounds: bounds)))
    }
    if let block = memory.block {
      members.append(
        .init(
          "block",
          [
            "until_raw_ns": .integer(block.until.nanoseconds),
            "reason": .string(StateReader.printable(block.reason)),
            "failures": .integer(Int64(block.failures)),
          ]))
    }
    return .object(members)
  }

  private static func json(of estimate: TrackerMemory.Estimate, bounds count: Int) -> JSONValue {
    let bounds = { (bounds: [OffsetWindow.Bound]) in
      JSONValue.array(
        bounds.suffix(count).map {
          .array(
            [$0.instant.nanoseconds, $0.offset.nanoseconds, $0.burst.nanoseconds]
              .map(JSONValue.integer))
        })
    }
    let servers = estimate.fleet.seen.map {
      JSONValue.array(
        [$0.asOf.nanoseconds, $0.diameter.wholeNanoseconds, Int64($0.answers)]
          .map(JSONValue.integer))
    }
    return [
      "as_of_raw_ns": .integer(estimate.clock.asOf.nanoseconds),
      "lower_ns": .integer(estimate.clock.interval.lower.nanoseconds),
      "upper_ns": .integer(estimate.clock.interval.upper.nanoseconds),
      "widened_below_ns": .integer(estimate.widening.below.wholeNanoseconds),
      "widened_above_ns": .integer(estimate.widening.above.wholeNanoseconds),
      "lower_ppm": .real(estimate.clock.rates.lowerPPM),
      "upper_ppm": .real(estimate.clock.rates.upperPPM),
      "wander_ppm": .real(estimate.wanderPPM),
      "last_sync_raw_ns": .integer(estimate.lastSync.nanoseconds),
      "rtt_min_ns": .integer(estimate.shortestRoundTrip.wholeNanoseconds),
      "rtt_last_ns": .integer(estimate.lastRoundTrip.wholeNanoseconds),
      "samples": .integer(Int64(estimate.samples)),
      "rejected": .integer(Int64(estimate.rejected)),
      "lower_bounds": bounds(estimate.lowerBounds), "upper_bounds": bounds(estimate.upperBounds),
      "servers": .array(servers),
    ]
  }

  // MARK: JSON to values

  private static func state(from reader: StateReader) throws(StateRefusal) -> SavedState {
    let host = HostIdentity(
      machine: try reader.text("machine_id"), boot: try reader.optional("boot_id")?.text(),
      timeNamespace: try reader.text("time_namespace"))
    // Less than nothing where a time namespace has set the clocks apart.
    let suspended = try reader.integers("suspended_ns", count: 2, from: .min)
    guard suspended[0] <= suspended[1] else { throw .malformed("its suspended_ns is empty") }
    let origin = SavedState.Origin(
      host: host, written: try reader.instant("written_raw_ns"),
      suspended: ClockLead(lower: .nanoseconds(suspended[0]), upper: .nanoseconds(suspended[1])),
      suspends: try reader.optional("suspends")?.integer(),
      disruptionMarker: try reader.optional("disruption_marker").map(Self.marker),
      hardwareClockSeconds: try reader.optional("rtc_s")?.integer(atMost: 1 << 40))
    var entries: [SavedState.Entry] = []
    var ids: Set<String> = []
    for element in try reader.elements("exchanges") {
      let entry = try entry(from: element)
      guard ids.insert(entry.id).inserted else {
        throw .malformed("it has \(entry.id) twice")
      }
      entries.append(entry)
    }
    return SavedState(origin: origin, entries: entries)
  }

  private static func marker(from reader: StateReader) throws(StateRefusal) -> UInt64 {
    guard let marker = UInt64(try reader.text()) else {
      throw .malformed("its disruption_marker is not a whole number")
    }
    return marker
  }

  private static func entry(from reader: StateReader) throws(StateRefusal) -> SavedState.Entry {
    let id = try reader.text("id")
    guard ExchangeDefinition.isValid(id: id) else { throw .malformed("it has an id that is none") }
    var entry = SavedState.Entry(
      id: id, endpoint: try reader.text("endpoint"), fingerprint: try reader.text("fingerprint"))
    if let nonce = try reader.optional("nonce_ns") {
      entry.nonceCeiling = ExchangeInstant(nanoseconds: try nonce.integer())
    }
    guard let rejections = try reader.optional("rejections")?.integers(count: 3) else {
      return entry
    }
    var memory = TrackerMemory()
    memory.rejections.contradicting = Int(rejections[0])
    memory.rejections.stale = Int(rejections[1])
    memory.rejections.unusable = Int(rejections[2])
    memory.probes = try reader.optional("probes_raw_ns")?.instants() ?? []
    memory.estimate = try reader.optional("estimate").map(estimate)
    if let block = try reader.optional("block") {
      memory.block = TrackerMemory.Block(
        until: try block.instant("until_raw_ns"), reason: try block.text("reason"),
        failures: Int(try block.integer("failures")))
    }
    entry.memory = memory
    return entry
  }

  private static func estimate(
    from reader: StateReader
  ) throws(StateRefusal) -> TrackerMemory.Estimate {
    let interval = OffsetInterval<Monotonic, Exchange>(
      lower: try reader.offset("lower_ns"), upper: try reader.offset("upper_ns"))
    let rates = RateInterval(from: try reader.real("lower_ppm"), to: try reader.real("upper_ppm"))
    guard let interval, let rates else { throw .malformed("it has an interval that is empty") }
    let bounds = { (key: String) throws(StateRefusal) in
      try reader.elements(key).map { (pair) throws(StateRefusal) in
        let numbers = try pair.integers(count: 3)
        return OffsetWindow.Bound(
          instant: MonotonicInstant(nanoseconds: numbers[0]),
          offset: AnchoredOffset(nanoseconds: numbers[1]),
          burst: MonotonicInstant(nanoseconds: numbers[2]))
      }
    }
    let servers = try reader.elements("servers").map { (server) throws(StateRefusal) in
      let numbers = try server.integers(count: 3)
      return FleetSpread.Sighting(
        asOf: MonotonicInstant(nanoseconds: numbers[0]), diameter: .nanoseconds(numbers[1]),
        answers: Int(numbers[2]))
    }
    let (below, above) = (
      try reader.integer("widened_below_ns"), try reader.integer("widened_above_ns")
    )
    return TrackerMemory.Estimate(
      clock: IntervalClock(
        asOf: try reader.instant("as_of_raw_ns"), interval: interval, rates: rates),
      widening: Spread(below: .nanoseconds(below), above: .nanoseconds(above)),
      lowerBounds: try bounds("lower_bounds"), upperBounds: try bounds("upper_bounds"),
      wanderPPM: try reader.real("wander_ppm"), fleet: FleetSpread(seen: servers),
      lastSync: try reader.instant("last_sync_raw_ns"),
      shortestRoundTrip: .nanoseconds(try reader.integer("rtt_min_ns")),
      lastRoundTrip: .nanoseconds(try reader.integer("rtt_last_ns")),
      samples: Int(try reader.integer("samples")), rejected: Int(try reader.integer("rejected")))
  }
}
