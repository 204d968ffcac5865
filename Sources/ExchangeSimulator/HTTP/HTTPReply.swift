/// A whole HTTP answer.
package struct HTTPAnswer: Sendable, Equatable {
  package var status: Int
  /// Content-Type, Date and the like; Content-Length follows from the body.
  package var headers: [HTTPRequest.Field]
  package var body: [UInt8]

  package init(
    _ status: Int = 200, contentType: String = "application/json",
    headers: [HTTPRequest.Field] = [], body: some Sequence<UInt8>
  ) {
    self.status = status
    self.headers = [HTTPRequest.Field("Content-Type", contentType)] + headers
    self.body = Array(body)
  }

  package init(_ status: Int = 200, json: String, headers: [HTTPRequest.Field] = []) {
    self.init(status, headers: headers, body: json.utf8)
  }

  /// The body as text.
  package var text: String { String(decoding: body, as: UTF8.self) }
}

/// What a server does with a request.
enum HTTPReply: Sendable {
  case answer(HTTPAnswer)
  /// Announces the whole body, sends half of it, closes.
  case truncated(HTTPAnswer)
  /// Sends the body a byte at a time, with that pause before each.
  case dripping(HTTPAnswer, pause: Duration)
  /// Ends the TCP connection with a reset.
  case reset
  /// Says nothing until the client gives up or the server stops.
  case silence
}
