internal import ClockProtocol
internal import Glibc
internal import JSONDocument
internal import LinuxSystem

/// Who is let in, who is turned away, and who is gone.
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
        if connections.count >= maxClients { work += Work.search(clients: maxClients) }
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
    let peer = UnixSocket.peer(of: descriptor)
    let holder = Places.Holder(peer)
    if connections.count >= maxClients { makePlace(for: holder) }
    guard connections.count < maxClients else {
      turnAway(descriptor, "\(maxClients) clients are connected, which is socket.max_clients")
      return
    }
    let process = peer.flatMap { $0.process > 0 ? $0.process : nil }
    let accounts = join(process)
    let connection = Connection(
      token: nextToken, descriptor: descriptor, session: Session(feed: feed, user: peer?.user),
      holder: holder, accounts: accounts)
    do throws(SystemError) {
      try poller.add(connection.descriptor, token: nextToken)
    } catch {
      leave(accounts)
      connection.enqueue(Self.refusal("the daemon cannot serve another client: \(error)"))
      connection.flush()
      return
    }
    connections[nextToken] = connection
    noteTurn(of: connection)
    places.take(holder)
    nextToken += 1
  }

  /// Closes a connection of who has more than the newcomer, if anybody has: the one that was idle
  /// for longest, and rather one on which nothing is to come.
  private mutating func makePlace(for newcomer: Places.Holder) {
    // Who is answered may be seen to be gone.
    answerPlainRequests()
    guard connections.count >= maxClients, let giver = places.giver(to: newcomer),
      let idlest = connections.values.filter({ $0.holder == giver.holder }).min(by: {
        ($0.isExpectant ? 1 : 0, $0.lastTurn) < ($1.isExpectant ? 1 : 0, $1.lastTurn)
      })
    else { return }
    idlest.cutOff(
      "\(maxClients) clients are connected, which is socket.max_clients, \(giver.connections) of"
        + " them by this process, and another came")
    close(idlest)
  }

  /// Cuts off for whom something is kept for longest of the process for which most is kept, until
  /// no more is than may be.
  mutating func makeRoom() {
    let all = kept.compactMap { connections[$0] }
    var bytes: [Places.Holder: Int] = [:]
    for one in all { bytes[one.holder, default: 0] += one.listed.keptBytes }
    let now = HostClocks.monotonic()
    let order = all.map { one in
      (one, bytes: bytes[one.holder, default: 0], since: one.keptSince ?? now)
    }
    for (one, bytes, _) in order.sorted(by: { (-$0.bytes, $0.since) < (-$1.bytes, $1.since) }) {
      guard keptBytes > mostKept else { return }
      one.cutOff(
        "\(keptBytes) bytes are kept for all clients together, \(bytes) of them for this"
          + " process, and for this connection for longest")
      close(one)
    }
  }

  mutating func close(_ connection: Connection) {
    if let reason = connection.cutOffReason, !reason.isEmpty {
      log.note(
        .cutOff, UnixSocket.peer(of: connection.descriptor), "was cut off: \(reason)",
        at: HostClocks.monotonic())
    }
    connection.isClosed = true
    poller.remove(connection.descriptor)
    connections[connection.token] = nil
    places.leave(connection.holder)
    forget(connection)
    leave(connection.accounts)
    list(connection, Connection.Listing())
  }

  /// Whoever waits for a turn would keep it, with its descriptor and what it has sent.
  private mutating func forget(_ connection: Connection) {
    let accounts = connection.accounts
    let isIt = { (guest: Guest) in
      if case .client(let other) = guest { other === connection } else { false }
    }
    if connection.isQueued {
      turns.remove(from: accounts.plain, where: isIt)
      bulk.remove(from: accounts.bulk, where: isIt)
    }
    if connection.longWork != nil { long.remove(from: accounts.long) { $0 === connection } }
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
