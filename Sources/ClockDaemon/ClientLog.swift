internal import ClockCore
internal import LinuxSystem

/// Tells the operator of clients that are turned away, cut off or misbehave: who it was, by process
/// and user. The first of a kind at once, what follows within a minute as a number.
struct ClientLog {
  enum Kind: CaseIterable {
    case turnedAway, cutOff, misbehaved

    fileprivate var words: String {
      switch self {
      case .turnedAway: "a client was turned away"
      case .cutOff: "a client was cut off"
      case .misbehaved: "a client sent what is no request"
      }
    }
  }

  static let quiet = Duration.seconds(60)

  private var untold: [Kind: Int] = [:]
  private var told: [Kind: MonotonicInstant] = [:]
  private let write: (String) -> Void

  init(write: @escaping (String) -> Void = { Log.write(.notice, $0, .client) }) {
    self.write = write
  }

  /// - Parameter what: a clause such as "was cut off: ...".
  mutating func note(
    _ kind: Kind, _ peer: @autoclosure () -> UnixSocket.Peer?, _ what: @autoclosure () -> String,
    at now: MonotonicInstant
  ) {
    if let told = told[kind], now - told < Self.quiet {
      untold[kind, default: 0] += 1
      return
    }
    told[kind] = now
    write("\(Self.name(peer())) \(what())")
  }

  /// Tells of those that were only counted, once their minute is over.
  mutating func looked(at now: MonotonicInstant) {
    for kind in Kind.allCases {
      guard let count = untold[kind], let told = told[kind], now - told >= Self.quiet else {
        continue
      }
      untold[kind] = nil
      self.told[kind] = now
      write("\(count == 1 ? "once" : "\(count) times") more \(kind.words)")
    }
  }

  private static func name(_ peer: UnixSocket.Peer?) -> String {
    peer.map { "client \($0.process) of user \($0.user)" } ?? "a client"
  }
}
