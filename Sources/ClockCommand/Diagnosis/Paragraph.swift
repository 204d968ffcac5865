/// Text broken at spaces, so that it fits a terminal of 80 columns.
enum Paragraph {
  static let width = 80

  /// - Parameters:
  ///   - first: what the first line begins with.
  ///   - rest: what the others begin with.
  static func lines(_ text: String, first: String = "", rest: String = "") -> [String] {
    var lines: [String] = []
    var line = first
    var isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        (line, isEmpty) = (rest, true)
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return lines + [line]
  }
}
