internal import CLinux
internal import Glibc

/// Stream sockets in the file system.
package enum UnixSocket {
  /// Why no server can be had at a path.
  package enum ListenError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another process answers there.
    case inUse(path: String)
    /// Something that is not a socket stands there.
    case notASocket(path: String)
    case unknownGroup(String)
    case system(SystemError)

    package var description: String {
      switch self {
      case .inUse(let path):
        "the socket \(path) is in use by a running daemon: stop that one, or choose another --socket"
      case .notASocket(let path):
        "\(path) exists and is not a socket: remove it, or choose another --socket"
      case .unknownGroup(let name):
        "the group \"\(name)\" does not exist: create it, or change socket.group"
      case .system(let error): error.description
      }
    }
  }

  /// A listening socket, non-blocking. A socket that a dead process left behind is replaced; one
  /// that answers is refused.
  ///
  /// - Parameters:
  ///   - mode: the permission bits of the socket, such as 0o660.
  ///   - group: the group that owns the socket; nil leaves the process's own.
  package static func listen(
    at path: String, mode: UInt32, group: String?
  ) throws(ListenError) -> OwnedDescriptor {
    try removeStale(path)
    do throws(SystemError) {
      let descriptor = try make(nonblocking: true)
      var address = try address(of: path)
      // Bound with no permission for anyone, then opened: never a moment of too much.
      let mask = umask(0o777)
      let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor.number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      let failure = errno
      umask(mask)
      guard bound == 0 else { throw SystemError("bind \(path)", number: failure) }
      do throws(SystemError) {
        if let group { try own(path, group: group) }
        _ = try check(chmod(path, mode), "chmod \(path)")
        _ = try check(Glibc.listen(descriptor.number, 1024), "listen on \(path)")
      } catch {
        unlink(path)
        throw error
      }
      return descriptor
    } catch {
      throw error.number == noSuchGroup ? .unknownGroup(group ?? "") : .system(error)
    }
  }

  /// The path that a socket was bound to; nil where it has none. Calls `getsockname(2)`.
  package static func path(of socket: borrowing OwnedDescriptor) -> String? {
    var address = sockaddr_un()
    var size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let number = socket.number
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &size) }
    }
    guard result == 0 else { return nil }
    let bytes = withUnsafeBytes(of: address.sun_path) { Array($0.prefix { $0 != 0 }) }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// What tells one socket file from another at the same path; nil where there is none.
  package static func identity(of path: String) -> FileIdentity? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    return FileIdentity(status)
  }

  package struct FileIdentity: Sendable, Equatable {
    var device: UInt64
    var inode: UInt64

    init(_ status: stat) {
      (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
    }
  }

  /// Who may use a socket by its file.
  package struct Access: Sendable, Equatable {
    /// The permission bits.
    package var mode: UInt32
    /// Nil for the group of the process, or one that is not the process's to give.
    package var group: String?

    package init(mode: UInt32, group: String? = nil) {
      (self.mode, self.group) = (mode, group)
    }
  }

  /// Nil where there is no file. Calls `stat(2)` and `getgroups(2)`.
  package static func access(to path: String) -> Access? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    var groups = [gid_t](repeating: 0, count: Int(max(getgroups(0, nil), 0)))
    groups = Array(groups.prefix(Int(max(getgroups(CInt(groups.count), &groups), 0))))
    let isOfOurs = status.st_gid != getegid() && groups.contains(status.st_gid)
    return Access(
      mode: status.st_mode & 0o777, group: isOfOurs ? groupName(status.st_gid) : nil)
  }

  private static func groupName(_ number: gid_t) -> String? {
    getgrgid(number).map { String(cString: $0.pointee.gr_name) }
  }

  /// Removes a socket file, unless another has taken its place since. Calls `unlink(2)`.
  package static func remove(_ path: String, ifStill identity: FileIdentity?) {
    if Self.identity(of: path) == identity { unlink(path) }
  }

  /// A connection to a server, blocking. Calls `connect(2)`.
  ///
  /// - Parameter patience: how long a later read or write may wait; nil for ever.
  package static func connect(
    to path: String, patience: Duration? = nil
  ) throws(SystemError) -> OwnedDescriptor {
    let descriptor = try make(nonblocking: false)
    if let patience {
      let (seconds, attoseconds) = max(patience, .milliseconds(1)).components
      var time = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
      for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
        let size = socklen_t(MemoryLayout<timeval>.size)
        _ = try check(
          setsockopt(descriptor.number, SOL_SOCKET, option, &time, size), "set a time limit")
      }
    }
    var address = try address(of: path)
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor.number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    _ = try check(connected, "connect to \(path)")
    return descriptor
  }

  /// The next waiting connection, non-blocking; nil when there is none. Calls `accept4(2)`.
  package static func accept(
    from listener: borrowing OwnedDescriptor
  ) throws(SystemError) -> OwnedDescriptor? {
    while true {
      let number = ec_accept(listener.number)
      if number >= 0 { return OwnedDescriptor(owning: number) }
      switch errno {
      case EAGAIN: return nil
      case EINTR, ECONNABORTED: continue
      default: throw SystemError("accept a connection")
      }
    }
  }

  /// Who has connected, as of then.
  package struct Peer: Sendable, Equatable {
    /// 0 where the process is in another PID namespace.
    package var process: Int32
    package var user: UInt32
    package var group: UInt32

    package init(process: Int32, user: UInt32, group: UInt32) {
      self.process = process
      self.user = user
      self.group = group
    }
  }

  /// The other end of a connection; nil where it cannot be told. Calls `getsockopt(2)` with
  /// SO_PEERCRED.
  package static func peer(of descriptor: borrowing OwnedDescriptor) -> Peer? {
    var peer = ec_peer()
    guard ec_peer_of(descriptor.number, &peer) == 0 else { return nil }
    return Peer(process: peer.pid, user: peer.uid, group: peer.gid)
  }

  private static let noSuchGroup: CInt = -1

  private static func make(nonblocking: Bool) throws(SystemError) -> OwnedDescriptor {
    let flags = SOCK_CLOEXEC.rawValue | (nonblocking ? SOCK_NONBLOCK.rawValue : 0)
    let type = CInt(SOCK_STREAM.rawValue | flags)
    return OwnedDescriptor(owning: try check(socket(AF_UNIX, type, 0), "make a Unix socket"))
  }

  private static func address(of path: String) throws(SystemError) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.contains(0) else {
      throw SystemError("use \(path) as the path of a socket", number: ENAMETOOLONG)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return address
  }

  private static func removeStale(_ path: String) throws(ListenError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
    do throws(SystemError) {
      _ = try connect(to: path)
    } catch {
      guard error.number == ECONNREFUSED else { throw .system(error) }
      guard unlink(path) == 0 || errno == ENOENT else {
        throw .system(SystemError("remove the stale socket \(path)"))
      }
      return
    }
    throw .inUse(path: path)
  }

  private static func own(_ path: String, group name: String) throws(SystemError) {
    guard let entry = getgrnam(name) else { throw SystemError("", number: noSuchGroup) }
    _ = try check(chown(path, uid_t.max, entry.pointee.gr_gid), "give \(path) to group \(name)")
  }
}
