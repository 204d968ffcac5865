/// The characters that pictures in a terminal are made of.
struct Glyphs {
  var zero: Character
  var bar: Character
  var left: Character
  var right: Character
  var point: Character
  /// From low to high.
  var levels: [Character]
  var arrow: String
  var separator: String
  var up: String
  var down: String

  static let unicode = Glyphs(
    zero: "┊", bar: "─", left: "├", right: "┤", point: "●", levels: Array("▁▂▃▄▅▆▇█"),
    arrow: "→", separator: " · ", up: "↑", down: "↓")

  static let ascii = Glyphs(
    zero: ":", bar: "-", left: "[", right: "]", point: "o", levels: Array("_.-=+*#@"),
    arrow: "->", separator: ", ", up: "^", down: "v")
}
