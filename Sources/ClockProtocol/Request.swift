package import JSONDocument

/// One JSON-RPC 2.0 request.
package struct Request: Sendable, Equatable {
  /// A string, a number or null; nil for a notification, which gets no answer.
  package var id: JSONValue?

  package var method: String

  /// Named parameters; an empty object when there are none.
  package var params: JSONValue

  package init(id: JSONValue?, method: String, params: JSONValue = [:]) {
    self.id = id
    self.method = method
    self.params = params
  }

  /// Whether the answer grows with the number of exchanges, or with what is known of one.
  package var asksForAList: Bool {
    switch Method(rawValue: method) {
    case .offsets, .subscribe, .history, .exchanges: true
    case .resync: params["exchange"] == nil
    case .stamp, .now, .offset, .convert, .unsubscribe, .report, .health, nil: false
    }
  }

  /// Whether it may have to wait for the network or the disk.
  package var isWaitedFor: Bool {
    switch Method(rawValue: method) {
    case .resync, .report, .history: true
    default: false
    }
  }

  /// The request as one line, without the newline.
  package var line: String {
    JSONValue.members(
      ("jsonrpc", "2.0"), ("id", id), ("method", .string(method)), ("params", params)
    ).text
  }
}

/// A request, or what is to be answered in its place.
package typealias RequestOrFault = Result<Request, RequestFault>

/// A message that is no request: the error, and the id if one could be read.
package struct RequestFault: Error, Sendable, Equatable {
  /// Null where no id could be read; nil for a notification, which gets no answer.
  package var id: JSONValue?
  package var error: RPCError
}

/// What one line carries.
package enum Message: Sendable, Equatable {
  case single(RequestOrFault)
  case batch([RequestOrFault])

  /// Most requests in one batch; a longer one is refused whole.
  package static let largestBatch = 256

  /// Most requests in one batch whose answers are lists: one line must not cost the daemon
  /// megabytes, nor other clients their turn. More of them are refused, one by one.
  package static let mostListsInABatch = 8

  /// Most requests in one batch of which some are waited for: all are kept meanwhile, with the
  /// answers to the others, so that none of these may be a list. A longer one is refused whole.
  package static let largestWaitingBatch = 8

  /// Reads a line; whatever it holds, there is an answer to it.
  package init(line: [UInt8]) {
    do throws(JSONError) {
      self.init(json: try JSONValue(parsing: line))
    } catch {
      self = .single(.fault(.null, RPCError(.parseError, "not a JSON document: \(error)")))
    }
  }

  private init(json: JSONValue) {
    guard case .array(let elements) = json else {
      self = .single(Self.request(json))
      return
    }
    func refused(_ reason: String) -> Message {
      .single(.fault(.null, RPCError(.invalidRequest, reason)))
    }
    guard !elements.isEmpty else {
      self = refused("the batch is empty")
      return
    }
    guard elements.count <= Self.largestBatch else {
      self = refused("a batch holds at most \(Self.largestBatch) requests")
      return
    }
    let requests = elements.map(Self.request)
    self = .batch(requests)
    if requests.count > Self.largestWaitingBatch, isWaitedFor {
      self = refused(
        "a batch with resync, report or history in it holds at most \(Self.largestWaitingBatch)"
          + " requests")
    }
  }

  /// Whether some of its requests are; what is none is answered with its fault in its turn.
  package var isWaitedFor: Bool {
    guard case .batch(let requests) = self else { return false }
    return requests.contains { (try? $0.get())?.isWaitedFor == true }
  }

  private static func request(_ json: JSONValue) -> RequestOrFault {
    guard case .object = json else {
      return .fault(.null, RPCError(.invalidRequest, "a request is an object"))
    }
    let id = json["id"]
    switch id {
    case nil, .null, .string, .integer, .real: break
    default: return .fault(.null, RPCError(.invalidRequest, "id is a string, a number or null"))
    }
    guard json["jsonrpc"] == "2.0" else {
      return .fault(id ?? .null, RPCError(.invalidRequest, "\"jsonrpc\" must be \"2.0\""))
    }
    guard let method = json["method"]?.string else {
      return .fault(id ?? .null, RPCError(.invalidRequest, "\"method\" must be a string"))
    }
    let params = json["params"] ?? [:]
    guard case .object = params else {
      return .fault(id, RPCError(.invalidParams, "params are named: an object is expected"))
    }
    return .success(Request(id: id, method: method, params: params))
  }
}

extension RequestOrFault {
  fileprivate static func fault(_ id: JSONValue?, _ error: RPCError) -> Self {
    .failure(RequestFault(id: id, error: error))
  }
}
