internal import LinuxSystem

/// How many connections each process of each user has, and who gives one up where no more may be.
struct Places {
  /// Nil for what cannot be told.
  struct Holder: Hashable {
    let user: UInt32?
    let process: Int32?

    init(_ peer: UnixSocket.Peer?) {
      user = peer?.user
      process = peer?.process
    }
  }

  private var users: [UInt32?: Int] = [:]
  private var holders: [Holder: Int] = [:]

  mutating func take(_ holder: Holder) {
    users[holder.user, default: 0] += 1
    holders[holder, default: 0] += 1
  }

  mutating func leave(_ holder: Holder) {
    users[holder.user] = users[holder.user].flatMap { $0 > 1 ? $0 - 1 : nil }
    holders[holder] = holders[holder].flatMap { $0 > 1 ? $0 - 1 : nil }
  }

  /// The process with the most connections, of the user with the most, or else of the newcomer's
  /// own user; nil where the newcomer would then have more than who gives up one.
  func giver(to newcomer: Holder) -> (holder: Holder, connections: Int)? {
    let own = holders[newcomer, default: 0]
    if let (user, most) = users.max(by: { $0.value < $1.value }),
      users[newcomer.user, default: 0] + 1 < most, let first = first(of: user),
      own < first.connections
    {
      return first
    }
    return first(of: newcomer.user).flatMap { own + 1 < $0.connections ? $0 : nil }
  }

  private func first(of user: UInt32?) -> (holder: Holder, connections: Int)? {
    holders.filter { $0.key.user == user }.max { $0.value < $1.value }
      .map { (holder: $0.key, connections: $0.value) }
  }
}
