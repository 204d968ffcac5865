#define _GNU_SOURCE
#include "CLinux.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

int ec_accept(int listener) {
  return accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int ec_replace(int fd, int other) { return dup3(other, fd, O_CLOEXEC); }

int ec_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int ec_epoll_add(int epoll, int fd, uint64_t token) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = token};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static struct epoll_event connection_event(uint64_t token, int reading, int writing) {
  struct epoll_event event = {
      .events = EPOLLRDHUP | EPOLLET | (reading ? EPOLLIN : 0) | (writing ? EPOLLOUT : 0),
      .data.u64 = token};
  return event;
}

int ec_epoll_add_socket(int epoll, int fd, uint64_t token) {
  struct epoll_event event = connection_event(token, 1, 0);
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int ec_epoll_modify_connection(int epoll, int fd, uint64_t token, int reading, int writing) {
  struct epoll_event event = connection_event(token, reading, writing);
  return epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
}

int ec_epoll_remove(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, 0); }

int ec_epoll_wait(int epoll, struct ec_epoll_event *events, int capacity, int timeout_ms) {
  struct epoll_event raw[64];
  int count;
  if (capacity > 64) capacity = 64;
  do {
    count = epoll_wait(epoll, raw, capacity, timeout_ms);
  } while (count < 0 && errno == EINTR);
  for (int i = 0; i < count; i++) {
    events[i].token = raw[i].data.u64;
    events[i].readable = (raw[i].events & EPOLLIN) != 0;
    events[i].writable = (raw[i].events & EPOLLOUT) != 0;
    events[i].ended = (raw[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    events[i].closed = (raw[i].events & (EPOLLHUP | EPOLLERR)) != 0;
  }
  return count;
}

int ec_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

int ec_peer_of(int fd, struct ec_peer *peer) {
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  int result = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length);
  if (result == 0) {
    peer->pid = credentials.pid;
    peer->uid = credentials.uid;
    peer->gid = credentials.gid;
  }
  return result;
}

int ec_read_kernel_clock(struct ec_kernel_clock *clock) {
  struct timex state = {.modes = 0};
  int result = adjtimex(&state);
  if (result < 0) return -1;
  clock->synchronized = result != TIME_ERROR && !(state.status & STA_UNSYNC);
  clock->estimated_error_us = state.esterror;
  clock->maximum_error_us = state.maxerror;
  clock->offset_ns = state.status & STA_NANO ? state.offset : state.offset * 1000;
  return 0;
}

int ec_ticker_open(int64_t seconds) {
  struct itimerspec period = {.it_interval.tv_sec = seconds, .it_value.tv_sec = seconds};
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd >= 0 && timerfd_settime(fd, 0, &period, NULL) < 0) {
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
  }
  return fd;
}

void ec_ticker_take(int fd) {
  uint64_t expirations;
  if (read(fd, &expirations, sizeof expirations) < 0) return;
}

int ec_realtime_steps_open(void) {
  return timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
}

int ec_realtime_steps_arm(int fd) {
  /* The kernel cuts this to what it can count, in the year 2262. */
  struct itimerspec never = {.it_value.tv_sec = INT64_MAX / 1000000000};
  int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
  int result = timerfd_settime(fd, flags, &never, NULL);
  /* Set at this very moment: armed nevertheless, and whoever arms looks at the clock after it. */
  return result < 0 && errno == ECANCELED ? 0 : result;
}

int ec_realtime_steps_take(int fd) {
  uint64_t expirations;
  return read(fd, &expirations, sizeof expirations) < 0 && errno == ECANCELED;
}

/* struct vmclock_abi of the kernel's uapi/linux/vmclock-abi.h (since Linux 6.13), all of it little
   endian: u32 magic at 0, u32 size at 4, u16 version at 8, u32 seq_count at 12, u64
   disruption_marker at 16. Sizes and offsets are fixed; later versions only add fields. */
enum { VMCLOCK_PAGE = 4096, VMCLOCK_MAGIC = 0x4b4c4356, VMCLOCK_LEAST_SIZE = 32 };

struct vmclock {
  uint32_t magic;
  uint32_t size;
  uint16_t version;
  uint8_t counter_id;
  uint8_t time_type;
  uint32_t seq_count;
  uint64_t disruption_marker;
};

