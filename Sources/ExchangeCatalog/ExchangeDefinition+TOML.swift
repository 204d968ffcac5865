internal import ClockCore
internal import JSONDocument
package import TOMLDocument

extension ExchangeDefinition {
  /// Reads an exchange's table.
  ///
  /// What the table does not name is taken over from `base`; without one, the table must have a URL
  /// and `time`. A list or table that is named replaces the base's as a whole. Everything wrong is
  /// reported to the reader; nil where no definition can be made of the rest. The caller may ask
  /// for keys of its own before it finishes the reader.
  package static func read(
    from reader: TOMLTableReader, id: String, over base: ExchangeDefinition?
  ) -> ExchangeDefinition? {
    let endpoint = Endpoint.read(from: reader, base: base)
    let isTimeNamed = reader.contains("time")
    let time = reader.string(
      "time", expected: "a JSON pointer such as \"/data/0/ts\", or \"header:Date\"", TimeSource.init
    )
    if base == nil, !isTimeNamed {
      reader.report(
        "time is missing: a JSON pointer to the time in the answer, such as \"/data/0/ts\", "
          + "or \"header:Date\"", key: "time")
    }
    var definition =
      base ?? ExchangeDefinition(id: id, url: "", timeSource: time ?? .header("Date"))
    definition.id = id
    if let endpoint {
      definition.baseURL = endpoint.baseURL
      definition.path = endpoint.path
      // Who names another place means that place alone.
      definition.alternatives = endpoint.baseURL == base?.baseURL ? definition.alternatives : []
    }
    definition.readAlternatives(from: reader)
    definition.readSandbox(from: reader, isNew: base == nil)
    if let time { definition.timeSource = time }
    definition.readUnit(from: reader, isNew: base == nil)
    definition.readServerStamps(from: reader)
    definition.readTexts(from: reader)
    definition.readHeaders(from: reader)
    if let body = reader.string("body") { definition.requestBody = body }
    if let most = reader.integer("probes_per_minute", in: 1...60) {
      definition.probesPerMinute = most
    }
    definition.readRule(from: reader)
    definition.readCodes(from: reader)
    return base == nil && (endpoint == nil || time == nil) ? nil : definition
  }

  private mutating func readUnit(from reader: TOMLTableReader, isNew: Bool) {
    let named: TimeUnit? = reader.choice("unit")
    if let named {
      unit = named
      resolution = named.resolution
      // Those belong to the answer as it was.
      finerUnit = nil
      coarseResolution = nil
    } else if isNew, case .header(let name) = timeSource, name.lowercased() == "date" {
      unit = .httpDate
      resolution = unit.resolution
    }
    if let quantum = reader.duration("resolution", in: .nanoseconds(1)...(.seconds(60))) {
      if unit == .httpDate, quantum < .seconds(1) {
        reader.report(
          "resolution of an HTTP date is at least 1s, not \(quantum.text)", key: "resolution")
      }
      resolution = quantum
    }
    if let finer = reader.choice("finer_unit", of: TimeUnit.self) { finerUnit = finer }
    if let coarse = reader.duration("coarse_resolution", in: .nanoseconds(1)...(.seconds(60))) {
      coarseResolution = coarse
      if coarse <= resolution {
        reader.report(
          "coarse_resolution (\(coarse.text)) is not coarser than resolution (\(resolution.text))",
          key: "coarse_resolution")
      }
    }
  }

  private mutating func readServerStamps(from reader: TOMLTableReader) {
    let expected = "a JSON pointer such as \"/usIn\", or \"header:x-in-time\""
    let receive = reader.string("receive", expected: expected, TimeSource.init)
    let transmit = reader.string("transmit", expected: expected, TimeSource.init)
    let stampUnit = reader.choice("stamps_unit", of: TimeUnit.self)
    let finer = reader.choice("finer_stamps_unit", of: TimeUnit.self)
    if reader.contains("receive") != reader.contains("transmit") {
      reader.report(
        "receive and transmit belong together",
        key: reader.contains("receive") ? "receive" : "transmit")
    }
    if let receive, let transmit {
      serverStamps = ServerStamps(
        receive: receive, transmit: transmit, unit: stampUnit ?? .microseconds)
    } else if stampUnit != nil, serverStamps == nil {
      reader.report("stamps_unit needs receive and transmit", key: "stamps_unit")
    } else if let stampUnit {
      serverStamps?.unit = stampUnit
    }
    if finer != nil, serverStamps == nil {
      reader.report("finer_stamps_unit needs receive and transmit", key: "finer_stamps_unit")
    }
    if let finer { serverStamps?.finerUnit = finer }
  }

  private mutating func readCodes(from reader: TOMLTableReader) {
    let pointer = reader.string(
      "code_pointer", expected: "a JSON pointer such as \"/code\"", JSONPointer.init)
    if let pointer { codePointer = pointer }
    if let tables = reader.tables("codes") { codes = tables.compactMap(RefusalCode.read) }
    let expected = "a JSON pointer such as \"/timestamp\", or \"after:\" and a text"
    let unit = reader.choice("refusal_time_unit", of: TimeUnit.self)
    if let place = reader.string("refusal_time", expected: expected, RefusalPlace.init) {
      refusalTime = RefusalTime(place: place, unit: unit ?? .milliseconds)
    } else if let unit, !reader.contains("refusal_time") {
      if refusalTime == nil {
        reader.report("refusal_time_unit needs refusal_time", key: "refusal_time_unit")
      }
      refusalTime?.unit = unit
    }
    let stamp = reader.string("refusal_timestamp", expected: expected, RefusalPlace.init)
    if let stamp { refusalTimestamp = stamp }
    let window = reader.string("refusal_window", expected: expected, RefusalPlace.init)
    if let window { refusalWindow = window }
  }

  private mutating func readTexts(from reader: TOMLTableReader) {
    func take(_ key: String, _ property: WritableKeyPath<Self, String>) {
      if let text = reader.string(key) { self[keyPath: property] = text }
    }
    take("name", \.name)
    take("market", \.market)
    if let format = reader.choice("timestamp_format", of: TimestampFormat.self),
      format != timestampFormat
    {
      // Which of the two is written is a choice; the exchange still takes both.
      otherTimestampFormat = format == otherTimestampFormat ? timestampFormat : nil
      timestampFormat = format
    }
    if let other = reader.choice("other_timestamp_format", of: TimestampFormat.self) {
      otherTimestampFormat = other
    }
    take("timestamp_carrier", \.timestampCarrier)
    take("confidence", \.confidence)
    if let places = reader.strings("sources") { sources = places }
  }

  private mutating func readHeaders(from reader: TOMLTableReader) {
    guard let table = reader.table("headers") else { return }
    requestHeaders = []
    var names: Set<String> = []
    for name in table.keys {
      guard let value = table.string(name) else { continue }
      if !HTTPText.isToken(name) {
        table.report("\(TOMLTableReader.quoted(name)) is not a header name", key: name)
      } else if !HTTPText.isFieldValue(value) {
        table.report("header \(name) has a line break or another control character", key: name)
      } else if !names.insert(name.lowercased()).inserted {
        table.report("header \(name) appears twice", key: name)
      }
      requestHeaders.append(Header(name: name, value: value))
    }
    requestHeaders.sort()
  }
}
