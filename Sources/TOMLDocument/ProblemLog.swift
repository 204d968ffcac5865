/// Where all readers of one document put what they find wrong.
package final class ProblemLog {
  private var found: [Problem] = []

  package init() {}

  /// Every problem so far, in the order of the file.
  package var problems: [Problem] { found.sorted() }

  package func add(_ problem: Problem) {
    found.append(problem)
  }
}
