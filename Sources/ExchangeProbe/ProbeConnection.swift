internal import CCurl
package import ClockCore
internal import ExchangeCatalog
internal import LinuxSystem

/// The connection of one burst: probes go over it one after the other, and it is kept alive
/// between them. It is closed with the object.
///
/// `@unchecked Sendable`: it wraps one curl handle that moves between probe threads; the tracker
/// has at most one probe of an exchange under way, so no two threads ever use it at once.
package final class ProbeConnection: @unchecked Sendable {
  private let target: ProbeTarget
  private let curl: OpaquePointer?
  private var headers: UnsafeMutablePointer<curl_slist>?
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  fileprivate var transfer = Transfer()

  /// Larger answers are given up: no exchange's time needs more.
  fileprivate static let largestBody = 65_536
  fileprivate static let mostHeaderLines = 100

  /// What the callbacks of one request collect.
  fileprivate struct Transfer {
    var sent: MonotonicInstant?
    var received: MonotonicInstant?
    var headers: [(name: String, value: String)] = []
    var headerLines = 0
    var body: [UInt8] = []
    var isBodyTooLong = false
  }

  /// The answer's headers have all that is wanted.
  fileprivate let needsNoBody: Bool

  /// Makes curl ready; called once, before any other thread is started.
  package static func prepareLibrary() {
    _ = ec_curl_init()
  }

  package init(to target: ProbeTarget) {
    self.target = target
    needsNoBody = target.definition.needsNoBody
    curl = curl_easy_init().map(OpaquePointer.init)
    configure()
  }

  deinit {
    if let handle { curl_easy_cleanup(handle) }
    curl_slist_free_all(headers)
    errorText.deallocate()
  }

  private var handle: UnsafeMutableRawPointer? { curl.map(UnsafeMutableRawPointer.init) }

  /// Asks the exchange once and waits for the answer, at most the target's timeout.
  package func probe() -> Result<Sample, ProbeFailure> {
    guard let handle else { return .failure(ProbeFailure(reason: "curl has no memory")) }
    transfer = Transfer()
    errorText.pointee = 0
    let milliseconds = HostClocks.read().local.nanoseconds / 1_000_000
    let url = Placeholder.fill(target.definition.url, unixMilliseconds: milliseconds)
    _ = ec_curl_set_text(handle, CURLOPT_URL, url)
    let code = curl_easy_perform(handle)
    // The rest of a long body is not waited for where the headers are enough. Only then: the next
    // probe needs a new connection, and its handshake takes more round trips than a short body.
    let isCutOff = needsNoBody && (code == CURLE_FILESIZE_EXCEEDED || transfer.isBodyTooLong)
    guard code == CURLE_OK || isCutOff else { return .failure(failure(code)) }
    var status = 0
    _ = ec_curl_status(handle, &status)
    guard let sent = transfer.sent, let received = transfer.received else {
      return .failure(ProbeFailure(reason: "the answer has no headers"))
    }
    let content = TimeAnswer(body: transfer.body, headers: transfer.headers)
    return ProbeAnswer(sent: sent, received: received, status: status, content: content)
      .sample(of: target.definition)
  }

  private func configure() {
    guard let handle else { return }
    let context = Unmanaged.passUnretained(self).toOpaque()
    let timeout = Int(target.timeout.wholeNanoseconds / 1_000_000)
    _ = ec_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    _ = ec_curl_set_flag(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
    _ = ec_curl_set_flag(handle, CURLOPT_FOLLOWLOCATION, 0)
    _ = ec_curl_set_flag(handle, CURLOPT_TIMEOUT_MS, timeout)
    _ = ec_curl_set_flag(handle, CURLOPT_NOSIGNAL, 1)
    // Else a probe outlasts its timeout until the resolver has given up, which takes 10 s and more
    // where no name server answers, and its thread is missing to others meanwhile.
    _ = ec_curl_set_flag(handle, CURLOPT_QUICK_EXIT, 1)
    _ = ec_curl_set_flag(handle, CURLOPT_TCP_NODELAY, 1)
    _ = ec_curl_set_flag(handle, CURLOPT_MAXFILESIZE, Self.largestBody)
    _ = ec_curl_set_text(handle, CURLOPT_USERAGENT, "exchange-clock")
    if let caFile = target.caFile {
      _ = ec_curl_set_text(handle, CURLOPT_CAINFO, caFile)
      _ = ec_curl_set_text(handle, CURLOPT_CAPATH, nil)
    }
    // Whatever the host's OpenSSL still allows.
    _ = ec_curl_set_flag(handle, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    _ = ec_curl_set_flag(handle, CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    if let proxy = target.proxy { _ = ec_curl_set_text(handle, CURLOPT_PROXY, proxy) }
    // What comes packed is unpacked, but it is not asked for: the line without a value takes back
    // the header that the option would send.
    _ = ec_curl_set_text(handle, CURLOPT_ACCEPT_ENCODING, "gzip, deflate")
    var lines = ["Accept-Encoding:", "Accept: */*", "Cache-Control: no-cache"]
    if let body = target.definition.requestBody {
      _ = ec_curl_set_text(handle, CURLOPT_COPYPOSTFIELDS, body)
      lines.append("Content-Type: application/json")
    }
    let own = target.definition.requestHeaders
    lines.removeAll { line in
      own.contains { line.lowercased().hasPrefix($0.name.lowercased() + ":") }
    }
    for line in lines + own.map({ "\($0.name): \($0.value)" }) {
      headers = curl_slist_append(headers, line)
    }
    _ = ec_curl_set_headers(handle, headers)
    _ = ec_curl_set_error_buffer(handle, errorText)
    _ = ec_curl_on_request(handle, beforeRequest, context)
    _ = ec_curl_on_header(handle, headerArrived, context)
    _ = ec_curl_on_body(handle, bodyArrived, context)
  }

  private func failure(_ code: CURLcode) -> ProbeFailure {
    let detail = String(cString: errorText)
    let text = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
    let reason =
      switch code {
      case CURLE_OPERATION_TIMEDOUT: "no answer within \(target.timeout.shortText)"
      case CURLE_WRITE_ERROR, CURLE_FILESIZE_EXCEEDED:
        "the answer is larger than \(Self.largestBody / 1024) KiB or has too many headers"
      case CURLE_BAD_CONTENT_ENCODING: "the answer is packed and cannot be unpacked: \(text)"
      case CURLE_PEER_FAILED_VERIFICATION:
        "certificate refused: \(text)" + SystemClockDoubt.clause(at: HostClocks.read().local)
      case CURLE_SSL_CACERT_BADFILE: "ca_file: \(text)"
      default: text
      }
    return ProbeFailure(
      reason: reason, mayBeSystemClock: code == CURLE_PEER_FAILED_VERIFICATION)
  }
}

private func connection(of context: UnsafeMutableRawPointer?) -> ProbeConnection? {
  context.map { Unmanaged<ProbeConnection>.fromOpaque($0).takeUnretainedValue() }
}

/// The connection stands, TLS included; the request is about to be written.
private func beforeRequest(
  context: UnsafeMutableRawPointer?, remote: UnsafeMutablePointer<CChar>?,
  local: UnsafeMutablePointer<CChar>?, remotePort: CInt, localPort: CInt
) -> CInt {
  connection(of: context)?.transfer.sent = HostClocks.monotonic()
  return CURL_PREREQFUNC_OK
}

/// One header line is in; a status line begins an answer, and only the last one counts.
private func headerArrived(
  bytes: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
  let now = HostClocks.monotonic()
  guard let connection = connection(of: context) else { return 0 }
  let line = String(
    decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self)
  connection.transfer.headerLines += 1
  guard connection.transfer.headerLines <= ProbeConnection.mostHeaderLines else { return 0 }
  if line.hasPrefix("HTTP/") {
    connection.transfer.received = now
    connection.transfer.headers = []
  } else if let colon = line.firstIndex(of: ":") {
    let value = line[line.index(after: colon)...]
      .drop { $0 == " " || $0 == "\t" }.prefix { !$0.isNewline }
    connection.transfer.headers.append((String(line[..<colon]), String(value)))
  }
  return size * count
}

private func bodyArrived(
  bytes: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
  guard let connection = connection(of: context) else { return 0 }
  let chunk = UnsafeRawBufferPointer(start: bytes, count: size * count)
  guard connection.transfer.body.count + chunk.count <= ProbeConnection.largestBody else {
    connection.transfer.isBodyTooLong = true
    return 0
  }
  connection.transfer.body += chunk
  return chunk.count
}
