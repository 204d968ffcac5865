/* Writes a page's only slot again and again, with pauses of up to some microseconds, so that readers
   find it before, during and after a change: write n makes all that is looked at of n.
   write_page PAGE  (until stdin ends) */
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

int main(int count, char **arguments) {
  int file = count == 2 ? open(arguments[1], O_RDWR) : -1;
  char *page = mmap(NULL, 256, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (file < 0 || page == MAP_FAILED) return 64;
  _Atomic uint64_t *slot = (_Atomic uint64_t *)(page + 64);
  struct pollfd end = {.fd = 0, .events = POLLIN};
  uint64_t random = 88172645463325252u;
  for (uint64_t n = 1;; n++) {
    double rate = (double)n;
    union {
      double real;
      uint64_t bits;
    } rates[2] = {{.real = rate}, {.real = 2 * rate}};
    atomic_store_explicit(&slot[0], 2 * n - 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&slot[5], n % 2 ? 1 : 2, memory_order_relaxed);
    atomic_store_explicit(&slot[8], 3 * n, memory_order_relaxed);
    atomic_store_explicit(&slot[9], 5 * n, memory_order_relaxed);
    atomic_store_explicit(&slot[10], rates[0].bits, memory_order_relaxed);
    atomic_store_explicit(&slot[11], rates[1].bits, memory_order_relaxed);
    atomic_store_explicit(&slot[0], 2 * n, memory_order_release);
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    for (uint64_t pause = random % 4096; pause > 0; pause--) atomic_signal_fence(memory_order_seq_cst);
    if (n % 65536 == 0 && poll(&end, 1, 0) != 0) return printf("%llu\n", (unsigned long long)n) < 0;
  }
}
