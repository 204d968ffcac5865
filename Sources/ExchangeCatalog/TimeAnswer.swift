/// What an exchange answered to a request for its time.
package struct TimeAnswer: Sendable {
  package var body: [UInt8]
  /// In the order of the answer; names are compared without regard to case.
  package var headers: [(name: String, value: String)]

  package init(body: [UInt8], headers: [(name: String, value: String)] = []) {
    self.body = body
    self.headers = headers
  }

  /// The value of the first header of that name, without white space around it.
  package func header(_ name: String) -> String? {
    guard let value = headers.first(where: { $0.name.lowercased() == name.lowercased() })?.value
    else { return nil }
    let isSpace = { (character: Character) in character == " " || character == "\t" }
    return String(
      value.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
  }
}
