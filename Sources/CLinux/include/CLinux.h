/* What Swift's Glibc module lacks: thin wrappers with the kernel's own semantics. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* Accepts a connection as non-blocking and close-on-exec. Calls accept4(2). */
int ec_accept(int listener);

/* Makes fd stand for what other stands for, close-on-exec. Calls dup3(2). */
int ec_replace(int fd, int other);

/* A new epoll instance, close-on-exec. Calls epoll_create1(2). */
int ec_epoll_create(void);

/* Watches fd for reading, level-triggered; token comes back from ec_epoll_wait. Calls
   epoll_ctl(2). */
int ec_epoll_add(int epoll, int fd, uint64_t token);
/* Watches a connection, or a socket that listens, for reading; edge-triggered. */
int ec_epoll_add_socket(int epoll, int fd, uint64_t token);
int ec_epoll_modify_connection(int epoll, int fd, uint64_t token, int reading, int writing);
int ec_epoll_remove(int epoll, int fd);

struct ec_epoll_event {
  uint64_t token;
  int readable;
  int writable;
  /* The other end sends no more. */
  int ended;
  int closed;
};

/* Waits for at most timeout_ms (-1: for ever), retried on EINTR. Calls epoll_wait(2). */
int ec_epoll_wait(int epoll, struct ec_epoll_event *events, int capacity, int timeout_ms);

/* A counter that wakes an epoll: non-blocking, close-on-exec. Calls eventfd(2). */
int ec_eventfd(void);

struct ec_peer {
  pid_t pid;
  uid_t uid;
  gid_t gid;
};

/* Who is at the other end of a Unix socket. Calls getsockopt(2) with SO_PEERCRED. */
int ec_peer_of(int fd, struct ec_peer *peer);

struct ec_kernel_clock {
  /* Whether the kernel believes that CLOCK_REALTIME is kept by an NTP daemon. */
  int synchronized;
  int64_t estimated_error_us;
  int64_t maximum_error_us;
  /* What is still to be slewed away. */
  int64_t offset_ns;
};

/* The kernel's own view of CLOCK_REALTIME; -1 where it may not be asked (systemd's ProtectClock=).
   Changes nothing: adjtimex(2) with no mode set. */
int ec_read_kernel_clock(struct ec_kernel_clock *clock);

/* A timer that is never due but tells when CLOCK_REALTIME is set: non-blocking, close-on-exec.
   Calls timerfd_create(2). */
int ec_realtime_steps_open(void);

/* Has the timer report the next step; -1 and errno on failure. Calls timerfd_settime(2) with
   TFD_TIMER_CANCEL_ON_SET. */
int ec_realtime_steps_arm(int fd);

/* Whether CLOCK_REALTIME was set since the timer was armed: 1 yes, 0 no. Calls read(2). */
int ec_realtime_steps_take(int fd);

/* A timer that is due once in so many seconds, for ever: non-blocking, close-on-exec; -1 and errno on
   failure. Calls timerfd_create(2) and timerfd_settime(2). */
int ec_ticker_open(int64_t seconds);

/* Forgets that the timer was due. Calls read(2). */
void ec_ticker_take(int fd);

/* Maps the page in which a hypervisor tells that time was disrupted, read-only; NULL and errno
   where there is none or it is not of a version that is known (EPROTO). Never unmapped. */
const void *ec_vmclock_map(const char *path);

/* A number that differs after each disruption: live migration, restored snapshot. -1 while the
   hypervisor is changing it. Needs no system call. */
int ec_vmclock_disruption_marker(const void *page, uint64_t *marker);

/* Whether this is a virtual machine: 1 yes, 0 no, -1 where the processor does not tell. Asks
   CPUID, since /proc/cpuinfo is hidden by systemd's ProcSubset=pid. */
int ec_is_virtual_machine(void);

/* The processor's time stamp counter; 0 where there is none. Needs no system call. */
uint64_t ec_cycles(void);

/* Takes out of memory what can be had again from files that the process has mapped and cannot write:
   programs and libraries, of which most is needed at the start only; and what malloc(3) keeps free.
   What is needed after all comes back by itself, without a read while the kernel has it cached.
   Calls madvise(2) and malloc_trim(3). */
void ec_release_memory(void);

/* All threads together take memory from so many pools of malloc(3) rather than from up to eight for
   each processor. Before there are threads. Calls mallopt(3). */
void ec_limit_memory_pools(int most);

/* Names the calling thread, at most 15 bytes. Calls pthread_setname_np(3). */
void ec_name_thread(const char *name);

/* A range of memory that one process writes and others read while it does: 8-byte words, of which
   the first is a sequence number, odd while the others are being written and 0 before that was ever
   done. Both are right on processors that reorder loads and stores too. */

/* Writes words[1] to words[count - 1] behind the sequence number; words[0] is not used. One writer
   at a time. An odd number that a killed writer has left behind is even afterwards. */
void ec_sequence_write(void *shared, const uint64_t *words, int count);

/* Copies count words that were written together: 1, or 0 where the writer was always found writing
   (words are of no use then). Here, so that a copy whose length is known needs no loop. */
static inline int ec_sequence_read(const void *shared, uint64_t *words, int count) {
  const uint64_t *place = (const uint64_t *)shared;
  for (int tries = 0; tries < 1000; tries++) {
    words[0] = __atomic_load_n(&place[0], __ATOMIC_ACQUIRE);
    if (words[0] & 1) continue;
    for (int i = 1; i < count; i++) words[i] = __atomic_load_n(&place[i], __ATOMIC_RELAXED);
    /* The number is looked at again after the words, not before. */
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (__atomic_load_n(&place[0], __ATOMIC_RELAXED) == words[0]) return 1;
  }
  return 0;
}

/* Maps size bytes of a file for all processes; NULL and errno on failure. Calls mmap(2). */
void *ec_map_shared(int fd, size_t size, int writable);

/* A 4-byte number that another process may change at any time. */
uint32_t ec_load_shared(const void *number);
void ec_store_shared(void *number, uint32_t value);

/* Takes a terminal over: writes `enter`, and where `makes_raw` has it give keys as they come and
   echo none. Both are undone, and `leave` is written, when the process ends by a signal or a trap,
   or is stopped; they are done again when it is continued. -1 and errno on failure. Not for more
   than one terminal at a time, nor from two threads. Calls tcsetattr(3) and sigaction(2). */
int ec_terminal_take(int fd, const char *enter, const char *leave, int makes_raw);

/* Undoes `ec_terminal_take`. */
void ec_terminal_give_back(void);

/* The terminal's size; -1 where it is not known. Calls ioctl(2) with TIOCGWINSZ. */
int ec_terminal_size(int fd, int *columns, int *rows);
