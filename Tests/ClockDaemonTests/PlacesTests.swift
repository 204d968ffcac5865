import LinuxSystem
import Testing

@testable import ClockDaemon

@Suite struct PlacesTests {
  private func holder(_ process: Int32, of user: UInt32) -> Places.Holder {
    Places.Holder(UnixSocket.Peer(process: process, user: user, group: 0))
  }

  private func places(_ taken: (process: Int32, user: UInt32, count: Int)...) -> Places {
    var places = Places()
    for (process, user, count) in taken {
      for _ in 0..<count { places.take(holder(process, of: user)) }
    }
    return places
  }

  @Test func ofTheUserWithTheMostTheProcessWithTheMostGivesUpOne() {
    let places = places((1, 1000, 5), (2, 1000, 3), (3, 1001, 6))
    let giver = places.giver(to: holder(9, of: 0))
    #expect(giver?.holder == holder(1, of: 1000) && giver?.connections == 5)
  }

  @Test func whoseUserHasAsManyGetsOneOfItsOwn() {
    let places = places((1, 1000, 6), (2, 1000, 1), (3, 1001, 7))
    #expect(places.giver(to: holder(9, of: 1000))?.holder == holder(1, of: 1000))
    #expect(places.giver(to: holder(2, of: 1000))?.holder == holder(1, of: 1000))
    #expect(places.giver(to: holder(9, of: 1001))?.holder == holder(3, of: 1001))
  }

  /// Or two that come again and again would take it from one another.
  @Test func nobodyGivesUpOneForWhoWouldThenHaveMore() {
    let alone = places((1, 1000, 1), (2, 1000, 1), (3, 1000, 1))
    #expect(alone.giver(to: holder(9, of: 1000)) == nil)
    #expect(alone.giver(to: holder(1, of: 1000)) == nil)
    let two = places((1, 1000, 3), (2, 1000, 2))
    #expect(two.giver(to: holder(2, of: 1000)) == nil)
    #expect(two.giver(to: holder(1, of: 1000)) == nil)
    #expect(two.giver(to: holder(9, of: 1000))?.holder == holder(1, of: 1000))
    let users = places((1, 1000, 2), (2, 1001, 1))
    #expect(users.giver(to: holder(3, of: 1001)) == nil)
    #expect(users.giver(to: holder(3, of: 1002))?.holder == holder(1, of: 1000))
  }

  /// One that leaves its connections open takes none of another user's bots.
  @Test func whoHasMoreThanAProcessOfAnotherUserGetsNoneOfIt() {
    let places = places((1, 1000, 1), (2, 1000, 1), (3, 1000, 1), (4, 1001, 1))
    #expect(places.giver(to: holder(4, of: 1001)) == nil)
    #expect(places.giver(to: holder(5, of: 1001))?.holder.user == 1000)
  }

  @Test func whatWasLeftCountsNoMore() {
    var places = places((1, 1000, 4), (2, 1000, 3))
    for _ in 0..<4 { places.leave(holder(1, of: 1000)) }
    #expect(places.giver(to: holder(9, of: 0))?.holder == holder(2, of: 1000))
    for _ in 0..<3 { places.leave(holder(2, of: 1000)) }
    #expect(places.giver(to: holder(9, of: 0)) == nil)
  }

  @Test func whoCannotBeToldIsOneProcessOfOneUser() {
    var places = Places()
    for _ in 0..<3 { places.take(Places.Holder(nil)) }
    #expect(places.giver(to: Places.Holder(nil)) == nil)
    #expect(places.giver(to: holder(1, of: 0))?.connections == 3)
  }
}
