import ClockCore
import Testing

@testable import ClockDaemon

@Suite struct CommonStepTests {
  private let now = MonotonicInstant(nanoseconds: 10_000_000_000_000)

  private func jump(
    _ seconds: Int?, isAccepted: Bool = false, ago: Duration = .seconds(1)
  ) -> CommonStep.Jump? {
    seconds.map { .init(size: .seconds($0), at: now - ago, isAccepted: isAccepted) }
  }

  @Test(
    arguments: [
      ([], []), ([3_600], []), ([3_600, nil], []), ([3_600, 3_600], [0, 1]),
      ([3_600, nil, 3_601], [0, 2]), ([3_600, nil, nil, 3_600], []), ([3_600, -3_600], []),
      ([100, 3_600, 3_600, nil], []), ([100, 3_600, 3_600, 3_599, nil], [1, 2, 3]),
    ] as [([Int?], [Int])])
  func onlyMostOfThemTogether(_ seconds: [Int?], _ alike: [Int]) {
    #expect(CommonStep.indices(among: seconds.map { jump($0) }, at: now) == alike)
  }

  /// Who finds out later, after the others were believed, is believed as well.
  @Test func theLastToFindOutIsNotAlone() {
    let believed = [
      jump(3_600, isAccepted: true, ago: .seconds(600)),
      jump(3_600, isAccepted: true, ago: .seconds(600)),
    ]
    #expect(CommonStep.indices(among: believed + [nil], at: now) == [])
    #expect(CommonStep.indices(among: believed + [jump(3_600)], at: now) == [2])
    #expect(CommonStep.indices(among: believed + [jump(3_700)], at: now) == [])
    let later = now + .seconds(3_600)
    #expect(CommonStep.indices(among: believed + [jump(3_600)], at: later) == [])
  }
}
