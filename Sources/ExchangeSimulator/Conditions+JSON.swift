internal import ClockCore
package import JSONDocument

extension Conditions {
  /// The conditions by the names that the command line and the control endpoint use.
  package static let keys = [
    "offset_ms", "drift_ppm", "forward_ms", "forward_jitter_ms", "return_ms", "return_jitter_ms",
    "fault", "fault_count", "fault_scope", "retry_after_s", "redirect_url", "drip_ms",
  ]

  /// The conditions as the control endpoint shows them; durations in milliseconds.
  package var json: JSONValue {
    [
      "offset_ms": Self.milliseconds(offset), "drift_ppm": Self.number(driftPPM),
      "forward_ms": Self.milliseconds(forwardDelay),
      "forward_jitter_ms": Self.milliseconds(forwardJitter),
      "return_ms": Self.milliseconds(returnDelay),
      "return_jitter_ms": Self.milliseconds(returnJitter), "fault": .string(fault.rawValue),
      "fault_count": faultCount.map { .integer(Int64($0)) } ?? .null,
      "fault_scope": .string(faultScope.rawValue),
      "retry_after_s": .integer(Int64(retryAfterSeconds)),
      "redirect_url": redirectURL.map { .string($0) } ?? .null,
      "drip_ms": Self.milliseconds(drip),
    ]
  }

  /// Changes one condition; nothing where the value does not fit.
  ///
  /// A new fault without a count of its own lasts until it is changed.
  package mutating func set(_ key: String, to value: JSONValue) throws(SimulatorError) {
    switch key {
    case "offset_ms": offset = try duration(key, value, -1e12...1e12)
    case "drift_ppm": driftPPM = try number(key, value, -100_000...100_000)
    case "forward_ms": forwardDelay = try duration(key, value, 0...600_000)
    case "forward_jitter_ms": forwardJitter = try duration(key, value, 0...600_000)
    case "return_ms": returnDelay = try duration(key, value, 0...600_000)
    case "return_jitter_ms": returnJitter = try duration(key, value, 0...600_000)
    case "fault":
      fault = try choice(key, value)
      faultCount = nil
    case "fault_count":
      faultCount = value == .null ? nil : try integer(key, value, 1...1_000_000_000)
    case "fault_scope": faultScope = try choice(key, value)
    case "retry_after_s": retryAfterSeconds = try integer(key, value, 0...31_536_000)
    case "redirect_url":
      guard value == .null || value.string?.isEmpty == false else {
        throw .refused("redirect_url: wants a URL or null")
      }
      redirectURL = value.string
    case "drip_ms": drip = try duration(key, value, 0.001...60_000)
    default:
      throw .refused(
        "unknown condition '\(key)'; known: \(Self.keys.joined(separator: ", "))")
    }
  }

  /// Changes all conditions that an object names, or none where one of them does not fit.
  package mutating func set(_ object: JSONValue) throws(SimulatorError) {
    guard case .object(let members) = object else {
      throw .refused(
        "wants a JSON object of conditions; known: \(Self.keys.joined(separator: ", "))")
    }
    var changed = self
    // The fault first: it resets the count, in whatever order the two are named.
    for member in members where member.key == "fault" {
      try changed.set(member.key, to: member.value)
    }
    for member in members where member.key != "fault" {
      try changed.set(member.key, to: member.value)
    }
    self = changed
  }

  /// Reads `key=value,key=value`, as the command line has it, as an object for `set(_:)`.
  package static func object(of settings: some Sequence<some StringProtocol>)
    throws(SimulatorError) -> JSONValue
  {
    var members: [JSONValue.Member] = []
    for setting in settings {
      let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw .refused("'\(setting)' is not key=value; known keys: \(keys.joined(separator: ", "))")
      }
      let (key, text) = (String(parts[0]), String(parts[1]))
      guard !members.contains(where: { $0.key == key }) else {
        throw .refused("'\(key)' is given twice")
      }
      let value: JSONValue =
        if text == "null" || (key == "fault_count" && text == "none") {
          .null
        } else if let number = Int64(text) {
          .integer(number)
        } else if let number = Double(text), number.isFinite {
          .real(number)
        } else {
          .string(text)
        }
      members.append(JSONValue.Member(key, value))
    }
    return .object(members)
  }

  private func number(_ key: String, _ value: JSONValue, _ range: ClosedRange<Double>)
    throws(SimulatorError) -> Double
  {
    guard let number = value.number, range.contains(number) else {
      throw .refused(
        "\(key): wants a number from \(Self.number(range.lowerBound).text) to "
          + "\(Self.number(range.upperBound).text), not \(value.text)")
    }
    return number
  }

  private func duration(_ key: String, _ value: JSONValue, _ range: ClosedRange<Double>)
    throws(SimulatorError) -> Duration
  {
    .nanoseconds(Int64((try number(key, value, range) * 1e6).rounded()))
  }

  private func integer(_ key: String, _ value: JSONValue, _ range: ClosedRange<Int>)
    throws(SimulatorError) -> Int
  {
    guard let number = value.integer, let number = Int(exactly: number), range.contains(number)
    else {
      throw .refused(
        "\(key): wants a whole number from \(range.lowerBound) to \(range.upperBound), "
          + "not \(value.text)")
    }
    return number
  }

  private func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _ value: JSONValue)
    throws(SimulatorError) -> Choice where Choice.RawValue == String
  {
    guard let choice = value.string.flatMap(Choice.init(rawValue:)) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw .refused("unknown \(key) \(value.text); known: \(known)")
    }
    return choice
  }

  private static func milliseconds(_ duration: Duration) -> JSONValue {
    number(Double(duration.wholeNanoseconds) / 1e6)
  }

  /// Whole numbers without a fraction.
  private static func number(_ number: Double) -> JSONValue {
    Int64(exactly: number).map { .integer($0) } ?? .real(number)
  }
}
