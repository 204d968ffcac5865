/// Rows of text in aligned columns.
struct Table {
  enum Alignment {
    case left
    case right
  }

  private let columns: [(title: String, alignment: Alignment)]
  private var rows: [[String]] = []

  init(_ columns: (String, Alignment)...) {
    self.columns = columns.map { (title: $0.0, alignment: $0.1) }
  }

  mutating func add(_ cells: String...) {
    precondition(cells.count == columns.count, "a row has a cell for each column")
    rows.append(cells)
  }

  /// One string for each line, the titles first, without trailing spaces. The last column is left
  /// out where nothing is in it.
  /// - Parameter decorate: changes how a padded cell looks, not how wide it is.
  func lines(decorate: (_ cell: String, _ text: String) -> String = { cell, _ in cell }) -> [String]
  {
    var all = [columns.map { $0.title.uppercased() }] + rows
    if rows.allSatisfy({ $0.last?.isEmpty == true }) { all = all.map { $0.dropLast() } }
    let widths = all[0].indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      let cells = row.indices.map { column in
        let text = row[column]
        let space = String(repeating: " ", count: widths[column] - text.count)
        let isLast = column == row.count - 1
        let padded =
          columns[column].alignment == .right ? space + text : isLast ? text : text + space
        return decorate(padded, text)
      }
      return cells.joined(separator: "  ")
        .reversed().drop { $0 == " " }.reversed().map(String.init).joined()
    }
  }
}
