internal import CMicroHTTPD
internal import ClockMetrics
internal import LinuxSystem

/// An HTTP server that answers `GET /metrics`. A scrape that waits for the daemon holds up none.
final class MetricsServer {
  /// What the callback needs; outlives the server.
  fileprivate final class Context: Sendable {
    let source: MetricsSource

    init(_ source: MetricsSource) { self.source = source }
  }

  private let context: Context
  private let daemon: OpaquePointer

  /// Takes the socket over. Nil where libmicrohttpd has no memory or threads.
  init?(listener: Int32, source: MetricsSource) {
    context = Context(source)
    guard
      let daemon = ec_mhd_serve(
        listener, answerScrape, Unmanaged.passUnretained(context).toOpaque())
    else { return nil }
    self.daemon = daemon
  }

  /// Ends all connections.
  func stop() {
    MHD_stop_daemon(daemon)
  }

  fileprivate struct Reply {
    var status: UInt32
    var contentType = "text/plain; charset=utf-8"
    var body: String
  }

  fileprivate static func takes(_ method: String) -> Bool {
    method == "GET" || method == "HEAD"
  }

  fileprivate static func reply(
    _ method: String, _ path: String, accept: String?, _ source: MetricsSource
  ) -> Reply {
    guard takes(method) else {
      return Reply(status: 405, body: "only GET is answered here\n")
    }
    switch path {
    case "/metrics":
      let format = Exposition.accepted(by: accept)
      return Reply(
        status: 200, contentType: format.contentType, body: format.text(of: source.read()))
    case "/":
      return Reply(
        status: 200, contentType: "text/html; charset=utf-8",
        body: "<!doctype html><title>exchange-clock</title><a href=\"/metrics\">metrics</a>\n")
    default: return Reply(status: 404, body: "there is /metrics\n")
    }
  }
}

/// Called by libmicrohttpd when a request's headers are in, for each piece of a body, and once more
/// at its end; only the last call answers.
private func answerScrape(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?, url: UnsafePointer<CChar>?,
  method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?, upload: UnsafePointer<CChar>?,
  uploadCount: UnsafeMutablePointer<Int>?, slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let context, let connection, let url, let method, let uploadCount, let slot else {
    return .NO
  }
  let isFirst = slot.pointee == nil
  // Anything but nil: the headers have been seen.
  slot.pointee = context
  // Another method is refused at once; then nothing of its body is taken.
  if isFirst, MetricsServer.takes(String(cString: method)) { return .YES }
  if uploadCount.pointee > 0 {
    uploadCount.pointee = 0
    return .YES
  }
  let server = Unmanaged<MetricsServer.Context>.fromOpaque(context).takeUnretainedValue()
  let accept = MHD_lookup_connection_value(connection, .HEADER_KIND, "Accept")
  let reply = MetricsServer.reply(
    String(cString: method), String(cString: url), accept: accept.map { String(cString: $0) },
    server.source)
  var body = Array(reply.body.utf8)
  let response = body.withUnsafeMutableBytes {
    MHD_create_response_from_buffer($0.count, $0.baseAddress, .RESPMEM_MUST_COPY)
  }
  guard let response else { return .NO }
  defer { MHD_destroy_response(response) }
  MHD_add_response_header(response, "Content-Type", reply.contentType)
  if reply.status == 405 { MHD_add_response_header(response, "Allow", "GET, HEAD") }
  return MHD_queue_response(connection, reply.status, response)
}
