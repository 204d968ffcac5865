/// How often the truth was inside the bound.
struct Coverage {
  /// Questions asked, over all trials.
  private(set) var pairs = 0

  private(set) var inside = 0

  /// Questions that were not answered, which is no error: nothing was known yet.
  private(set) var unanswered = 0

  mutating func note(_ published: Published?) {
    guard let published else {
      unanswered += 1
      return
    }
    pairs += 1
    if published.isTrue { inside += 1 }
  }

  func line(of scenario: String) -> Line {
    var line = Line(kind: "coverage")
    line.add("scenario", scenario)
    line.add("pairs", pairs)
    line.add("inside", inside)
    line.add("unanswered", unanswered)
    return line
  }
}
