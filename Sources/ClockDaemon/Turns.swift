/// Who is served next of those for whom something is to be done: whoever had least done of late.
///
/// Each process has an account, however many connections it opens. Nobody is held up by more than
/// what others have ready at the moment, and who asks rarely is always before those who ask without
/// end: these share what is left. Work is an estimate in nanoseconds, since measured time would
/// charge a client for what the kernel does meanwhile. It is also the clock: after so much work for
/// all together what was done for each counts half.
struct Turns<Guest> {
  let halfLife: Int

  private struct Account {
    /// Nil for what is no process, or one that cannot be told.
    var process: Int32?
    var connections = 0
    var spent = 0
    /// Half-lives of which `spent` knows.
    var halvings = 0
    /// From `head` on, in the order in which they came.
    var guests: [Guest?] = []
    var head = 0
  }

  private var accounts: [Account] = []
  private var places: [Int32: Int] = [:]
  /// Accounts that nobody has a connection of, in the order in which they were left.
  private var left: [Int] = []
  /// Of so many is remembered what was done for them.
  static var mostLeft: Int { 1_000 }
  /// Accounts with guests.
  private var waiting: [Int] = []
  private var total = 0

  /// - Parameter halfLife: of what is remembered; about two milliseconds by default.
  init(halfLife: Int = 1 << 21) {
    self.halfLife = halfLife
  }

  /// Nobody waits.
  var isEmpty: Bool { waiting.isEmpty }

  /// The account for one more connection of a process; its place is valid until `leave`.
  mutating func join(_ process: Int32?) -> Int {
    if let process, let place = places[process] {
      if accounts[place].connections == 0 { left.removeAll { $0 == place } }
      accounts[place].connections += 1
      return place
    }
    let place = unused() ?? accounts.count
    if place == accounts.count { accounts.append(Account()) }
    accounts[place].process = process
    accounts[place].connections = 1
    if let process { places[process] = place }
    return place
  }

  /// Has an account that somebody has a connection of stay until `leave` is called once more.
  mutating func hold(_ place: Int) {
    accounts[place].connections += 1
  }

  /// One connection of the account is gone. What was done for it is remembered for a while.
  mutating func leave(_ place: Int) {
    accounts[place].connections -= 1
    if accounts[place].connections == 0 { left.append(place) }
  }

  /// Has somebody wait for a turn.
  mutating func append(_ guest: Guest, to place: Int) {
    if accounts[place].guests.isEmpty { waiting.append(place) }
    accounts[place].guests.append(guest)
  }

  /// Who waits there for nothing any more.
  mutating func remove(from place: Int, where isGone: (Guest) -> Bool) {
    let guests = accounts[place].guests.compactMap(\.self).filter { !isGone($0) }
    accounts[place].guests = guests
    accounts[place].head = 0
    if guests.isEmpty { waiting.removeAll { $0 == place } }
  }

  /// Takes out whose turn it is; nil where nobody waits.
  mutating func next() -> (guest: Guest, place: Int)? {
    guard var index = waiting.indices.first else { return nil }
    if waiting.count > 1 {
      var least = spent(by: waiting[index])
      for other in waiting.indices.dropFirst() {
        let spent = spent(by: waiting[other])
        if spent < least { (index, least) = (other, spent) }
      }
    }
    let place = waiting[index]
    let guest = takeFirst(of: place)
    if accounts[place].guests.isEmpty {
      waiting.swapAt(index, waiting.count - 1)
      waiting.removeLast()
    }
    return guest.map { ($0, place) }
  }

  /// Notes what was done.
  mutating func spend(_ work: Int, by place: Int) {
    total += work
    accounts[place].spent = spent(by: place) + work
    accounts[place].halvings = total / halfLife
  }

  /// What was done for the account of late.
  func spent(by place: Int) -> Int {
    accounts[place].spent >> (total / halfLife - accounts[place].halvings)
  }

  private mutating func takeFirst(of place: Int) -> Guest? {
    var guest: Guest?
    swap(&guest, &accounts[place].guests[accounts[place].head])
    accounts[place].head += 1
    if accounts[place].head == accounts[place].guests.count {
      accounts[place].guests.removeAll(keepingCapacity: true)
      accounts[place].head = 0
    } else if accounts[place].head >= 1024 {
      accounts[place].guests.removeFirst(accounts[place].head)
      accounts[place].head = 0
    }
    return guest
  }

  /// An account that was left and for which nobody waits: of which nothing is left to remember, or
  /// that was left first of too many.
  private mutating func unused() -> Int? {
    let index = left.firstIndex { place in
      accounts[place].guests.isEmpty
        && (accounts[place].process == nil || left.count >= Self.mostLeft || spent(by: place) == 0)
    }
    guard let index else { return nil }
    let place = left.remove(at: index)
    if let process = accounts[place].process { places[process] = nil }
    accounts[place] = Account()
    return place
  }
}
