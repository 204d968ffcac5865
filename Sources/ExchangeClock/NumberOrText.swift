internal import JSONDocument

/// A value that exchanges write as a number or as text: -1021, "50102".
public struct NumberOrText: Sendable, Hashable, ExpressibleByIntegerLiteral,
  ExpressibleByStringLiteral
{
  let json: JSONValue

  public init(_ number: Int64) {
    json = .integer(number)
  }

  public init(_ text: String) {
    json = .string(text)
  }

  public init(integerLiteral value: Int64) {
    self.init(value)
  }

  public init(stringLiteral value: String) {
    self.init(value)
  }

  public static func == (left: NumberOrText, right: NumberOrText) -> Bool {
    left.json == right.json
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(json.text)
  }
}
