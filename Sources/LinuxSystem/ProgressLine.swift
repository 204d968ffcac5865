internal import CLinux
internal import Glibc

/// One line on standard error that is written over again while something takes its time; nothing
/// where standard error is no terminal. It is erased with the object, and as well when the process
/// is interrupted.
package struct ProgressLine: ~Copyable {
  private static let erase = "\r\u{1B}[K"

  /// Whether there is anybody to see it.
  package static let isSeen =
    isatty(2) == 1 && getenv("TERM").map { String(cString: $0) } ?? "dumb" != "dumb"

  private let isShown: Bool

  /// - Parameter isWanted: false where what is printed is not for people.
  package init(isWanted: Bool = true) {
    isShown = isWanted && Self.isSeen && ec_terminal_take(2, "", Self.erase, 0) == 0
  }

  deinit {
    if isShown { ec_terminal_give_back() }
  }

  /// Shows this instead of what was shown before, cut where the terminal ends.
  package func show(_ text: String) {
    guard isShown else { return }
    var (columns, rows): (CInt, CInt) = (80, 24)
    _ = ec_terminal_size(2, &columns, &rows)
    // With room for the ^C of who interrupts it: on the next line it would not be erased.
    let bytes = Array((Self.erase + text.prefix(max(Int(columns) - 3, 0))).utf8)
    _ = write(2, bytes, bytes.count)
  }
}
