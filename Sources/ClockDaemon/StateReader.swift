internal import ClockCore
internal import JSONDocument

/// One value of the state file, read with every step checked. Negative numbers of which none can be
/// are refused here; what numbers mean together is judged where they are used.
struct StateReader {
  private let value: JSONValue
  private let name: String

  init(_ value: JSONValue, name: String = "") {
    self.value = value
    self.name = name
  }

  /// Longer texts are none that was written.
  private static let longestText = 300

  /// A text as `text()` takes it: no control characters, and not too long.
  static func printable(_ text: String) -> String {
    var printable = ""
    for scalar in text.unicodeScalars {
      guard printable.utf8.count + 4 <= longestText else { break }
      printable.unicodeScalars.append(isControl(scalar) ? " " : scalar)
    }
    return printable
  }

  static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
  }

  /// The member of that name; nil where it is absent or null.
  func optional(_ key: String) throws(StateRefusal) -> StateReader? {
    guard case .object = value else { throw refusal("an object") }
    guard let member = value[key], member != .null else { return nil }
    return StateReader(member, name: key)
  }

  private func member(_ key: String) throws(StateRefusal) -> StateReader {
    guard let member = try optional(key) else { throw .malformed("it has no \(key)") }
    return member
  }

  func elements(_ key: String) throws(StateRefusal) -> [StateReader] {
    let member = try member(key)
    guard let elements = member.value.array else { throw member.refusal("an array") }
    return elements.map { StateReader($0, name: key) }
  }

  func integers(_ key: String, count: Int, from least: Int64) throws(StateRefusal) -> [Int64] {
    try member(key).integers(count: count, from: least)
  }

  func integers(count: Int, from least: Int64 = 0) throws(StateRefusal) -> [Int64] {
    let numbers = value.array?.compactMap(\.integer) ?? []
    guard numbers.count == count, numbers.count == value.array?.count,
      numbers.allSatisfy({ $0 >= least })
    else { throw refusal("\(count) whole numbers") }
    return numbers
  }

  func instants() throws(StateRefusal) -> [MonotonicInstant] {
    guard let elements = value.array else { throw refusal("an array") }
    return try integers(count: elements.count).map { MonotonicInstant(nanoseconds: $0) }
  }

  func integer(atMost limit: Int64 = .max) throws(StateRefusal) -> Int64 {
    guard let number = value.integer, (0...limit).contains(number) else {
      throw refusal("a whole number from 0 to \(limit)")
    }
    return number
  }

  func integer(_ key: String) throws(StateRefusal) -> Int64 {
    try member(key).integer()
  }

  func instant(_ key: String) throws(StateRefusal) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: try integer(key))
  }

  func offset(_ key: String) throws(StateRefusal) -> AnchoredOffset {
    AnchoredOffset(nanoseconds: try integer(key))
  }

  func real(_ key: String) throws(StateRefusal) -> Double {
    let member = try member(key)
    guard let number = member.value.number, number.isFinite else {
      throw member.refusal("a number")
    }
    return number
  }

  func text() throws(StateRefusal) -> String {
    guard let text = value.string, text.utf8.count <= Self.longestText,
      !text.unicodeScalars.contains(where: Self.isControl)
    else { throw refusal("a short text") }
    return text
  }

  func text(_ key: String) throws(StateRefusal) -> String {
    try member(key).text()
  }

  private func refusal(_ expected: String) -> StateRefusal {
    .malformed("its \(name.isEmpty ? "second line" : name) is not \(expected)")
  }
}
