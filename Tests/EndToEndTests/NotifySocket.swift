import Glibc
import LinuxSystem
import Synchronization

/// The datagram socket of a service manager, as sd_notify(3) writes to it.
final class NotifySocket: Sendable {
  private let directory = TemporaryDirectory()
  private let descriptor: OwnedDescriptor
  private let received = Mutex<[String]>([])

  var path: String { directory.path("notify") }

  init() throws {
    let number = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
    descriptor = OwnedDescriptor(owning: number)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) {
      $0.copyBytes(from: Array(directory.path("notify").utf8))
    }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0 else { throw SystemError("bind \(path)", number: errno) }
  }

  /// All messages so far, in the order they came.
  func messages() -> [String] {
    var buffer = [UInt8](repeating: 0, count: 4096)
    return received.withLock { received in
      while case .bytes(let count) = buffer.withUnsafeMutableBytes({ descriptor.read(into: $0) }) {
        received.append(String(decoding: buffer.prefix(count), as: UTF8.self))
      }
      return received
    }
  }
}
