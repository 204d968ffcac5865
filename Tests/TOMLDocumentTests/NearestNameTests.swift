import TOMLDocument
import Testing

@Suite struct NearestNameTests {
  @Test(arguments: [
    ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("interval", "intervall", 1),
    ("timeout", "timoeut", 1), ("kitten", "sitting", 3), ("ab", "ba", 1), ("ca", "abc", 3),
  ])
  func distance(_ left: String, _ right: String, _ expected: Int) {
    #expect(NearestName.distance(left, right) == expected)
    #expect(NearestName.distance(right, left) == expected)
  }

  @Test(arguments: [
    ("intervall", "interval"), ("Interval", "interval"), ("max_eror", "max_error"),
    ("max-error", "max_error"), ("sample", "samples"),
  ])
  func finds(_ name: String, _ nearest: String) {
    #expect(NearestName.find(for: name, among: ["samples", "interval", "max_error"]) == nearest)
  }

  @Test(arguments: ["colour", "x", "", "int"])
  func findsNothingNear(_ name: String) {
    #expect(NearestName.find(for: name, among: ["interval", "max_error"]) == nil)
  }
}
