internal import JSONDocument

/// The members of a result. One that is missing, or not what it should be, is an error; one that is
/// not known here is passed over.
struct Members {
  private let json: JSONValue

  /// - Throws: `protocol` where it is no object.
  init(_ json: JSONValue?) throws(ClockError) {
    guard let json, case .object = json else { throw Self.unfit("it is no object") }
    self.json = json
  }

  /// The elements of a list, each read.
  static func list<Element>(
    _ json: JSONValue?, _ read: (JSONValue) throws(ClockError) -> Element
  ) throws(ClockError) -> [Element] {
    guard let elements = json?.array else { throw unfit("it is no list") }
    var list: [Element] = []
    for element in elements { list.append(try read(element)) }
    return list
  }

  func has(_ name: String) -> Bool { json[name] != nil }

  /// - Parameter read: nil where the value is of another type.
  func value<Value>(
    _ name: String, _ read: (JSONValue) -> Value?
  ) throws(ClockError) -> Value {
    guard let value = json[name] else { throw Self.unfit("it lacks \(name)") }
    guard let value = read(value) else { throw Self.unfit("\(name) is not what it should be") }
    return value
  }

  /// Nil for null.
  func optional<Value>(
    _ name: String, _ read: (JSONValue) -> Value?
  ) throws(ClockError) -> Value? {
    json[name] == .null ? nil : try value(name, read)
  }

  func object(_ name: String) throws(ClockError) -> JSONValue {
    try value(name) { if case .object = $0 { $0 } else { nil } }
  }

  func texts(_ name: String) throws(ClockError) -> [String] {
    try value(name) { $0.array?.allElements(\.string) }
  }

  func objects(_ name: String) throws(ClockError) -> [JSONValue] {
    try value(name) { list in
      list.array?.allElements { if case .object = $0 { $0 } else { nil } }
    }
  }

  /// The members of an object that are whole numbers, by name.
  func counts(_ name: String) throws(ClockError) -> [String: Int] {
    guard case .object(let members) = try object(name) else { return [:] }
    let counts = members.compactMap { each in
      each.value.integer.map { (each.key, Int(clamping: $0)) }
    }
    return Dictionary(counts) { first, _ in first }
  }

  func exchange(_ name: String = "exchange") throws(ClockError) -> ExchangeID {
    ExchangeID(try value(name, \.string))
  }

  func state() throws(ClockError) -> ClockState {
    try value("state") { $0.string.flatMap(ClockState.init) }
  }

  /// Microseconds, as nanoseconds.
  func nanoseconds(microseconds name: String) throws(ClockError) -> Int64 {
    try value(name) { value in
      guard let microseconds = value.integer else { return nil }
      let (nanoseconds, isTooFar) = microseconds.multipliedReportingOverflow(by: 1_000)
      return isTooFar ? nil : nanoseconds
    }
  }

  static func unfit(_ why: String) -> ClockError {
    ClockError(.protocol, "a result is none of this protocol's: \(why)")
  }
}

extension Array {
  /// All elements, read; nil where one cannot be.
  fileprivate func allElements<Value>(_ read: (Element) -> Value?) -> [Value]? {
    let values = compactMap(read)
    return values.count == count ? values : nil
  }
}
