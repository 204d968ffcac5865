/// Finds the name that somebody probably meant.
package enum NearestName {
  /// The candidate that is the fewest typing mistakes away from `name`; nil where none is near.
  package static func find(for name: String, among candidates: [String]) -> String? {
    let allowed = 1 + name.count / 3
    let nearest =
      candidates
      .map { (distance: distance(name.lowercased(), $0.lowercased()), name: $0) }
      .min { $0.distance < $1.distance }
    guard let nearest, nearest.distance <= allowed, nearest.distance < nearest.name.count else {
      return nil
    }
    return nearest.name
  }

  /// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other
  /// (optimal string alignment).
  package static func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left.unicodeScalars)
    let right = Array(right.unicodeScalars)
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in left.indices {
      var current = [row + 1]
      for column in right.indices {
        let isSame = left[row] == right[column]
        var best = min(
          last[column + 1] + 1, current[column] + 1, last[column] + (isSame ? 0 : 1))
        let isSwap =
          row > 0 && column > 0 && left[row] == right[column - 1] && left[row - 1] == right[column]
        if isSwap { best = min(best, beforeLast[column - 1] + 1) }
        current.append(best)
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}
