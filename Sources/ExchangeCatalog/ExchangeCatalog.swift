internal import TOMLDocument

/// The exchanges that are known without configuration, from `exchanges.toml`.
package enum ExchangeCatalog {
  /// Sorted by id.
  package static let builtIn: [ExchangeDefinition] = {
    switch read(PackageResources.exchanges_toml) {
    case .success(let definitions): return definitions
    case .failure(let problem):
      preconditionFailure("the built-in " + problem.text(file: "exchanges.toml"))
    }
  }()

  /// The built-in exchange of that id.
  package static func definition(of id: String) -> ExchangeDefinition? {
    builtIn.first { $0.id == id }
  }

  /// Reads a catalogue: one table for each exchange. Fails with its first problem.
  static func read(_ text: [UInt8]) -> Result<[ExchangeDefinition], Problem> {
    let log = ProblemLog()
    var definitions: [ExchangeDefinition] = []
    do {
      let reader = TOMLTableReader(try TOMLTable(parsing: text), log: log)
      for id in reader.keys {
        guard let table = reader.table(id) else { continue }
        if !ExchangeDefinition.isValid(id: id) {
          table.report("\(TOMLTableReader.quoted(id)) is not an exchange id")
        }
        if let definition = ExchangeDefinition.read(from: table, id: id, over: nil) {
          definitions.append(definition)
        }
        table.finish()
      }
    } catch {
      log.add(Problem(at: error.position, keyPath: "", message: error.message))
    }
    if let problem = log.problems.first { return .failure(problem) }
    return .success(definitions.sorted { $0.id < $1.id })
  }
}
