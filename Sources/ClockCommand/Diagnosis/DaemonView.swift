internal import ClockCore
internal import ClockProtocol
internal import ExchangeClock
internal import JSONDocument
internal import LinuxSystem

/// What the daemon says, as far as `diagnose` needs it.
struct DaemonView {
  /// The exchange that was asked about; nil for all.
  var exchange: String?
  var verdicts: [VerdictResult] = []
  var offsets: [OffsetResult] = []

  /// The enabled ones of the catalogue.
  var exchanges: [ExchangeResult] = []

  /// The daemon's CLOCK_REALTIME minus ours; nil where it gives no time.
  var difference: Duration?

  /// Everything asked here is answered from memory.
  private static let patience = Duration.seconds(10)

  init(exchange: String? = nil) { self.exchange = exchange }

  /// - Parameter exchange: refused where the daemon does not follow it.
  init(of socket: String, exchange: String?) throws {
    self.exchange = exchange
    var connection = try DaemonConnection(to: socket, patience: Self.patience)
    if let exchange { _ = try connection.call(.offset, ["exchange": .string(exchange)]) }
    let health = try connection.call(.health)
    let offsets = try connection.call(.offsets)
    let exchanges = try connection.call(.exchanges)
    guard let verdicts = health["verdicts"]?.array?.map(VerdictResult.init(json:)),
      !verdicts.isEmpty, !verdicts.contains(where: { $0 == nil })
    else { throw ForeignAnswer(json: health) }
    guard let known = Verbs.offsets(of: offsets) else { throw ForeignAnswer(json: offsets) }
    self.verdicts = verdicts.compactMap(\.self)
    self.offsets = known
    self.exchanges = (exchanges.array ?? []).compactMap(ExchangeResult.init(json:))
      .filter(\.isEnabled)
    let before = HostClocks.read().local
    if let measured = known.first(where: { $0.measurement != nil })?.exchange,
      let now = try? connection.call(.now, ["exchange": .string(measured)]),
      let microseconds = now["local_us"]?.integer
    {
      let local = LocalInstant(nanoseconds: microseconds * 1_000)
      difference = Self.difference(of: local, before: before, after: HostClocks.read().local)
    }
  }

  /// How far a reading lies outside what was read before and after it. The reading was cut to
  /// microseconds.
  static func difference(
    of reading: LocalInstant, before: LocalInstant, after: LocalInstant
  ) -> Duration {
    reading < before - .microseconds(1)
      ? reading - before : reading > after ? reading - after : .zero
  }

  func diagnosis(_ facts: HostFacts) -> Diagnosis {
    let verdicts =
      [Remedy.fakedClock(facts)].compactMap(\.self)
      + concerned.map { Remedy.applied(to: $0, facts) }
    let isConcerned = { (id: String) in exchange == nil || exchange == id }
    let questions = Questions(
      facts: facts, verdicts: verdicts, offsets: offsets.filter { isConcerned($0.exchange) },
      exchanges: exchanges.filter { isConcerned($0.id) })
    return Diagnosis(facts: facts, verdicts: verdicts, questions: questions.all)
  }

  /// The verdicts that concern the exchange that was asked about. What is wrong with others leaves
  /// it fine.
  private var concerned: [VerdictResult] {
    guard let exchange else { return verdicts }
    var concerned = verdicts.filter { $0.exchange == nil || $0.exchange == exchange }
    if concerned.isEmpty {
      let accused = verdicts.filter { $0.kind == .exchangeClockWrong }.map(\.exchange)
      let witnesses = offsets.filter { !accused.contains($0.exchange) }
        .compactMap(ClockConsensus.Witness.init)
      let consensus = ClockConsensus(
        of: witnesses, leeway: HealthThresholds.standard.contradiction)
      guard let consensus else { return verdicts }
      concerned = [VerdictResult(.clocksFine(consensus)) { _ in "" }]
    }
    for index in concerned.indices where concerned[index].kind == .clocksFine {
      concerned[index].nextCommand = "exchange-clock stamp \(exchange)"
    }
    return concerned
  }
}

extension ClockConsensus.Witness {
  fileprivate init?(_ offset: OffsetResult) {
    guard let known = offset.measurement,
      let interval = OffsetInterval(
        lower: LocalOffset(nanoseconds: known.lowerNanoseconds),
        upper: LocalOffset(nanoseconds: known.upperNanoseconds))
    else { return nil }
    self.init(id: offset.exchange, interval: interval)
  }
}
