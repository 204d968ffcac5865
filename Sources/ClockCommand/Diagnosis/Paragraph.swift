/// Text broken at spaces, so that it fits a terminal of 80 columns.
enum Paragraph {
  /// - Parameters:
  ///   - first: what the first line begins with.
  ///   - rest: what the others begin with.
  ///   - width: of the lines; a word that is longer is not cut.
  static func lines(
    _ text: String, first: String = "", rest: String = "", width: Int = 80
  ) -> [String] {
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
