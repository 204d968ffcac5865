internal import CLinux

/// What the process holds in memory.
package enum ProcessMemory {
  /// Has all threads share two pools of free memory: many that do little each would otherwise each
  /// come to keep some. Before there are threads. Calls `mallopt(3)`.
  package static func shareFreeMemory() {
    ec_limit_memory_pools(2)
  }

  /// Gives back what is not needed while the process rests; takes less than a millisecond. What is
  /// needed again comes back by itself, from the page cache. Calls `madvise(2)`.
  package static func release() {
    ec_release_memory()
  }
}
