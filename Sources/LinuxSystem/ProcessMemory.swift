internal import CLinux

/// What the process holds in memory.
package enum ProcessMemory {
  /// Gives back what is not needed while the process rests; takes less than a millisecond. What is
  /// needed again comes back by itself, from the page cache. Calls `madvise(2)`.
  package static func release() {
    ec_release_memory()
  }
}
