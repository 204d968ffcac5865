/// What a new configuration changes, for the operator. The ids of exchanges, sorted.
struct SettingsChange: Equatable {
  var added: [String] = []
  var removed: [String] = []
  /// Followed otherwise, with all that is known of them.
  var changed: [String] = []
  /// Their time is asked for otherwise, so that what was known of it means nothing now.
  var anew: [String] = []

  /// - Parameter all: that are followed from now on.
  func text(all: [String]) -> String {
    let parts = [
      ("new", added), ("followed no more", removed), ("changed", changed), ("measured anew", anew),
    ].filter { !$0.1.isEmpty }.map { "\($0): \($1.joined(separator: ", "))" }
    let change = parts.isEmpty ? "no exchange's settings changed" : parts.joined(separator: "; ")
    return "following \(all.joined(separator: ", ")) (\(change))"
  }
}
