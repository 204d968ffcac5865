internal import ClockCore
internal import ClockProtocol
internal import DaemonSettings
internal import Dispatch
internal import ExchangeCatalog
internal import ExchangeProbe
internal import Glibc
internal import LinuxSystem

/// The program `exchange-clockd`: reads its configuration, serves, and ends on SIGTERM.
package enum DaemonCommand {
  /// Exit codes, as sysexits(3) has them where it has one.
  private enum Exit {
    static let cannotStart: CInt = 1
    static let usage: CInt = 64
    static let configuration: CInt = 78
  }

  static let help = """
    usage: exchange-clockd [--config FILE] [--socket PATH] [--page PATH] [--state PATH]

    Knows what time every exchange believes it is, and serves it over a Unix socket and a shared
    page.

      --config FILE   the configuration (default /etc/exchange-clock/exchange-clock.toml)
      --socket PATH   where to serve (default: socket.path of the configuration, else
                      exchange-clock.sock in $RUNTIME_DIRECTORY or /run/exchange-clock);
                      not used where systemd passes the socket in
      --page PATH     the shared page (default: clock.page beside the socket)
      --state PATH    the state file, which lets a restart within the same boot serve at once
                      (default: state.json in $STATE_DIRECTORY; without that, none)
      --help          this text
      --version       the version

    SIGHUP reads the configuration anew; what is known of the exchanges stays.

    exit codes: 0 ended by a signal, 1 cannot start, 64 bad usage, 78 bad configuration
    """

  package static func run() -> Never {
    ProcessLimits.fillStandardDescriptors()
    ProcessLimits.ignoreFailedWrites()
    ProcessMemory.shareFreeMemory()
    // One that comes before its handler is set waits for it, rather than end the daemon.
    Signals.hold()
    let options = parse(ProcessArguments.read())
    let configuration = ConfigurationFile(path: options.config)
    let passed = passedSocket()
    let settings = settings(of: configuration, passed)
    let maxClients = clients(settings, passed)
    ProbeConnection.prepareLibrary()
    do {
      let socket = try ServingSocket(
        passed: passed, at: socketPath(options, settings), settings)
      let (path, isPassed, watch) = (socket.path, socket.isPassed, socket.watch)
      let lock: LockFile?
      do throws(LockFile.Held) {
        lock = try statePath(options).map { path throws(LockFile.Held) in
          try LockFile(path + ".lock")
        }
      } catch {
        watch.removeFile()
        fail(stateInUse(statePath(options) ?? ""), Exit.cannotStart)
      }
      let beginning = DaemonBeginning(
        settings: settings, statePath: statePath(options), lock: lock,
        bootFromManager: bootFromManager)
      let (board, keeper) = (beginning.board, beginning.keeper)
      board.change {
        ($0.readyWhen, $0.configuration) = (settings.readyWhen, configuration.path)
      }
      let page: PagePublisher
      do throws(PageFile.Failure) {
        page = try PagePublisher(
          at: pagePlace(options, socket), showing: board.read(),
          clocks: beginning.clocks)
      } catch {
        watch.removeFile()
        fail("cannot start: \(error)", Exit.cannotStart)
      }
      let history = statePath(options).map {
        HistoryKeeper(directory: HistoryKeeper.directory(besides: $0))
      }
      let notifier = Notifier()
      let daemon = ClockDaemon(
        settings: settings, trackers: beginning.trackers, board: board, notifier: notifier,
        keeper: keeper, history: history, hardwareClock: HostSources.hardwareClock(), page: page,
        socket: watch)
      var service = RequestService(
        board: board, catalog: ExchangeCatalog.builtIn, keeper: keeper,
        resync: { daemon.resync($0, acceptingStep: $1, $2) },
        rejections: RejectionService(board: board, keeper: keeper) {
          daemon.readAnew($0, $1, $2)
        })
      service.history = HistoryService(keeper: history)
      let server = try SocketServer(
        listener: socket.descriptor, service: service, maxClients: maxClients)
      try server.start()
      daemon.start(server: server)
      // Last of all: a reload that has waited changes what has begun.
      let signals = Signals(
        end: {
          notifier.sendLast("STOPPING=1")
          server.stop()
          daemon.saveLast()
          watch.removeFile()
          Log.write(.info, "stopped", .stopped)
          Log.flush(within: .seconds(1))
          // Threads may still wait for an exchange: nothing of theirs is of use any more.
          _exit(0)
        },
        reload: { daemon.reload(configuration) })
      Log.write(
        .info,
        "exchange-clockd \(exchangeClockVersion) serves \(path)"
          + (isPassed ? ", which systemd opened" : "") + ", following"
          + " \(settings.exchanges.map(\.id).joined(separator: ", "))"
          + (keeper == nil ? "; no state is kept over a restart (see --state)" : ""),
        .started)
      if let blindness = HostSources.blindness { Log.write(.notice, blindness, .hostBlind) }
      withExtendedLifetime((signals, daemon, lock)) { dispatchMain() }
    } catch UnixSocket.ListenError.unknownGroup(let name) {
      fail(
        "\(UnixSocket.ListenError.unknownGroup(name))", Exit.configuration, .configurationRefused)
    } catch {
      fail("cannot start: \(error)", Exit.cannotStart)
    }
  }

  private struct Options {
    var config = "/etc/exchange-clock/exchange-clock.toml"
    var socket: String?
    var page: String?
    var state: String?
  }

  private static func parse(_ arguments: [String]) -> Options {
    var options = Options()
    var rest = arguments[...]
    while let name = rest.popFirst() {
      switch name {
      case "--help", "-h":
        print(help)
        exit(0)
      case "--version":
        print("exchange-clockd \(exchangeClockVersion)")
        exit(0)
      case "--config", "--socket", "--page", "--state":
        guard let value = rest.popFirst() else { fail("\(name) needs a value", Exit.usage) }
        switch name {
        case "--config": options.config = value
        case "--socket": options.socket = value
        case "--page": options.page = value
        default: options.state = value
        }
      default:
        fail("unknown option \"\(name)\"; try exchange-clockd --help", Exit.usage)
      }
    }
    return options
  }

  private static func passedSocket() -> OwnedDescriptor? {
    do throws(ServiceManager.ListenerError) {
      return try ServiceManager.listener()
    } catch {
      fail("cannot start: \(error)", Exit.configuration)
    }
  }

  private static func settings(
    of configuration: ConfigurationFile, _ passed: borrowing OwnedDescriptor?
  ) -> DaemonSettings {
    switch configuration.read() {
    case .success(let settings): return settings
    case .failure(let refusal):
      for line in refusal.lines { Log.write(.error, line, .configurationRefused) }
      let mended = VainStart.tell(
        "exchange-clockd cannot start: \(refusal.lines.joined(separator: "; "))", at: passed
      ) { try? configuration.read().get() }
      if let mended { return mended }
      fail(
        "\(configuration.path) has \(refusal.lines.count) problem(s): mend it, or name another"
          + " configuration with --config FILE", Exit.configuration, .configurationRefused)
    }
  }

  /// As many clients as the settings say, but never so many that no descriptor is left to probe.
  private static func clients(
    _ settings: DaemonSettings, _ passed: borrowing OwnedDescriptor?
  ) -> Int {
    let descriptors = ProcessLimits.raiseDescriptors()
    // Besides what is always open: of each exchange a history, and what the connection of a burst
    // takes, as all may have one under way and it is kept between two probes.
    let own = 32 + 4 * settings.exchanges.count
    guard descriptors > own else {
      let message =
        "cannot start: \(descriptors) descriptors are allowed and \(own) are needed; raise"
        + " LimitNOFILE= or ulimit -n"
      _ = VainStart.tell("exchange-clockd \(message)", at: passed) { Never?.none }
      fail(message, Exit.configuration)
    }
    if settings.maxClients > descriptors - own {
      Log.write(
        .warning,
        "socket.max_clients is \(settings.maxClients), but of \(descriptors) descriptors only"
          + " \(descriptors - own) are left for clients; raise LimitNOFILE= or ulimit -n",
        .clientsLimited)
    }
    return min(settings.maxClients, descriptors - own)
  }

  private static func socketPath(_ options: Options, _ settings: DaemonSettings) -> String {
    if let path = options.socket ?? settings.socketPath { return path }
    return directory("RUNTIME_DIRECTORY").map { "\($0)/exchange-clock.sock" }
      ?? SocketPath.standard
  }

  /// Beside the socket, where clients find it; for whoever may write to that to read.
  private static func pagePlace(
    _ options: Options, _ socket: borrowing ServingSocket
  ) -> PageFile.Place {
    let boot = HostIdentity.current(bootFromManager: bootFromManager).boot
    return PageFile.Place(
      path: options.page ?? SocketPath.page(besideSocket: socket.path),
      mode: 0o600 | (socket.access.mode & 0o022) << 1, group: socket.access.group,
      boot: boot.flatMap { PageHeader.bootID($0) })
  }

  private static func statePath(_ options: Options) -> String? {
    options.state ?? directory("STATE_DIRECTORY").map { "\($0)/state.json" }
  }

  private static func stateInUse(_ path: String) -> String {
    "cannot start: the state file \(path) is in use by a running daemon, which holds \(path).lock:"
      + " two would give out the same nonces; stop that one, or choose another --state"
  }

  /// The boot id, which the unit passes on as the daemon may not see /proc/sys.
  private static var bootFromManager: String? {
    getenv("EXCHANGE_CLOCK_BOOT_ID").map { String(cString: $0) }
  }

  /// A directory that systemd made for the daemon. It lists several with colons between them; the
  /// first is ours.
  private static func directory(_ variable: String) -> String? {
    guard let list = getenv(variable) else { return nil }
    let first = String(cString: list).prefix { $0 != ":" }
    return first.isEmpty ? nil : String(first)
  }

  private static func fail(
    _ message: String, _ code: CInt, _ kind: MessageKind = .cannotStart
  ) -> Never {
    Log.write(.error, "exchange-clockd: \(message)", kind)
    Log.flush(within: .seconds(1))
    exit(code)
  }
}
