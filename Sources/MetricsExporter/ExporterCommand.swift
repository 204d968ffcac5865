internal import ClockProtocol
internal import Glibc
internal import LinuxSystem

/// The program `exchange-clock-exporter`: metrics for Prometheus, until SIGTERM or SIGINT.
package enum ExporterCommand {
  /// Exit codes, as sysexits(3) has them where it has one.
  private enum Exit {
    static let cannotStart: CInt = 1
    static let usage: CInt = 64
  }

  static let standardAddress = "127.0.0.1:9847"

  static let help = """
    usage: exchange-clock-exporter [--listen ADDRESS:PORT] [--socket PATH]

    Serves what exchange-clockd knows as metrics for Prometheus: http://ADDRESS:PORT/metrics

      --listen ADDRESS:PORT   where to serve (default \(standardAddress), this host only;
                              0.0.0.0:9847 or [::]:9847 for all: put a firewall before it)
      --socket PATH           the daemon's socket (default $EXCHANGE_CLOCK_SOCKET, else
                              \(SocketPath.standard))
      --help, --version

    exit codes: 0 ended by a signal, 1 cannot start, 64 bad usage
    """

  package static func run() -> Never {
    ProcessLimits.fillStandardDescriptors()
    ProcessLimits.ignoreFailedWrites()
    let options = parse(ProcessArguments.read())
    // Before any thread is started, so that all inherit it: the signals are waited for below.
    var ends = sigset_t()
    sigemptyset(&ends)
    sigaddset(&ends, SIGTERM)
    sigaddset(&ends, SIGINT)
    pthread_sigmask(SIG_BLOCK, &ends, nil)
    do throws(SystemError) {
      let listener = try TCPSocket.listen(at: options.address, port: options.port)
      let source = MetricsSource(socket: options.socket)
      guard let server = MetricsServer(listener: listener.number, source: source) else {
        fail("cannot start: libmicrohttpd refuses", Exit.cannotStart)
      }
      let host = options.address.contains(":") ? "[\(options.address)]" : options.address
      Log.write(.info, "serving http://\(host):\(listener.port)/metrics of \(options.socket)")
      ServiceManager.notify("READY=1")
      var number: CInt = 0
      sigwait(&ends, &number)
      ServiceManager.notify("STOPPING=1")
      server.stop()
      exit(0)
    } catch {
      fail("cannot start: \(error)", Exit.cannotStart)
    }
  }

  private struct Options {
    var address = ""
    var port: UInt16 = 0
    var socket = getenv(SocketPath.variable).map { String(cString: $0) } ?? SocketPath.standard
  }

  private static func parse(_ arguments: [String]) -> Options {
    var options = Options()
    var listen = standardAddress
    var rest = arguments[...]
    while let name = rest.popFirst() {
      switch name {
      case "--help", "-h":
        print(help)
        exit(0)
      case "--version":
        print("exchange-clock-exporter \(exchangeClockVersion)")
        exit(0)
      case "--listen", "--socket":
        guard let value = rest.popFirst() else { fail("\(name) needs a value", Exit.usage) }
        if name == "--listen" { listen = value } else { options.socket = value }
      default:
        fail("unknown option \"\(name)\"; try exchange-clock-exporter --help", Exit.usage)
      }
    }
    guard let place = place(listen) else {
      fail(
        "--listen: \"\(listen)\" is not an address in numbers and a port, such as 127.0.0.1:9847"
          + " or [::1]:9847", Exit.usage)
    }
    (options.address, options.port) = place
    return options
  }

  /// An address in numbers and a port, taken apart; nil where it is none.
  static func place(_ text: String) -> (address: String, port: UInt16)? {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    var address = String(text[..<colon])
    if address.hasPrefix("["), address.hasSuffix("]") {
      address = String(address.dropFirst().dropLast())
    } else if address.contains(":") {
      return nil
    }
    return TCPSocket.isNumeric(address) ? (address, port) : nil
  }

  private static func fail(_ message: String, _ code: CInt) -> Never {
    Log.write(.error, "exchange-clock-exporter: \(message)")
    exit(code)
  }
}
