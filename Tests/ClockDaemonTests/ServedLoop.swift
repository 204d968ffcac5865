import LinuxSystem
import Testing

@testable import ClockDaemon

/// A loop with its socket, and what else belongs to the thread that it runs on.
final class ServedLoop {
  let poller: Poller
  private let listener: OwnedDescriptor
  var loop: ServerLoop

  init(
    at path: String, maxClients: Int = 100, mostKept: Int = .max, log: ClientLog = ClientLog(),
    shortcut: @escaping ServerLoop.Shortcut = { requests, _, _, ends in
      ends += requests.map { _ in nil }
    },
    handler: @escaping ServerLoop.Handler
  ) throws {
    poller = try Poller()
    listener = try UnixSocket.listen(at: path, mode: 0o600, group: nil)
    try poller.add(listener, token: ServerLoop.listenerToken)
    loop = ServerLoop(
      poller: poller, maxClients: maxClients, mostKept: mostKept, log: log, shortcut: shortcut,
      handler: handler)
  }

  /// Looks once at what is there, and deals with some of it.
  func step() {
    poller.wait(for: .zero) { loop.handle($0) }
    serve()
  }

  /// Looks only; gives back how much there was to be told.
  func look() -> Int {
    var events = 0
    poller.wait(for: .zero) { event in
      events += 1
      loop.handle(event)
    }
    return events
  }

  func serve() {
    loop.serve(from: listener)
  }

  /// Deals with all that is there.
  func settle() {
    var isBusy = true
    while isBusy {
      isBusy = loop.idleTime() != nil
      poller.wait(for: .zero) { event in
        isBusy = true
        loop.handle(event)
      }
      serve()
    }
  }
}

/// One connection to it; blocks for 10 s at most.
final class LoopClient {
  let descriptor: OwnedDescriptor

  init(of path: String) throws {
    descriptor = try UnixSocket.connect(to: path, patience: .seconds(10))
  }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    #expect(bytes.withUnsafeBytes { descriptor.send($0) } == .bytes(bytes.count))
  }

  /// What has come.
  func text() -> String {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    guard case .bytes(let count) = buffer.withUnsafeMutableBytes({ descriptor.read(into: $0) })
    else { return "" }
    return String(decoding: buffer.prefix(count), as: UTF8.self)
  }
}
