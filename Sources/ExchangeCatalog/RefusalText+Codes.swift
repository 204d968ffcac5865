/// Codes of exchanges within the texts that libraries make of refusals.
extension RefusalText {
  /// The name of a code, without `_` and `-`: of a member, of a parameter, or of a message.
  private static let names: Set<String> = ["code", "errcode", "errorcode", "retcode"]

  /// "Status code" and the like are no codes of an exchange.
  private static let otherCodes: Set<String> = ["status", "http", "response", "exit"]

  private static let mostSeparators = 6
  private static let longestCode = 32
  private static let mostCodes = 16

  /// What a text calls a code, in order: `APIError(code=-1021): ...` of python-binance,
  /// `... (ErrCode: 10002) ...` of pybit, `{'ret_code': 10002, ...}`; and the second number of
  /// `(400, -1021, '...')`, by which a client of Binance begins. What they mean is for each
  /// exchange's table to say.
  var namedCodes: [String] {
    var codes: [String] = []
    for text in texts {
      codes += Self.named(in: text)
      if let code = Self.second(of: text) { codes.append(code) }
      if codes.count >= Self.mostCodes { break }
    }
    return Array(codes.prefix(Self.mostCodes))
  }

  private static func named(in text: [UInt8]) -> [String] {
    var codes: [String] = []
    var index = 0
    while index < text.count, codes.count < mostCodes {
      guard isOfName(text[index]) else {
        index += 1
        continue
      }
      let end = text[index...].firstIndex { !isOfName($0) } ?? text.count
      let word = plain(text[index..<end])
      if names.contains(word), !isOfAnother(text[..<index]), !isOfQuery(text[..<index]),
        let code = value(after: text[end...])
      {
        codes.append(code)
      }
      index = end
    }
    return codes
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    isLetterOrDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    let letter = byte | 0x20
    return UInt8(ascii: "a")...UInt8(ascii: "z") ~= letter
      || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
  }

  private static func plain(_ word: ArraySlice<UInt8>) -> String {
    String(decoding: word.prefix(longestCode).filter(isLetterOrDigit), as: UTF8.self).lowercased()
  }

  /// The word before it says so.
  private static func isOfAnother(_ before: ArraySlice<UInt8>) -> Bool {
    let word = before.reversed().drop { $0 == UInt8(ascii: " ") }.prefix(while: isLetterOrDigit)
    return otherCodes.contains(plain(Array(word.reversed())[...]))
  }

  /// A parameter of a URL is what was asked, not what was answered.
  private static func isOfQuery(_ before: ArraySlice<UInt8>) -> Bool {
    before.last == UInt8(ascii: "?") || before.last == UInt8(ascii: "&")
  }

  private static func value(after text: ArraySlice<UInt8>) -> String? {
    let separators = text.prefix { " \t:='\"\\>(".utf8.contains($0) }
    guard (1...mostSeparators).contains(separators.count) else { return nil }
    var code = text[separators.endIndex...].prefix { isOfName($0) || $0 == UInt8(ascii: ".") }
    while code.last == UInt8(ascii: ".") { code.removeLast() }
    guard (1...longestCode).contains(code.count) else { return nil }
    return String(decoding: code, as: UTF8.self)
  }

  /// Of an HTTP status and a code, in parentheses: the code.
  private static func second(of text: [UInt8]) -> String? {
    let isDigit = { (byte: UInt8) in UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
    guard let start = text.firstIndex(of: UInt8(ascii: "(")) else { return nil }
    let parts = text[(start + 1)...].prefix(longestCode)
      .split(separator: UInt8(ascii: ","), maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].count == 3, parts[0].allSatisfy(isDigit) else { return nil }
    let code = parts[1].drop { $0 == UInt8(ascii: " ") }
    let digits = code.first == UInt8(ascii: "-") ? code.dropFirst() : code
    guard !digits.isEmpty, digits.allSatisfy(isDigit) else { return nil }
    return String(decoding: code, as: UTF8.self)
  }
}
