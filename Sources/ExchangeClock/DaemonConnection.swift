package import ClockProtocol
package import JSONDocument
package import LinuxSystem

/// A connection to the daemon that asks one thing at a time and waits for the answer.
package struct DaemonConnection: ~Copyable {
  /// Why there was no answer.
  package enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
    case unreachable(SystemError)
    /// The daemon closed the connection before it answered.
    case closed
    case refused(RPCError)

    package var description: String {
      switch self {
      case .unreachable(let error):
        "no daemon: \(error); start exchange-clockd, or name its socket with"
          + " \(SocketPath.variable) or --socket"
      case .closed: "the daemon closed the connection; see its log"
      case .refused(let error): error.message
      }
    }
  }

  private let descriptor: OwnedDescriptor
  private var input = LineBuffer(longestLine: 64 << 20)
  private var lines: [[UInt8]] = []
  private var nextID: Int64 = 1

  /// Connects to the socket at `path`.
  package init(to path: String) throws(Failure) {
    do throws(SystemError) {
      descriptor = try UnixSocket.connect(to: path)
    } catch {
      throw .unreachable(error)
    }
  }

  /// The result of one request.
  package mutating func call(
    _ method: Method, _ params: JSONValue = [:]
  ) throws(Failure) -> JSONValue {
    let id = JSONValue.integer(nextID)
    nextID += 1
    try send(Request(id: id, method: method.rawValue, params: params).line + "\n")
    while true {
      let answer = try? JSONValue(parsing: try receive())
      // An answer without an id is to a line that could not be read: there is only ours.
      guard let answer, answer["id"] == id || answer["id"] == .null else { continue }
      do throws(RPCError) {
        return try Response.result(of: answer)
      } catch {
        throw .refused(error)
      }
    }
  }

  private func send(_ line: String) throws(Failure) {
    var rest = Array(line.utf8)[...]
    while !rest.isEmpty {
      guard case .bytes(let count) = rest.withUnsafeBytes({ descriptor.send($0) }) else {
        throw .closed
      }
      rest = rest.dropFirst(count)
    }
  }

  private mutating func receive() throws(Failure) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while lines.isEmpty {
      let transfer = buffer.withUnsafeMutableBytes { descriptor.read(into: $0) }
      guard case .bytes(let count) = transfer else { throw .closed }
      var fresh: [[UInt8]] = []
      buffer.withUnsafeBytes { bytes in
        input.append(UnsafeRawBufferPointer(rebasing: bytes[..<count])) {
          if case .complete(let line) = $0 { fresh.append(line) }
        }
      }
      lines += fresh
    }
    return lines.removeFirst()
  }
}
