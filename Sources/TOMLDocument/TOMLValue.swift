/// One value of a TOML document and the place where it stands.
package struct TOMLValue: Sendable, Equatable {
  package var content: Content
  package var position: TOMLPosition

  package init(_ content: Content, at position: TOMLPosition) {
    self.content = content
    self.position = position
  }

  package enum Content: Sendable, Equatable {
    case string(String)
    case integer(Int64)
    case float(Double)
    case bool(Bool)
    /// A date, a time or both: nothing here reads one, so its value is left out.
    case date
    case array([TOMLValue])
    case table(TOMLTable)

    /// The kind with its article, as messages name it: "an integer".
    package var kind: String {
      switch self {
      case .string: "a string"
      case .integer: "an integer"
      case .float: "a floating-point number"
      case .bool: "a boolean"
      case .date: "a date or time"
      case .array: "an array"
      case .table: "a table"
      }
    }
  }
}
