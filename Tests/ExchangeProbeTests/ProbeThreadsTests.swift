import ExchangeProbe
import Glibc
import LinuxSystem
import Synchronization
import Testing

@Suite struct ProbeThreadsTests {
  private struct Count {
    var running = 0
    var most = 0
    var done = 0
  }

  private final class Counter: Sendable {
    let count = Mutex(Count())
    let finished = Semaphore()

    func begin() {
      count.withLock {
        $0.running += 1
        $0.most = max($0.most, $0.running)
      }
    }

    func end() {
      count.withLock {
        $0.running -= 1
        $0.done += 1
      }
      finished.signal()
    }
  }

  @Test(arguments: [1, 2, 7])
  func allJobsRunAndAtMostSoManyAtOnce(_ limit: Int) throws {
    let threads = ProbeThreads(limit: limit)
    let counter = Counter()
    let jobs = 400
    for _ in 0..<jobs {
      try threads.run {
        counter.begin()
        // Room for a thread too many to show itself.
        for _ in 0..<100 { sched_yield() }
        counter.end()
      }
    }
    for _ in 0..<jobs { counter.finished.wait() }
    let count = counter.count.withLock { $0 }
    #expect(count.done == jobs)
    #expect(count.most <= limit)
    #expect(count.running == 0)
  }

  /// Each job waits until as many as the limit are running: with fewer threads this would not end.
  @Test func asManyRunAtOnceAsTheLimitAllows() throws {
    let limit = 4
    let threads = ProbeThreads(limit: limit)
    let counter = Counter()
    let gate = Semaphore()
    for _ in 0..<limit {
      try threads.run {
        counter.begin()
        if counter.count.withLock({ $0.running == limit }) {
          for _ in 0..<limit { gate.signal() }
        }
        gate.wait()
        counter.end()
      }
    }
    for _ in 0..<limit { counter.finished.wait() }
    #expect(counter.count.withLock { $0.most } == limit)
  }

  /// A job that hangs holds up nobody while there are other threads.
  @Test func oneHangingJobDoesNotHoldUpTheOthers() throws {
    let threads = ProbeThreads(limit: 2)
    let counter = Counter()
    let release = Semaphore()
    try threads.run {
      release.wait()
      counter.end()
    }
    for _ in 0..<50 { try threads.run { counter.end() } }
    for _ in 0..<50 { counter.finished.wait() }
    #expect(counter.count.withLock { $0.done } == 50)
    release.signal()
    counter.finished.wait()
  }

  /// Of the calling thread, below /proc; gone when it is.
  private static func ownEntry() -> String {
    var entry = [CChar](repeating: 0, count: 64)
    let length = readlink("/proc/thread-self", &entry, entry.count)
    return String(decoding: entry.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// The others go, once what kept them busy is over, and the rest does all that comes.
  @Test func aFewAreKeptOfMany() throws {
    let many = 4 * ProbeThreads.mostIdle
    let threads = ProbeThreads(limit: many)
    let counter = Counter()
    let release = Semaphore()
    let ids = Mutex(Set<String>())
    for _ in 0..<many {
      try threads.run {
        let isLast = ids.withLock { ids in
          ids.insert(Self.ownEntry())
          return ids.count == many
        }
        if isLast {
          for _ in 0..<many { release.signal() }
        }
        release.wait()
        counter.end()
      }
    }
    for _ in 0..<many { counter.finished.wait() }
    func kept() -> Int { ids.withLock { $0.count { access("/proc/\($0)", F_OK) == 0 } } }
    let deadline = ContinuousClock.now + .seconds(60)
    while kept() > ProbeThreads.mostIdle, .now < deadline { sched_yield() }
    #expect(kept() == ProbeThreads.mostIdle)
    for _ in 0..<400 {
      try threads.run {
        _ = ids.withLock { $0.insert(Self.ownEntry()) }
        counter.end()
      }
    }
    for _ in 0..<400 { counter.finished.wait() }
    while kept() > ProbeThreads.mostIdle, .now < deadline { sched_yield() }
    // Not exactly so many: one that stays may have come too late for any of the jobs.
    #expect(kept() <= ProbeThreads.mostIdle)
  }
}
