/// How a piece of text looks on a terminal with colours.
enum Paint: String {
  case plain = ""
  case good = "32"
  case doubtful = "33"
  case bad = "31"
  case faint = "2"
  case strong = "1"

  /// What stands for a state, or a daemon's status.
  static func ofState(_ state: String) -> Paint {
    switch state {
    case "synchronized", "ok": .good
    case "holdover", "degraded": .doubtful
    case "unknown", "disrupted", "failing": .bad
    default: .plain
    }
  }

  func on(_ text: String) -> String {
    self == .plain || text.isEmpty ? text : "\u{1B}[\(rawValue)m\(text)\u{1B}[0m"
  }
}

/// One line of pieces that look different, with a width that escape sequences do not count in.
struct PaintedLine: Equatable {
  private(set) var pieces: [(text: String, paint: Paint)] = []

  init(_ text: String = "", _ paint: Paint = .plain) {
    add(text, paint)
  }

  var width: Int { pieces.reduce(0) { $0 + $1.text.count } }

  mutating func add(_ text: String, _ paint: Paint = .plain) {
    pieces.append((text, paint))
  }

  /// Adds a piece, with spaces on one of its sides up to a width.
  mutating func add(_ text: String, _ paint: Paint = .plain, width: Int, isRight: Bool = false) {
    let space = String(repeating: " ", count: max(width - text.count, 0))
    if isRight { add(space) }
    add(String(text.prefix(width)), paint)
    if !isRight { add(space) }
  }

  /// Adds spaces until the line is so wide.
  mutating func fill(to width: Int) {
    add(String(repeating: " ", count: max(width - self.width, 0)))
  }

  /// The line as it is written, cut to a width.
  /// - Parameter mark: what its end then shows.
  func text(width: Int, hasColours: Bool, mark: Character) -> String {
    let all = pieces.map(\.text).joined()
    let isCut = all.dropFirst(width).contains { $0 != " " }
    var left = isCut ? width - 1 : width
    var text = ""
    for piece in pieces where left > 0 {
      var shown = String(piece.text.prefix(left))
      left -= shown.count
      if left == 0, isCut { shown.append(mark) }
      text += hasColours ? piece.paint.on(shown) : shown
    }
    return text
  }

  static func == (one: PaintedLine, other: PaintedLine) -> Bool {
    one.pieces.elementsEqual(other.pieces, by: ==)
  }
}
