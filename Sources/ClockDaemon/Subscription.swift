internal import ClockProtocol

/// What one client wants to be told unasked, and what it was told last.
struct Subscription {
  let id: Int64
  /// Nil for all.
  let exchanges: Set<String>?
  /// Changes of less are not told, ns.
  let leastChange: Int64

  /// The exchanges that are told of, by their places in the feed.
  private var places: [Int] = []
  /// What was told last, or is owed; nil where nothing was yet.
  private var told: [OffsetFeed.Reading?] = []
  /// Of `places`: what is told once the client has read what waits for it.
  private var owed: Set<Int> = []
  private var layout: Int?

  /// Begins with what the answer to `subscribe` tells.
  init(id: Int64, exchanges: Set<String>?, leastChange: Int64, of feed: OffsetFeed) {
    self.id = id
    self.exchanges = exchanges
    self.leastChange = leastChange
    arrange(by: feed)
    told = places.map { feed.readings[$0] }
  }

  /// The offsets that the subscription is about.
  func offsets(of feed: OffsetFeed) -> [OffsetResult] {
    places.map { feed.offsets[$0] }
  }

  var owesAnything: Bool { !owed.isEmpty }

  /// Notes what has changed.
  ///
  /// - Returns: how many bytes there are to tell.
  mutating func look(at feed: OffsetFeed) -> Int {
    if layout != feed.layout { arrange(by: feed) }
    var length = 0
    for (index, place) in places.enumerated() {
      let reading = feed.readings[place]
      if let told = told[index], !reading.differs(from: told, byAtLeast: leastChange) { continue }
      told[index] = reading
      owed.insert(index)
      length += OffsetNotification.beginning(id).count + feed.text(of: place).count
    }
    return length
  }

  /// The lines for what is owed, with what is the case now.
  mutating func lines(from feed: OffsetFeed) -> [UInt8] {
    let beginning = OffsetNotification.beginning(id)
    var lines: [UInt8] = []
    for index in owed.sorted() {
      told[index] = feed.readings[places[index]]
      lines += beginning
      lines += feed.text(of: places[index])
    }
    owed = []
    return lines
  }

  private mutating func arrange(by feed: OffsetFeed) {
    layout = feed.layout
    places = feed.offsets.indices.filter {
      exchanges?.contains(feed.offsets[$0].exchange) ?? true
    }
    told = places.map { _ in nil }
    owed = []
  }
}
