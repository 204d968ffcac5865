extension CivilTime {
  /// Reads `2020-12-08T09:08:57.715Z`: 0 to 9 digits of fraction, then `Z` or `+00:00`.
  package init?(iso8601 text: some StringProtocol) {
    var bytes = Array(text.utf8)[...]
    guard let year = Self.number(of: 4, from: &bytes), Self.take("-", from: &bytes),
      let month = Self.number(of: 2, from: &bytes), Self.take("-", from: &bytes),
      let day = Self.number(of: 2, from: &bytes), Self.take("T", from: &bytes),
      let hour = Self.number(of: 2, from: &bytes), Self.take(":", from: &bytes),
      let minute = Self.number(of: 2, from: &bytes), Self.take(":", from: &bytes),
      let second = Self.number(of: 2, from: &bytes)
    else { return nil }
    var nanosecond = 0
    if Self.take(".", from: &bytes) {
      let count = bytes.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }.count
      guard count <= 9, let fraction = Self.number(of: count, from: &bytes) else { return nil }
      nanosecond = (count..<9).reduce(fraction) { value, _ in value * 10 }
    }
    guard bytes.elementsEqual("Z".utf8) || bytes.elementsEqual("+00:00".utf8) else { return nil }
    self.init(
      year: year, month: month, day: day, hour: hour, minute: minute, second: second,
      nanosecond: nanosecond)
  }

  /// `2020-12-08T09:08:57.715Z`; the fraction is cut off, not rounded, and left out for 0 digits.
  ///
  /// - Precondition: `fractionDigits` is 0 to 9.
  package func iso8601(fractionDigits: Int) -> String {
    precondition((0...9).contains(fractionDigits), "a nanosecond has nine digits")
    var text = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
    text += "T\(Self.padded(hour, 2)):\(Self.padded(minute, 2)):\(Self.padded(second, 2))"
    if fractionDigits > 0 { text += ".\(Self.padded(nanosecond, 9).prefix(fractionDigits))" }
    return text + "Z"
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private static func number(of digits: Int, from bytes: inout ArraySlice<UInt8>) -> Int? {
    guard digits > 0, bytes.count >= digits else { return nil }
    var number = 0
    for byte in bytes.prefix(digits) {
      guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
      number = number * 10 + Int(byte - UInt8(ascii: "0"))
    }
    bytes = bytes.dropFirst(digits)
    return number
  }

  private static func take(_ scalar: Unicode.Scalar, from bytes: inout ArraySlice<UInt8>) -> Bool {
    guard bytes.first == UInt8(ascii: scalar) else { return false }
    bytes = bytes.dropFirst()
    return true
  }
}
