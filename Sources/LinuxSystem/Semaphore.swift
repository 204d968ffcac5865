internal import Glibc

/// A counting semaphore that blocks the calling thread. Calls `sem_wait(3)` and `sem_post(3)`.
///
/// `@unchecked Sendable`: the C semaphore is made for use from several threads at once.
package final class Semaphore: @unchecked Sendable {
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  package init() {
    sem_init(semaphore, 0, 0)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  package func signal() {
    sem_post(semaphore)
  }

  package func wait() {
    while sem_wait(semaphore) != 0 {}
  }
}
