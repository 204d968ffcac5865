internal import Glibc

/// Listening TCP sockets.
package enum TCPSocket {
  /// Whether it is an address in numbers, IPv4 or IPv6. Calls `getaddrinfo(3)`, which asks nobody.
  package static func isNumeric(_ address: String) -> Bool {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST
    var found: UnsafeMutablePointer<addrinfo>?
    defer { found.map { freeaddrinfo($0) } }
    return getaddrinfo(address, nil, &hints, &found) == 0
  }

  /// A listening socket, close-on-exec, which the caller's library closes; and its port.
  ///
  /// - Parameters:
  ///   - address: a number, IPv4 or IPv6; names are not looked up.
  ///   - port: 0 to let the kernel choose.
  ///
  /// Calls `bind(2)` and `listen(2)`.
  package static func listen(
    at address: String, port: UInt16
  ) throws(SystemError) -> (number: CInt, port: UInt16) {
    let place = "\(address) port \(port)"
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(address, "\(port)", &hints, &found) == 0, let found else {
      throw SystemError("listen on \(place), which is no numeric address", number: EINVAL)
    }
    defer { freeaddrinfo(found) }
    let type = found.pointee.ai_socktype | CInt(SOCK_CLOEXEC.rawValue)
    let number = try check(socket(found.pointee.ai_family, type, 0), "make a socket")
    do throws(SystemError) {
      var yes: CInt = 1
      let size = socklen_t(MemoryLayout<CInt>.size)
      _ = try check(
        setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &yes, size), "use \(place) again")
      _ = try check(
        bind(number, found.pointee.ai_addr, found.pointee.ai_addrlen), "listen on \(place)")
      _ = try check(Glibc.listen(number, 64), "listen on \(place)")
      return (number, try self.port(of: number))
    } catch {
      close(number)
      throw error
    }
  }

  private static func port(of number: CInt) throws(SystemError) -> UInt16 {
    var address = sockaddr_in6()
    var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &size) }
    }
    _ = try check(result, "read a socket's port")
    // It stands in the same place for both families.
    return UInt16(bigEndian: address.sin6_port)
  }
}
