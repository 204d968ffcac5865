import Testing

@testable import ClockDaemon

@Suite struct TurnsTests {
  private let unit = 50_000

  /// Has clients that always want more be served so often; who was, in order.
  private func serve(_ times: Int, _ turns: inout Turns<Int>) -> [Int] {
    var served: [Int] = []
    for _ in 0..<times {
      guard let (guest, place) = turns.next() else { break }
      served.append(guest)
      turns.spend(unit, by: place)
      turns.append(guest, to: place)
    }
    return served
  }

  @Test func whoComesFirstIsServedFirstWhereNothingWasDoneForAnyone() {
    var turns = Turns<Int>()
    #expect(turns.isEmpty)
    let place = turns.join(1)
    for guest in 0..<3000 { turns.append(guest, to: place) }
    #expect(!turns.isEmpty)
    var served: [Int] = []
    while let turn = turns.next() { served.append(turn.guest) }
    #expect(served == Array(0..<3000))
    #expect(turns.isEmpty)
  }

  @Test func whoAsksRarelyIsBeforeThoseWhoAskWithoutEnd() {
    var turns = Turns<Int>()
    let busy = (1...20).map { (guest: Int($0), place: turns.join($0)) }
    let rare = turns.join(100)
    for (guest, place) in busy { turns.append(guest, to: place) }
    for _ in 0..<1000 {
      _ = serve(20, &turns)
      turns.append(0, to: rare)
      let turn = turns.next()
      #expect(turn?.guest == 0)
      turns.spend(4_000, by: rare)
    }
  }

  @Test func connectionsOfOneProcessHaveNoMoreThanOneOfAnother() {
    var turns = Turns<Int>()
    for guest in 0..<200 {
      let place = turns.join(1)
      turns.append(guest, to: place)
    }
    turns.append(1000, to: turns.join(2))
    let served = serve(4000, &turns)
    #expect((1990...2010).contains(served.count { $0 == 1000 }))
    // And among themselves they have as much each.
    for guest in 0..<200 { #expect((9...11).contains(served.count { $0 == guest })) }
  }

  @Test func whoCannotBeToldIsAlone() {
    var turns = Turns<Int>()
    #expect(turns.join(nil) != turns.join(nil))
    #expect(turns.join(7) == turns.join(7))
  }

  @Test func whatWasDoneIsForgottenAsOthersAreServed() {
    var turns = Turns<Int>()
    let early = turns.join(1)
    let late = turns.join(2)
    turns.spend(turns.halfLife / 2, by: early)
    #expect(turns.spent(by: early) == turns.halfLife / 2)
    turns.spend(turns.halfLife, by: late)
    #expect(turns.spent(by: early) == turns.halfLife / 4)
    for _ in 0..<64 { turns.spend(turns.halfLife, by: late) }
    #expect(turns.spent(by: early) == 0)
    #expect(turns.spent(by: late) > turns.halfLife)
  }

  @Test func ofManyThatLeftTheFirstIsForgotten() {
    var turns = Turns<Int>(halfLife: .max)
    for process in 1...Int32(3_000) {
      let place = turns.join(process)
      #expect(place <= Turns<Int>.mostLeft)
      turns.spend(unit, by: place)
      turns.leave(place)
    }
    let (late, early) = (turns.join(2_999), turns.join(1))
    #expect(turns.spent(by: late) == unit)
    #expect(turns.spent(by: early) == 0)
  }

  @Test func whatIsNoProcessLeavesNothing() {
    var turns = Turns<Int>(halfLife: .max)
    let places = (0..<100).map { _ in
      let place = turns.join(nil)
      turns.spend(unit, by: place)
      turns.leave(place)
      return place
    }
    #expect(Set(places).count == 1)
  }

  @Test func whoWasServedIsNotKept() {
    final class Guest {}
    var turns = Turns<Guest>()
    let place = turns.join(1)
    weak var served: Guest?
    do {
      let guest = Guest()
      served = guest
      turns.append(guest, to: place)
    }
    turns.append(Guest(), to: place)
    #expect(served != nil)
    _ = turns.next()
    #expect(served == nil)
    #expect(!turns.isEmpty)
  }

  @Test func anAccountThatIsHeldIsNobodyElsesMeanwhile() {
    var turns = Turns<Int>()
    let place = turns.join(nil)
    turns.hold(place)
    turns.leave(place)
    let other = turns.join(nil)
    #expect(other != place)
    turns.leave(place)
    #expect(turns.join(nil) == place)
  }

  @Test func whoWaitsForNothingAnyMoreIsLeftOut() {
    var turns = Turns<Int>()
    let (one, other) = (turns.join(1), turns.join(2))
    for guest in 0..<4 { turns.append(guest, to: one) }
    turns.append(10, to: other)
    turns.remove(from: one) { $0 % 2 == 0 }
    turns.remove(from: other) { _ in true }
    #expect(turns.next()?.guest == 1)
    turns.remove(from: one) { $0 == 7 }
    #expect(turns.next()?.guest == 3)
    #expect(turns.next() == nil && turns.isEmpty)
  }

  @Test func toComeBackDoesNotClearAnAccount() {
    var turns = Turns<Int>()
    let place = turns.join(1)
    turns.spend(unit, by: place)
    turns.leave(place)
    #expect(turns.join(1) == place)
    #expect(turns.spent(by: place) == unit)
    turns.leave(place)
    // Nor may another one have it, as long as it is remembered.
    let other = turns.join(2)
    #expect(other != place)
    for _ in 0..<64 { turns.spend(turns.halfLife, by: other) }
    #expect(turns.join(3) == place)
    #expect(turns.join(1) != place)
  }
}
