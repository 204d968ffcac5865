import Testing

@testable import ClockDaemon

@Suite struct CommonStepTests {
  @Test(
    arguments: [
      ([], []), ([3_600], []), ([3_600, nil], []), ([3_600, 3_600], [0, 1]),
      ([3_600, nil, 3_601], [0, 2]), ([3_600, nil, nil, 3_600], []), ([3_600, -3_600], []),
      ([100, 3_600, 3_600, nil], []), ([100, 3_600, 3_600, 3_599, nil], [1, 2, 3]),
    ] as [([Int?], [Int])])
  func onlyMostOfThemTogether(_ seconds: [Int?], _ alike: [Int]) {
    #expect(CommonStep.indices(among: seconds.map { $0.map { .seconds($0) } }) == alike)
  }
}
