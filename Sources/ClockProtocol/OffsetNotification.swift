package import JSONDocument

/// What a subscriber is told unasked: the `offset` object, with the subscription it is sent for as
/// its first member.
///
///     {"jsonrpc":"2.0","method":"offset","params":{"subscription":1,"exchange":"binance", ...}}
package struct OffsetNotification: Sendable, Equatable {
  package static let method = "offset"

  package var subscription: Int64
  package var offset: OffsetResult

  package init(subscription: Int64, offset: OffsetResult) {
    self.subscription = subscription
    self.offset = offset
  }

  /// Nil where the line is no such notification, such as an answer.
  package init?(json: JSONValue) {
    guard json["id"] == nil, json["method"] == .string(Self.method),
      let params = json["params"], let subscription = params["subscription"]?.integer,
      let offset = OffsetResult(json: params)
    else { return nil }
    self.init(subscription: subscription, offset: offset)
  }

  /// The part of the line that is the same for all subscriptions, behind its number.
  package static func shared(_ offset: OffsetResult) -> [UInt8] {
    Array((",\(offset.json.text.dropFirst())}\n").utf8)
  }

  /// The part of the line up to the subscription's number.
  package static func beginning(_ subscription: Int64) -> [UInt8] {
    Array(
      #"{"jsonrpc":"2.0","method":"\#(method)","params":{"subscription":\#(subscription)"#.utf8)
  }
}