const void *ec_vmclock_map(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NULL;
  struct stat status;
  void *page = MAP_FAILED;
  if (fstat(fd, &status) == 0) {
    if (S_ISREG(status.st_mode) && status.st_size < VMCLOCK_PAGE)
      errno = EPROTO;
    else
      page = mmap(NULL, VMCLOCK_PAGE, PROT_READ, MAP_SHARED, fd, 0);
  }
  int reason = errno;
  close(fd);
  errno = reason;
  if (page == MAP_FAILED) return NULL;
  const struct vmclock *clock = page;
  if (le32toh(clock->magic) == VMCLOCK_MAGIC && le32toh(clock->size) >= VMCLOCK_LEAST_SIZE &&
      le16toh(clock->version) == 1)
    return page;
  munmap(page, VMCLOCK_PAGE);
  errno = EPROTO;
  return NULL;
}

int ec_vmclock_disruption_marker(const void *page, uint64_t *marker) {
  const volatile struct vmclock *clock = page;
  /* The low bit is set while the hypervisor writes. That takes it microseconds; who finds it so
     every time takes it for a disruption. */
  for (int tries = 0; tries < 1000; tries++) {
    uint32_t before = le32toh(clock->seq_count);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    uint64_t read = le64toh(clock->disruption_marker);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    uint32_t after = le32toh(clock->seq_count);
    if (before == after && (before & 1) == 0) {
      *marker = read;
      return 0;
    }
  }
  return -1;
}

int ec_is_virtual_machine(void) {
#if defined(__x86_64__) || defined(__i386__)
  unsigned a, b, c, d;
  /* Bit 31 of ECX in leaf 1 is kept zero by processors and set by hypervisors. */
  return __get_cpuid(1, &a, &b, &c, &d) ? (c >> 31) & 1 : -1;
#else
  return -1;
#endif
}

uint64_t ec_cycles(void) {
#if defined(__x86_64__) || defined(__i386__)
  /* Not before what comes before it. */
  _mm_lfence();
  return __rdtsc();
#else
  return 0;
#endif
}

/* Hans Boehm, "Can seqlocks get along with programming language memory models?", 2012. The words
   themselves are atomic, so that no load or store is split or doubled; the fences keep them on
   their side of the sequence number. */
void ec_sequence_write(void *shared, const uint64_t *words, int count) {
  uint64_t *place = shared;
  uint64_t odd = __atomic_load_n(&place[0], __ATOMIC_RELAXED) | 1;
  __atomic_store_n(&place[0], odd, __ATOMIC_RELAXED);
  /* No word is seen before the odd number. */
  __atomic_thread_fence(__ATOMIC_RELEASE);
  for (int i = 1; i < count; i++) __atomic_store_n(&place[i], words[i], __ATOMIC_RELAXED);
  /* Who sees the even number sees all words. */
  __atomic_store_n(&place[0], odd + 1, __ATOMIC_RELEASE);
}

void *ec_map_shared(int fd, size_t size, int writable) {
  int access = PROT_READ | (writable ? PROT_WRITE : 0);
  void *place = mmap(NULL, size, access, MAP_SHARED, fd, 0);
  return place == MAP_FAILED ? NULL : place;
}

uint32_t ec_load_shared(const void *number) {
  return __atomic_load_n((const uint32_t *)number, __ATOMIC_ACQUIRE);
}

void ec_store_shared(void *number, uint32_t value) {
  __atomic_store_n((uint32_t *)number, value, __ATOMIC_RELEASE);
}

static int release_object(struct dl_phdr_info *object, size_t size, void *context) {
  (void)size;
  (void)context;
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
    /* One that is or was writable holds what the file has not: relocations. */
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) continue;
    uintptr_t start = object->dlpi_addr + segment->p_vaddr;
    uintptr_t end = (start + segment->p_memsz + page - 1) & ~(page - 1);
    start &= ~(page - 1);
    madvise((void *)start, end - start, MADV_DONTNEED);
  }
  return 0;
}

void ec_release_memory(void) {
  malloc_trim(0);
  dl_iterate_phdr(release_object, NULL);
}

void ec_limit_memory_pools(int most) { mallopt(M_ARENA_MAX, most); }

void ec_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
