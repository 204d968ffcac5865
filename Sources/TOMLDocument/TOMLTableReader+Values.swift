extension TOMLTableReader {
  package func string(_ key: String) -> String? {
    guard let entry = entry(key) else { return nil }
    guard case .string(let text) = entry.value.content else {
      return refuse(entry, expected: "a string")
    }
    return text
  }

  /// A string that means something more than its text; `parse` answers nil where it does not.
  ///
  /// `expected` completes "expected ...": "an octal mode such as "0660"".
  package func string<Value>(
    _ key: String, expected: String, _ parse: (String) -> Value?
  ) -> Value? {
    guard let entry = entry(key) else { return nil }
    guard case .string(let text) = entry.value.content, let value = parse(text) else {
      return refuse(entry, expected: expected)
    }
    return value
  }

  package func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
    guard let entry = entry(key) else { return nil }
    guard case .integer(let number) = entry.value.content else {
      return refuse(entry, expected: "an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    guard let value = Int(exactly: number), range.contains(value) else {
      report(
        "\(key) must be from \(range.lowerBound) to \(range.upperBound), not \(number)", key: key)
      return nil
    }
    return value
  }

  package func bool(_ key: String) -> Bool? {
    guard let entry = entry(key) else { return nil }
    guard case .bool(let flag) = entry.value.content else {
      return refuse(entry, expected: "true or false")
    }
    return flag
  }

  /// A duration such as "1h", "100ms" or "1h30m".
  package func duration(_ key: String, in range: ClosedRange<Duration>) -> Duration? {
    let expected = "a duration such as \"\(range.lowerBound.text)\" or \"\(range.upperBound.text)\""
    guard let value = string(key, expected: expected, Duration.init(text:)) else { return nil }
    guard range.contains(value) else {
      report(
        "\(key) must be from \(range.lowerBound.text) to \(range.upperBound.text), not \(value.text)",
        key: key)
      return nil
    }
    return value
  }

  /// File permission bits as chmod(1) takes them: "0660".
  package func octalMode(_ key: String) -> UInt32? {
    string(key, expected: "an octal mode such as \"0660\"") { text in
      guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "7") ~= $0 }) else {
        return nil
      }
      return UInt32(text, radix: 8).flatMap { $0 <= 0o777 ? $0 : nil }
    }
  }

  /// One of a few words.
  package func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ key: String, of: Choice.Type = Choice.self
  ) -> Choice? {
    guard let entry = entry(key) else { return nil }
    let words = Choice.allCases.map(\.rawValue)
    let expected = "one of " + words.map(Self.quoted).joined(separator: ", ")
    guard case .string(let text) = entry.value.content else {
      return refuse(entry, expected: expected)
    }
    guard let choice = Choice(rawValue: text) else {
      let nearest = NearestName.find(for: text, among: words)
      report(
        "\(key): expected \(expected), got \(Self.quoted(text))"
          + (nearest.map { "; did you mean \(Self.quoted($0))?" } ?? ""), key: key)
      return nil
    }
    return choice
  }

  package func strings(_ key: String) -> [String]? {
    guard let entry = entry(key) else { return nil }
    guard case .array(let elements) = entry.value.content else {
      return refuse(entry, expected: "a list of strings")
    }
    var strings: [String] = []
    for element in elements {
      if case .string(let text) = element.content {
        strings.append(text)
      } else {
        report(
          "\(key): expected a list of strings, got \(element.content.kind) in it", key: key,
          at: element.position)
      }
    }
    return strings.count == elements.count ? strings : nil
  }

  package func table(_ key: String) -> TOMLTableReader? {
    guard let entry = entry(key) else { return nil }
    guard case .table(let table) = entry.value.content else {
      return refuse(entry, expected: "a table")
    }
    return TOMLTableReader(
      table, log: log, path: path + [key], position: entry.value.position)
  }

  /// A list of tables.
  package func tables(_ key: String) -> [TOMLTableReader]? {
    guard let entry = entry(key) else { return nil }
    guard case .array(let elements) = entry.value.content else {
      return refuse(entry, expected: "a list of tables")
    }
    var tables: [TOMLTableReader] = []
    for element in elements {
      if case .table(let table) = element.content {
        tables.append(
          TOMLTableReader(table, log: log, path: path + [key], position: element.position))
      } else {
        report(
          "\(key): expected a list of tables, got \(element.content.kind) in it", key: key,
          at: element.position)
      }
    }
    return tables.count == elements.count ? tables : nil
  }

  private func refuse<Value>(_ entry: TOMLTable.Entry, expected: String) -> Value? {
    var found = entry.value.content.kind
    switch entry.value.content {
    case .string(let text): found = Self.quoted(text)
    case .integer(let number): found += " (\(number))"
    case .bool(let flag): found += " (\(flag))"
    default: break
    }
    report("\(entry.key): expected \(expected), got \(found)", key: entry.key)
    return nil
  }
}
