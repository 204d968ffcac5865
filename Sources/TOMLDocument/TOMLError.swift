/// Why a text is not a TOML document.
package struct TOMLError: Error, Equatable, CustomStringConvertible {
  package var position: TOMLPosition
  package var message: String

  package init(position: TOMLPosition, message: String) {
    self.position = position
    self.message = message
  }

  package var description: String { "\(position.line):\(position.column): \(message)" }
}
