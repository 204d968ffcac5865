internal import ClockProtocol
internal import JSONDocument

/// The named parameters of a request, checked as they are taken.
struct Parameters {
  private let object: JSONValue

  init(_ object: JSONValue) {
    self.object = object
  }

  /// Refuses a name that the method does not take, so that a misspelt one is not overlooked.
  func check(names: [String]) throws(RPCError) {
    guard case .object(let members) = object,
      let stranger = members.first(where: { !names.contains($0.key) })
    else { return }
    let known = names.isEmpty ? "it takes none" : "it takes \(names.joined(separator: ", "))"
    throw RPCError(.invalidParams, "unknown parameter \"\(stranger.key)\"; \(known)")
  }

  func string(_ name: String) throws(RPCError) -> String {
    guard let text = try optionalString(name) else {
      throw RPCError(.invalidParams, "\(name): missing; a string is expected")
    }
    return text
  }

  /// Null counts as absent.
  func optionalString(_ name: String) throws(RPCError) -> String? {
    guard let value = object[name], value != .null else { return nil }
    guard let text = value.string else {
      throw RPCError(.invalidParams, "\(name): a string is expected")
    }
    return text
  }

  /// False where it is absent or null.
  func flag(_ name: String) throws(RPCError) -> Bool {
    guard let value = object[name], value != .null else { return false }
    guard let flag = value.bool else {
      throw RPCError(.invalidParams, "\(name): true or false is expected")
    }
    return flag
  }

  func integer(_ name: String, in range: ClosedRange<Int64>) throws(RPCError) -> Int64 {
    guard let number = try optionalInteger(name, in: range) else {
      throw RPCError(.invalidParams, "\(name): missing; a whole number is expected")
    }
    return number
  }

  /// Null counts as absent.
  func optionalInteger(
    _ name: String, in range: ClosedRange<Int64>
  ) throws(RPCError) -> Int64? {
    guard let value = object[name], value != .null else { return nil }
    guard let number = value.integer, range.contains(number) else {
      throw RPCError(
        .invalidParams,
        "\(name): a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
    }
    return number
  }

  /// At least one text; null counts as absent.
  func optionalStrings(_ name: String) throws(RPCError) -> [String]? {
    guard let value = object[name], value != .null else { return nil }
    let texts = value.array?.compactMap(\.string) ?? []
    guard !texts.isEmpty, texts.count == value.array?.count else {
      throw RPCError(.invalidParams, "\(name): a list of one or more strings is expected")
    }
    return texts
  }

  /// Null counts as absent.
  func value(of name: String) -> JSONValue? {
    guard let value = object[name], value != .null else { return nil }
    return value
  }

  /// A number of milliseconds, whole or not; null counts as absent.
  func milliseconds(_ name: String, in range: ClosedRange<Double>) throws(RPCError) -> Duration? {
    guard let value = object[name], value != .null else { return nil }
    guard let number = value.number, range.contains(number) else {
      throw RPCError(
        .invalidParams,
        "\(name): a number from \(Int(range.lowerBound)) to \(Int(range.upperBound)) is expected")
    }
    return .microseconds(Int64(number * 1_000))
  }
}
