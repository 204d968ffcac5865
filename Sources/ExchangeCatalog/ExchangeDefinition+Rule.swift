internal import ClockCore
internal import TOMLDocument

extension ExchangeDefinition {
  private static let windows: ClosedRange<Duration> = .milliseconds(1)...(.seconds(86_400))
  private static let tolerances: ClosedRange<Duration> = .zero...(.seconds(86_400))

  mutating func readRule(from reader: TOMLTableReader) {
    let named: WindowKind? = reader.choice("window_kind")
    if let parameter = reader.string("window_param") { windowParameter = parameter }
    if let flag = reader.bool("window_documented") { isWindowDocumented = flag }
    if let text = reader.string("rule") { ruleText = text }
    let window = reader.duration("window", in: Self.windows)
    let longest = reader.duration("window_max", in: Self.windows)
    let tolerance = reader.duration("future_tolerance", in: Self.tolerances)
    // A kind that was refused says nothing of the keys beside it.
    guard named != nil || !reader.contains("window_kind") else { return }
    let kind = named ?? WindowKind(rule)
    switch kind {
    case .nonce, .untimed, .unknown:
      for key in ["window", "window_max", "future_tolerance"] where reader.contains(key) {
        reader.report(
          "\(key) means nothing while window_kind is \"\(kind.rawValue)\": "
            + "set window_kind to \"adjustable\" or \"fixed\"", key: key)
      }
      rule = kind == .nonce ? .nonce : kind == .untimed ? .untimed : .unknown
    case .expiry:
      readExpiry(from: reader, lifetime: window, longest: longest)
    case .adjustable, .fixed:
      readWindow(
        from: reader, isAdjustable: kind == .adjustable, window: window, longest: longest,
        tolerance: tolerance)
    }
  }

  private mutating func readExpiry(
    from reader: TOMLTableReader, lifetime: Duration?, longest: Duration?
  ) {
    var base: (lifetime: Duration, longest: Duration?)?
    if case .expiry(let lifetime, let longest) = rule { base = (lifetime, longest) }
    if reader.contains("future_tolerance") {
      reader.report(
        "future_tolerance means nothing while window_kind is \"expiry\": every timestamp is ahead",
        key: "future_tolerance")
    }
    guard let lifetime = lifetime ?? base?.lifetime else {
      if !reader.contains("window") {
        reader.report(
          "window is missing: how far ahead a timestamp is put, such as \"5s\"", key: "window")
      }
      return
    }
    let longest = longest ?? base?.longest
    checkOrder(lifetime, longest, reader)
    rule = .expiry(lifetime: lifetime, longest: longest)
  }

  private func checkOrder(_ width: Duration, _ limit: Duration?, _ reader: TOMLTableReader) {
    guard let limit, limit < width else { return }
    reader.report(
      "window (\(width.text)) is longer than window_max (\(limit.text))",
      key: reader.contains("window") ? "window" : "window_max")
  }

  private mutating func readWindow(
    from reader: TOMLTableReader, isAdjustable: Bool, window: Duration?, longest: Duration?,
    tolerance: Duration?
  ) {
    var base: AcceptanceWindow?
    if case .window(let window) = rule { base = window }
    guard let width = window ?? base?.window else {
      if !reader.contains("window") {
        reader.report(
          "window is missing: how old a timestamp may be, such as \"5s\"", key: "window")
      }
      return
    }
    if !isAdjustable, reader.contains("window_max") {
      reader.report(
        "window_max means nothing while window_kind is \"fixed\": no request can ask for a window",
        key: "window_max")
    }
    let limit = isAdjustable ? longest ?? base?.longestWindow : nil
    checkOrder(width, limit, reader)
    // A tolerance that is not known is none: a timestamp is then never put ahead.
    rule = .window(
      AcceptanceWindow(
        window: width, longestWindow: limit, isAdjustable: isAdjustable,
        tolerance: tolerance ?? base?.tolerance ?? .zero))
  }
}
