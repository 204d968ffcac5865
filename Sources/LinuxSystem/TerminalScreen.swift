internal import CLinux
internal import Glibc

/// The terminal at standard output while a picture is drawn on it again and again.
///
/// It is given back with the object, and as well when the process is stopped, killed by any signal
/// that can be caught, or ended by a trap.
package struct TerminalScreen: ~Copyable {
  /// What may be typed.
  package enum Key: Sendable, Equatable {
    case character(Character)
    case up, down, pageUp, pageDown, home, end
  }

  package struct Size: Sendable, Equatable {
    package var columns: Int
    package var rows: Int

    package init(columns: Int, rows: Int) {
      self.columns = columns
      self.rows = rows
    }
  }

  /// Another screen than the one with the shell's lines, no cursor, no wrapping.
  private static let enter = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
  private static let leave = "\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

  /// Standard input is a terminal too: otherwise nothing can be typed.
  package let takesKeys: Bool

  /// Takes the terminal over; nil where standard output is none.
  package init?() {
    guard isatty(1) == 1, ec_terminal_take(1, Self.enter, Self.leave, 1) == 0 else { return nil }
    takesKeys = isatty(0) == 1
  }

  deinit {
    ec_terminal_give_back()
  }

  /// As it is now; 80 by 24 where the terminal does not say.
  package var size: Size {
    var (columns, rows): (CInt, CInt) = (80, 24)
    _ = ec_terminal_size(1, &columns, &rows)
    return Size(columns: Int(columns), rows: Int(rows))
  }

  /// Shows these lines from the top; none may be wider than the screen. Calls `write(2)`.
  package func draw(_ lines: [String]) throws(SystemError) {
    // Each line is erased before it is written: behind its last column there is nothing to erase.
    let picture =
      "\u{1B}[H" + lines.map { "\u{1B}[K" + $0 }.joined(separator: "\r\n")
    var rest = Array(picture.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      _ = try check(CInt(clamping: count), "draw on the terminal")
      rest = rest.dropFirst(count)
    }
  }

  /// What ended a wait.
  package struct Wakeup: Sendable {
    package var keys: [Key] = []
    /// Something can be read from the descriptor.
    package var isReadable = false
  }

  /// Waits for a key, for something to read, for a new size, or until the time is over.
  ///
  /// - Parameter descriptor: negative for none.
  ///
  /// Calls `poll(2)`.
  package func wait(for duration: Duration, orReadable descriptor: CInt) -> Wakeup {
    var watched = [
      pollfd(fd: takesKeys ? 0 : -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
    ]
    let milliseconds = max(duration, .zero) / .milliseconds(1)
    // It also returns when a signal comes in: the size may have changed.
    guard poll(&watched, 2, CInt(milliseconds.rounded(.up))) > 0 else { return Wakeup() }
    return Wakeup(keys: watched[0].revents == 0 ? [] : keys(), isReadable: watched[1].revents != 0)
  }

  private func keys() -> [Key] {
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(0, &bytes, bytes.count)
    guard count > 0 else {
      // The terminal is gone, or will not say more.
      return count < 0 && errno == EINTR ? [] : [.character("q")]
    }
    return Self.keys(bytes[..<count])
  }

  /// What the bytes that a terminal sends mean; sequences that are not known mean nothing.
  package static func keys(_ bytes: ArraySlice<UInt8>) -> [Key] {
    var keys: [Key] = []
    var rest = bytes
    while let byte = rest.popFirst() {
      guard byte == 0x1B else {
        keys.append(.character(Character(Unicode.Scalar(byte))))
        continue
      }
      guard let kind = rest.first, kind == UInt8(ascii: "[") || kind == UInt8(ascii: "O") else {
        continue
      }
      rest = rest.dropFirst()
      let parameters = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "?") ~= $0 }
      rest = rest.dropFirst(parameters.count)
      guard let last = rest.popFirst() else { continue }
      let number = String(decoding: parameters, as: UTF8.self)
      if let key = key(last, number) { keys.append(key) }
    }
    return keys
  }

  private static func key(_ last: UInt8, _ number: String) -> Key? {
    switch (last, number) {
    case (UInt8(ascii: "A"), _): .up
    case (UInt8(ascii: "B"), _): .down
    case (UInt8(ascii: "H"), _), (UInt8(ascii: "~"), "1"), (UInt8(ascii: "~"), "7"): .home
    case (UInt8(ascii: "F"), _), (UInt8(ascii: "~"), "4"), (UInt8(ascii: "~"), "8"): .end
    case (UInt8(ascii: "~"), "5"): .pageUp
    case (UInt8(ascii: "~"), "6"): .pageDown
    default: nil
    }
  }
}
