internal import Glibc

/// Colours, where they are wanted.
enum Terminal {
  /// Standard output is a terminal and NO_COLOR is not set (no-color.org).
  static let hasColours = isatty(1) == 1 && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)

  /// The cell in the colour of the state that it names.
  static func colouredByState(_ cell: String, _ text: String) -> String {
    guard hasColours else { return cell }
    let colour: String? =
      switch text {
      case "synchronized", "ok": "32"
      case "holdover", "degraded": "33"
      case "unknown", "disrupted", "failing": "31"
      default: nil
      }
    return colour.map { "\u{1B}[\($0)m\(cell)\u{1B}[0m" } ?? cell
  }
}
