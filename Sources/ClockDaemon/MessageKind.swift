internal import LinuxSystem

/// What a line for the operator is one of. The catalog of the journal explains each, by its id
/// (systemd/exchange-clock.catalog, shown by `journalctl -x`), and docs/journal.md lists them.
enum MessageKind: String, CaseIterable {
  /// The daemon serves, and follows these exchanges.
  case started = "39e6a80ba9414717bc0643d055f9f438"
  /// Enough is known for units ordered after the daemon to start.
  case ready = "6f261ffe792d48c38db850e35a10cc1d"
  /// The daemon has ended as it was asked to.
  case stopped = "8d6f1f6cd5dc4eacb0049b2e7d746241"
  /// The daemon has ended because it could not begin.
  case cannotStart = "a9cde7560e484312b5edb7d0a4b8252f"
  /// The configuration has problems.
  case configurationRefused = "84fa2c1a35e344309dfd1ec01a6201c2"
  /// The configuration was read anew.
  case configurationInForce = "25205ed59bcf420badf121e712af96b1"
  /// Readiness waits for an exchange no more.
  case readinessGivenUp = "d60bbb2d82b648e7b90a8deda9cb2284"
  /// An exchange's time is known well enough.
  case synchronized = "d1b7c96c37bf4507ac7b7b4e792c00cd"
  /// An exchange's time is known from earlier.
  case holdover = "fbb81fe0f5354a8b9c4ace0b34ca5627"
  /// Something moved: an exchange's time is not given until it is measured anew.
  case disrupted = "736d8be25d434b4c8098620284e4030e"
  /// An exchange's time is not known any more.
  case unknown = "31f0cf6d79804d09a20536b91b8c2c80"
  /// An exchange's clock was set.
  case stepAccepted = "983ec44bede24082996da3a5ad3fa153"
  /// An exchange's clock seems to have been set too far to be believed.
  case stepRefused = "c4d36ff53b0e4997867b5eabdb222888"
  /// The operator has a jump believed, however far.
  case stepAllowed = "bf2f03255829417c82669154d26bfaee"
  /// An exchange's clock runs at another rate.
  case rateChanged = "6a27976a42ba48d7ace66e68fe2fddff"
  /// One resync was wrong.
  case burstRejected = "c01cc56906504d5db0ee3fe3cf1031b1"
  /// An exchange answers from servers whose clocks differ.
  case fleetMet = "cf1e4ac3e4a247a992988b87dee15856"
  /// An exchange wants to be left alone.
  case stopSignal = "ca6bbbc84fa343d197bb73a040148d54"
  /// This host's clock jumped, as most exchanges show.
  case commonStep = "bf011444d855436c8400696dd34fe9ac"
  /// Another base URL of an exchange is asked.
  case endpointChosen = "fc55b0680ba64fa28d322baf2d1468a3"
  /// This host's clock was interrupted.
  case hostInterrupted = "b3b7f2c7f92544b292dc5a5e0a382807"
  /// CLOCK_REALTIME was set.
  case systemClockSet = "594745481a724bf5ac8bf4e837ccb5a4"
  /// Some interruptions of this host's clock would not be noticed.
  case hostBlind = "3a1cb443d1f044e79de31fe811e50761"
  /// What an earlier daemon knew is used.
  case stateRestored = "f326fbd8e1504974a491c50830e8e33e"
  /// What an earlier daemon knew is not used.
  case stateIgnored = "6b6da224f25d4b4a8548e53bea54932e"
  /// The state file cannot be written, or can again.
  case stateUnwritable = "96eec2f22e41463bb10e652ab36cc7f9"
  /// Fewer clients can be served than the configuration says.
  case clientsLimited = "7e0122ec0c6840199a149d725cb5986b"
  /// There is no shared page, or there is one again.
  case page = "ef868a28602f4a7eac767d510fac7c1d"
  /// What is kept of the last weeks cannot be written, or can again.
  case history = "96129d93af9e4cdaa449154850cf3f55"
  /// A client was turned away, cut off, or sent what is no request.
  case client = "c199df9741ec494ca44ecfcfd77ad313"
  /// The file of the socket is gone, or there again.
  case socketLost = "e3b97a2c00654960a70c65e305d90a6d"
  /// Nonces may come again after a restart.
  case noncesInMemory = "46148ca879244eb996163e43acb6e86b"
}

extension Log {
  static func write(
    _ priority: Priority, _ message: String, _ kind: MessageKind, _ fields: [Field] = []
  ) {
    write(priority, message, id: kind.rawValue, fields: fields)
  }
}
