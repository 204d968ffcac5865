/// Whether most exchanges have jumped alike.
enum CommonStep {
  /// How far jumps may be apart to count as one.
  static let likeness = Duration.seconds(1)

  /// - Parameter steps: the jump of each exchange that was not believed; nil where there was none.
  /// - Returns: the exchanges that jumped alike, when they are at least two and more than half of
  ///   all; else none.
  static func indices(among steps: [Duration?]) -> [Int] {
    for step in steps.compactMap(\.self) {
      let alike = steps.indices.filter { index in
        steps[index].map { $0 - step <= likeness && step - $0 <= likeness } ?? false
      }
      if alike.count > 1, alike.count * 2 > steps.count { return alike }
    }
    return []
  }
}
