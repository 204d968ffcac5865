/// Why there is no answer.
public struct ClockError: Error, Sendable, CustomStringConvertible {
  /// What went wrong, for programs. Later versions may add codes: have a default when you switch.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The same in all clients: "not_synchronized".
    public let name: String

    init(_ name: String) {
      self.name = name
    }

    public var description: String { name }

    // MARK: What the daemon refuses, and the page as well

    /// Nothing is known of the exchange's clock now; `state` and `reason` say why.
    public static let notSynchronized = Code("not_synchronized")
    /// No such exchange, or it is not enabled in the daemon's configuration.
    public static let unknownExchange = Code("unknown_exchange")

    // MARK: What only the daemon refuses

    /// The error is above the one that was asked for.
    public static let errorTooLarge = Code("error_too_large")
    /// The exchange has told us to stay away; `retryAfter` says for how long.
    public static let refused = Code("refused")
    /// The daemon has too much to do.
    public static let overloaded = Code("overloaded")
    /// A parameter is wrong; the message says which.
    public static let invalidParams = Code("invalid_params")
    public static let methodNotFound = Code("method_not_found")
    public static let invalidRequest = Code("invalid_request")
    public static let parseError = Code("parse_error")
    public static let internalError = Code("internal_error")
    /// The daemon refused with a number that has no code here.
    public static let serverError = Code("server_error")

    // MARK: No answer

    /// No daemon answers at the socket, or it went away before it answered.
    public static let unreachable = Code("unreachable")
    /// The daemon took the request and did not answer in time.
    public static let timedOut = Code("timed_out")
    /// The answer is none of this protocol's.
    public static let `protocol` = Code("protocol")

    // MARK: What the shared page alone refuses; an `ExchangeClock` then asks the daemon

    /// There is no page.
    public static let notFound = Code("not_found")
    /// It is no page, or of a version that is not known here.
    public static let foreignVersion = Code("foreign_version")
    /// It is from before this boot, or from another machine.
    public static let otherBoot = Code("other_boot")
    /// Another file has taken its place.
    public static let replaced = Code("replaced")
    /// The daemon was always found writing.
    public static let torn = Code("torn")
    /// The estimate is too old, or the daemon has not looked after it for long.
    public static let void = Code("void")
    /// This host was suspended, or its clock set, and the daemon has not looked since; or this
    /// process is in another time namespace.
    public static let clockMoved = Code("clock_moved")
    /// Nothing is wrong, but only the daemon can answer: a nonce, a window that is not allowed.
    public static let askSocket = Code("ask_socket")
  }

  public let code: Code

  /// For people: what failed, on what, and what to do.
  public let message: String

  /// The number of JSON-RPC; nil where it was not the daemon that refused.
  public var number: Int64?

  public var exchange: ExchangeID?

  /// The exchange's, where the refusal is about that.
  public var state: ClockState?

  /// Why the state is what it is, in one clause.
  public var reason: String?

  /// Asking again before is of no use.
  public var retryAfter: Duration?

  init(_ code: Code, _ message: String) {
    (self.code, self.message) = (code, message)
  }

  public var description: String { message }
}
