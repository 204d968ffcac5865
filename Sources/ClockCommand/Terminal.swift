internal import Glibc

/// What standard output can show.
enum Terminal {
  /// Standard output is a terminal and NO_COLOR is not set (no-color.org).
  static let hasColours =
    isatty(1) == 1 && variable("NO_COLOR").isEmpty && variable("TERM") != "dumb"

  /// A picture can be drawn on it.
  static let isScreen = isatty(1) == 1 && !["", "dumb"].contains(variable("TERM"))

  /// The locale's characters are those of Unicode (the first of these variables that is set rules).
  static let hasUnicode = {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(variable).first { !$0.isEmpty } ?? ""
    return locale.lowercased().contains("utf-8") || locale.lowercased().contains("utf8")
  }()

  /// The cell in the colour of the state that it names.
  static func colouredByState(_ cell: String, _ text: String) -> String {
    hasColours ? Paint.ofState(text).on(cell) : cell
  }

  /// Empty where it is not set.
  private static func variable(_ name: String) -> String {
    getenv(name).map { String(cString: $0) } ?? ""
  }
}
