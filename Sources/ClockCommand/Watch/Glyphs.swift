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
  /// At the end of a line that goes on.
  var cut: Character
  var up: String
  var down: String
  var plusMinus: String

  static let unicode = Glyphs(
    zero: "┊", bar: "─", left: "├", right: "┤", point: "●", levels: Array("▁▂▃▄▅▆▇█"),
    arrow: "→", separator: " · ", cut: "…", up: "↑", down: "↓", plusMinus: "±")

  static let ascii = Glyphs(
    zero: ":", bar: "-", left: "[", right: "]", point: "o", levels: Array("_.-=+*#@"),
    arrow: "->", separator: ", ", cut: ">", up: "^", down: "v", plusMinus: "+-")
}
