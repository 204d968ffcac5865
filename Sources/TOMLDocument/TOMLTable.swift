/// A table of a TOML document, its entries in the order of the file.
package struct TOMLTable: Sendable, Equatable {
  /// Sorted by the position of the key; no key appears twice.
  package private(set) var entries: [Entry]

  package struct Entry: Sendable, Equatable {
    package var key: String
    package var keyPosition: TOMLPosition
    package var value: TOMLValue

    package init(_ key: String, at keyPosition: TOMLPosition, _ value: TOMLValue) {
      self.key = key
      self.keyPosition = keyPosition
      self.value = value
    }
  }

  package init(_ entries: [Entry]) {
    self.entries = entries.sorted { ($0.keyPosition, $0.key) < ($1.keyPosition, $1.key) }
  }

  package subscript(key: String) -> Entry? {
    entries.first { $0.key == key }
  }
}
