internal import JSONDocument

/// A question that people ask when an exchange refuses their timestamps, answered for this host.
struct Question: Equatable {
  /// A short name for programs.
  var id: String
  var question: String

  /// Whether it concerns this host now; nil where that cannot be told.
  var applies: Bool?
  var answer: String

  var json: JSONValue {
    [
      "id": .string(id), "question": .string(question),
      "applies": applies.map(JSONValue.bool) ?? .null, "answer": .string(answer),
    ]
  }
}
