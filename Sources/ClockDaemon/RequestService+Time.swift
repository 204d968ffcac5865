internal import ClockCore
internal import ClockProtocol
internal import JSONDocument
internal import LinuxSystem

/// What is asked of this moment, of the past, and of whatever comes.
extension RequestService {
  func now(
    of exchange: String, at clocks: HostClocks, maxError: Duration?
  ) throws(RPCError) -> NowResult {
    try withEntry(exchange) { entry, host throws(RPCError) in
      try entry.now(at: clocks, host: host, maxError: maxError)
    }
  }

  /// Unix times that the wire can carry, until the year 2242.
  private static let unixMicroseconds: ClosedRange<Int64> = 0...(1 << 53)

  func convert(_ parameters: Parameters, at clocks: HostClocks) throws(RPCError) -> JSONValue {
    let local = LocalInstant(
      nanoseconds: try parameters.integer("local_us", in: Self.unixMicroseconds) * 1_000)
    let instants = Result { try board.instants(showing: local, now: .read()) }
    return try withEntry(try parameters.string("exchange")) { entry, host throws(RPCError) in
      try entry.convert(local, shownAt: instants, at: clocks, host: host).json
    }
  }

  /// The longest change that can be waited for, a day.
  private static let leastChangeMicroseconds: ClosedRange<Int64> = 0...86_400_000_000
  private static let usualLeastChangeMicroseconds: Int64 = 1_000

  func subscribe(
    _ parameters: Parameters, _ session: Session, at clocks: HostClocks
  ) throws(RPCError) -> JSONValue {
    let exchanges = try parameters.optionalStrings("exchanges")
    let least = try parameters.optionalInteger("min_change_us", in: Self.leastChangeMicroseconds)
    let content = board.read()
    for id in exchanges ?? [] where content.index(of: id) == nil { throw unknownExchange(id) }
    let subscription = try session.subscribe(
      to: exchanges.map(Set.init),
      leastChange: (least ?? Self.usualLeastChangeMicroseconds) * 1_000
    ) { session.feed.refresh(content, at: clocks) }
    return [
      "subscription": .integer(subscription.id),
      "offsets": .array(subscription.offsets(of: session.feed).map(\.json)),
    ]
  }
}
