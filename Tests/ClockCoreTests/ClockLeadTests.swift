import ClockCore
import Testing

@Suite struct ClockLeadTests {
  private static func lead(_ lower: Int, _ upper: Int) -> ClockLead {
    ClockLead(lower: .milliseconds(lower), upper: .milliseconds(upper))
  }

  struct Case: Sendable {
    var known: ClockLead
    var newer: ClockLead
    var tolerance = Duration.zero
    var change: ClockLead.Change
    var after: ClockLead
  }

  static let cases: [Case] = [
    // Overlapping looks narrow each other.
    Case(known: lead(0, 10), newer: lead(5, 15), change: .none, after: lead(5, 10)),
    Case(known: lead(0, 10), newer: lead(-5, 3), change: .none, after: lead(0, 3)),
    Case(known: lead(0, 10), newer: lead(-5, 15), change: .none, after: lead(0, 10)),
    Case(known: lead(0, 10), newer: lead(4, 4), change: .none, after: lead(4, 4)),
    // Looks that touch do not contradict each other.
    Case(known: lead(0, 10), newer: lead(10, 20), change: .none, after: lead(10, 10)),
    // One above the other: the lead has grown by what lies between at least.
    Case(
      known: lead(0, 10), newer: lead(11, 20), change: .grown(by: .milliseconds(1)),
      after: lead(11, 20)),
    Case(
      known: lead(-10, -5), newer: lead(95, 100), change: .grown(by: .milliseconds(100)),
      after: lead(95, 100)),
    Case(
      known: lead(0, 10), newer: lead(-9, -3), change: .shrunk(by: .milliseconds(3)),
      after: lead(-9, -3)),
    // What may have moved by itself is no contradiction.
    Case(
      known: lead(0, 10), newer: lead(12, 20), tolerance: .milliseconds(2), change: .none,
      after: lead(12, 12)),
    Case(
      known: lead(0, 10), newer: lead(13, 20), tolerance: .milliseconds(2),
      change: .grown(by: .milliseconds(1)), after: lead(13, 20)),
    Case(
      known: lead(0, 10), newer: lead(-9, -3), tolerance: .milliseconds(2),
      change: .shrunk(by: .milliseconds(1)), after: lead(-9, -3)),
    Case(
      known: lead(0, 10), newer: lead(-20, 20), tolerance: .milliseconds(2), change: .none,
      after: lead(-2, 12)),
  ]

  @Test(arguments: cases) func twoLooks(_ example: Case) {
    var lead = example.known
    #expect(lead.look(example.newer, tolerance: example.tolerance) == example.change)
    #expect(lead == example.after)
  }

  /// Small growth adds up to what is noticed: nothing known is forgotten.
  @Test func growthBySmallStepsIsNoticed() {
    var lead = Self.lead(0, 10)
    let changes = (1...5).map { step in lead.look(Self.lead(step * 3, step * 3 + 10)) }
    #expect(changes.prefix(3).allSatisfy { $0 == .none })
    #expect(changes[3] == .grown(by: .milliseconds(2)))
  }
}
