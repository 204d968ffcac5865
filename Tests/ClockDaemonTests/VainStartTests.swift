import LinuxSystem
import Testing

@testable import ClockDaemon

@Suite struct VainStartTests {
  private let directory = Scratch()
  private var path: String { directory.path }

  private func tell(
    _ socket: borrowing OwnedDescriptor?, for patience: Duration = .seconds(60),
    _ lookAgain: () -> Int?
  ) -> Int? {
    VainStart.tell(
      "no", at: socket, for: patience, pause: .milliseconds(1), lookAgain: lookAgain)
  }

  @Test func goesOnOnceWhatStandsInTheWayIsMended() throws {
    let socket: OwnedDescriptor? = try UnixSocket.listen(at: path, mode: 0o600, group: nil)
    let client = try UnixSocket.connect(to: path, patience: .seconds(30))
    var looks = 0
    let result = tell(socket) {
      looks += 1
      return looks == 3 ? 7 : nil
    }
    #expect(result == 7)
    var buffer = [UInt8](repeating: 0, count: 1_000)
    guard case .bytes(let count) = buffer.withUnsafeMutableBytes({ client.read(into: $0) }) else {
      Issue.record("the client is told nothing")
      return
    }
    #expect(String(decoding: buffer.prefix(count), as: UTF8.self).contains("\"message\":\"no\""))
  }

  @Test func endsWhenPatienceDoesAndAtOnceWhereNobodyWaits() throws {
    let socket: OwnedDescriptor? = try UnixSocket.listen(at: path, mode: 0o600, group: nil)
    #expect(tell(socket) { 1 } == nil)
    let client = try UnixSocket.connect(to: path)
    #expect(tell(socket, for: .milliseconds(20)) { nil } == nil)
    #expect(tell(nil) { 1 } == nil)
    withExtendedLifetime(client) {}
  }
}
