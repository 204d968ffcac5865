/// Why no time could be read from an answer.
package enum TimeAnswerError: Error, Equatable, CustomStringConvertible {
  /// The body is not a JSON document.
  case notJSON(String)
  /// There is nothing where the time should be.
  case missing(String)
  /// What is there cannot be a time.
  case wrongType(source: String, expected: String, got: String)
  /// What is there is not a time between 2020 and 2100; the hint names the likely cause.
  case notATime(value: String, hint: String)

  package var description: String {
    switch self {
    case .notJSON(let detail): "the answer is not JSON: \(detail)"
    case .missing(let source): "the answer has no time: \(source) is missing"
    case .wrongType(let source, let expected, let got):
      "the answer has no time: \(source) should be \(expected), but is \(got)"
    case .notATime(let value, let hint): "the answer's time \(value) is not plausible: \(hint)"
    }
  }
}
