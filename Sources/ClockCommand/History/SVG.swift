/// Shapes as SVG 1.1 text, in pixels from the top left. How a shape looks is said by its class.
struct SVG {
  struct Point {
    var x: Double
    var y: Double
  }

  private let width: Int
  private let height: Int
  private let head: [String]
  private var parts: [String] = []

  /// - Parameters:
  ///   - title: what readers who do not see the picture are told.
  ///   - style: CSS.
  init(width: Int, height: Int, title: String, style: String) {
    self.width = width
    self.height = height
    head = ["<title>\(Self.escaped(title))</title>", "<style>\(style)</style>"]
  }

  mutating func rectangle(
    _ kind: String, x: Double, y: Double, width: Double, height: Double
  ) {
    parts.append(
      "<rect class=\"\(kind)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\""
        + " width=\"\(Self.number(width))\" height=\"\(Self.number(height))\"/>")
  }

  mutating func line(_ kind: String, _ points: [Point]) {
    parts.append("<polyline class=\"\(kind)\" points=\"\(Self.list(points))\"/>")
  }

  mutating func area(_ kind: String, _ points: [Point]) {
    parts.append("<polygon class=\"\(kind)\" points=\"\(Self.list(points))\"/>")
  }

  mutating func dot(_ kind: String, _ center: Point, radius: Double) {
    parts.append(
      "<circle class=\"\(kind)\" cx=\"\(Self.number(center.x))\" cy=\"\(Self.number(center.y))\""
        + " r=\"\(Self.number(radius))\"/>")
  }

  /// - Parameter anchor: "start", "middle" or "end" of the text is at the point.
  mutating func text(_ kind: String, _ text: String, at point: Point, anchor: String = "start") {
    parts.append(
      "<text class=\"\(kind)\" x=\"\(Self.number(point.x))\" y=\"\(Self.number(point.y))\""
        + " text-anchor=\"\(anchor)\">\(Self.escaped(text))</text>")
  }

  var document: String {
    ([
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\""
        + " width=\"\(width)\" height=\"\(height)\">"
    ] + head + parts + ["</svg>", ""])
    .joined(separator: "\n")
  }

  /// One decimal.
  static func number(_ number: Double) -> String {
    let tenths = Int64((number * 10).rounded())
    let whole = "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10)"
    return tenths % 10 == 0 ? whole : whole + ".\(tenths.magnitude % 10)"
  }

  static func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { escaped, scalar in
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      // No other control character may stand in XML.
      case _ where scalar.value < 0x20: escaped += " "
      default: escaped.unicodeScalars.append(scalar)
      }
    }
  }

  private static func list(_ points: [Point]) -> String {
    points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
  }
}
