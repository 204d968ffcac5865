internal import ClockProtocol
internal import Glibc
internal import JSONDocument
internal import LinuxSystem

/// Who is let in, and who is turned away.
extension ServerLoop {
  /// - Returns: about what was done.
  mutating func accept(from listener: borrowing OwnedDescriptor) -> Int {
    isDoorQueued = false
    var work = Work.turn
    var isSomebodyLeft = true
    while work < Work.bulkAtATime {
      work += Work.connection
      do throws(SystemError) {
        guard let descriptor = try UnixSocket.accept(from: listener) else {
          isSomebodyLeft = false
          break
        }
        admit(descriptor)
        bulk.spend(Work.farewell, by: door)
      } catch {
        guard error.number == EMFILE || error.number == ENFILE else { break }
        spare = nil
        if let descriptor = try? UnixSocket.accept(from: listener) {
          turnAway(descriptor, "the daemon has no descriptor left")
        }
        spare = OwnedDescriptor.null()
        break
      }
    }
    // It is not told of again until somebody else comes.
    if isSomebodyLeft { queueDoor() }
    return work
  }

  mutating func queueDoor() {
    guard !isDoorQueued else { return }
    isDoorQueued = true
    bulk.append(.door, to: door)
  }

  private mutating func admit(_ descriptor: consuming OwnedDescriptor) {
    guard connections.count < maxClients else {
      turnAway(descriptor, "\(maxClients) clients are connected, which is socket.max_clients")
      return
    }
    let peer = UnixSocket.peer(of: descriptor)
    let process = peer.flatMap { $0.process > 0 ? $0.process : nil }
    let accounts = join(process)
    let connection = Connection(
      token: nextToken, descriptor: descriptor, session: Session(feed: feed, user: peer?.user),
      accounts: accounts)
    do throws(SystemError) {
      try poller.add(connection.descriptor, token: nextToken)
    } catch {
      leave(accounts)
      connection.enqueue(Self.refusal("the daemon cannot serve another client: \(error)"))
      connection.flush()
      return
    }
    connections[nextToken] = connection
    nextToken += 1
  }

  private mutating func join(_ process: Int32?) -> Connection.Accounts {
    Connection.Accounts(
      plain: turns.join(process), bulk: bulk.join(process), long: long.join(process))
  }

  mutating func leave(_ accounts: Connection.Accounts) {
    turns.leave(accounts.plain)
    bulk.leave(accounts.bulk)
    long.leave(accounts.long)
  }

  private mutating func turnAway(_ descriptor: consuming OwnedDescriptor, _ reason: String) {
    _ = Array((Self.refusal(reason).text + "\n").utf8).withUnsafeBytes { descriptor.send($0) }
    let peer = UnixSocket.peer(of: descriptor)
    log.note(.turnedAway, peer, "was turned away: \(reason)", at: HostClocks.monotonic())
  }

  private static func refusal(_ reason: String) -> Response {
    Response.error(RPCError(.overloaded, reason), id: .null)
  }
}
