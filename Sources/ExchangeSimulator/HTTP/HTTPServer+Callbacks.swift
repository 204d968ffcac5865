internal import CMicroHTTPD

/// A request whose body is still arriving.
private final class PendingRequest {
  static let bodyLimit = 1 << 20
  var body: [UInt8] = []
}

/// Called by libmicrohttpd when a request's headers are complete, for every piece of its body, and
/// once more at its end; only the last call answers.
func answerRequest(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?, url: UnsafePointer<CChar>?,
  method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?,
  upload: UnsafePointer<CChar>?, uploadCount: UnsafeMutablePointer<Int>?,
  slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let context, let connection, let url, let method, let uploadCount, let slot else {
    return .NO
  }
  guard let pending = slot.pointee else {
    slot.pointee = Unmanaged.passRetained(PendingRequest()).toOpaque()
    return .YES
  }
  let request = Unmanaged<PendingRequest>.fromOpaque(pending).takeUnretainedValue()
  guard uploadCount.pointee == 0 else {
    request.body.append(
      contentsOf: UnsafeRawBufferPointer(start: upload, count: uploadCount.pointee))
    uploadCount.pointee = 0
    return request.body.count <= PendingRequest.bodyLimit ? .YES : .NO
  }
  let server = Unmanaged<HTTPServer.Context>.fromOpaque(context).takeUnretainedValue()
  var whole = HTTPRequest(String(cString: method), String(cString: url))
  whole.query = fields(of: connection, .GET_ARGUMENT_KIND)
  whole.headers = fields(of: connection, .HEADER_KIND)
  whole.body = request.body
  return send(server.handler(whole), over: connection, stop: server.stop)
}

/// Called by libmicrohttpd when a request is over, however it ended.
func completeRequest(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
  slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, reason: MHD_RequestTerminationCode
) {
  guard let slot, let pending = slot.pointee else { return }
  Unmanaged<PendingRequest>.fromOpaque(pending).release()
  slot.pointee = nil
}

/// Called by libmicrohttpd when a connection opens or closes.
func noteConnection(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
  slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
  event: MHD_ConnectionNotificationCode
) {
  guard let context, event == .CONNECTION_NOTIFY_STARTED else { return }
  Unmanaged<HTTPServer.Context>.fromOpaque(context).takeUnretainedValue().connected()
}

private func fields(of connection: OpaquePointer, _ kind: MHD_ValueKind) -> [HTTPRequest.Field] {
  var fields: [HTTPRequest.Field] = []
  withUnsafeMutablePointer(to: &fields) { fields in
    _ = MHD_get_connection_values(
      connection, kind,
      { fields, _, name, value in
        guard let fields, let name else { return .YES }
        fields.assumingMemoryBound(to: [HTTPRequest.Field].self).pointee.append(
          HTTPRequest.Field(String(cString: name), value.map { String(cString: $0) } ?? ""))
        return .YES
      }, fields)
  }
  return fields
}

private func send(_ reply: HTTPReply, over connection: OpaquePointer, stop: StopSignal)
  -> MHD_Result
{
  switch reply {
  case .answer(let answer):
    var bytes = answer.body
    let response = bytes.withUnsafeMutableBytes {
      MHD_create_response_from_buffer($0.count, $0.baseAddress, .RESPMEM_MUST_COPY)
    }
    return queue(response, answer, over: connection)
  case .truncated(let answer):
    let sent = answer.body.prefix(answer.body.count / 2)
    return queue(
      PacedBody(Array(sent), pause: .zero, stop: stop).response(announcing: answer.body.count),
      answer, over: connection)
  case .dripping(let answer, let pause):
    return queue(
      PacedBody(answer.body, pause: pause, stop: stop).response(announcing: answer.body.count),
      answer, over: connection)
  case .reset:
    ec_mhd_reset(ec_mhd_socket(connection))
    return .NO
  case .silence:
    stop.sleepUntilHangUp(of: ec_mhd_socket(connection))
    return .NO
  }
}

private func queue(
  _ response: OpaquePointer?, _ answer: HTTPAnswer, over connection: OpaquePointer
) -> MHD_Result {
  guard let response else { return .NO }
  defer { MHD_destroy_response(response) }
  for field in answer.headers { MHD_add_response_header(response, field.name, field.value) }
  return MHD_queue_response(connection, UInt32(answer.status), response)
}

/// A body that goes out in single bytes with a pause before each, or all at once without a pause.
private final class PacedBody {
  let bytes: [UInt8]
  let pause: Duration
  let stop: StopSignal

  init(_ bytes: [UInt8], pause: Duration, stop: StopSignal) {
    self.bytes = bytes
    self.pause = pause
    self.stop = stop
  }

  /// A response that promises `count` bytes and closes the connection where there are fewer.
  func response(announcing count: Int) -> OpaquePointer? {
    MHD_create_response_from_callback(
      UInt64(count), 4096,
      { body, position, buffer, limit in
        guard let body, let buffer else { return ec_mhd_end_with_error() }
        return Unmanaged<PacedBody>.fromOpaque(body).takeUnretainedValue().read(
          from: Int(position), into: UnsafeMutableRawBufferPointer(start: buffer, count: limit))
      },
      Unmanaged.passRetained(self).toOpaque(),
      { body in
        if let body { Unmanaged<PacedBody>.fromOpaque(body).release() }
      })
  }

  private func read(from position: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard position < bytes.count, stop.sleep(pause) else { return ec_mhd_end_with_error() }
    let count = pause > .zero ? 1 : min(buffer.count, bytes.count - position)
    buffer.copyBytes(from: bytes[position..<position + count])
    return count
  }
}
