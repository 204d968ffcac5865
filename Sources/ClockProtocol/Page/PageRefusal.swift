/// Why no time is had from the shared page. All clients use these names.
@usableFromInline
package enum PageRefusal: Error, Sendable, Equatable {
  case notFound
  /// Not a page, or of a version that is not known here.
  case foreignVersion
  /// From before this boot, or from another machine.
  case otherBoot
  /// Another file has taken its place.
  case replaced
  case unknownExchange
  /// The daemon was always found writing.
  case torn
  case notSynchronized(PageSlot.State)
  case void
  /// The host was suspended, or somebody set CLOCK_REALTIME, and the daemon has not looked since;
  /// or the reader is in another time namespace.
  case clockMoved
  /// Nothing is wrong, but only the daemon can answer.
  case askSocket

  package var name: String {
    switch self {
    case .notFound: "not_found"
    case .foreignVersion: "foreign_version"
    case .otherBoot: "other_boot"
    case .replaced: "replaced"
    case .unknownExchange: "unknown_exchange"
    case .torn: "torn"
    case .notSynchronized: "not_synchronized"
    case .void: "void"
    case .clockMoved: "clock_moved"
    case .askSocket: "ask_socket"
    }
  }
}
