internal import JSONDocument

/// A whole number of decimal digits alone: no sign, no space, no fraction.
func digits(_ text: String) -> Int64? {
  text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
}

/// A member of a JSON body, or of a form where the body is one; "" where it is missing.
func order(_ request: HTTPRequest, _ name: String, default missing: String = "") -> String {
  guard let body = try? JSONValue(parsing: request.body) else {
    return request.parameter(name) ?? missing
  }
  switch body[name] {
  case .string(let text)?: return text
  case .integer(let number)?: return String(number)
  case .real(let number)?: return String(number)
  default: return missing
  }
}

/// A number in at least `width` digits.
func padded(_ number: Int, _ width: Int) -> String {
  let text = String(number)
  return String(repeating: "0", count: max(0, width - text.count)) + text
}
