/* Preloaded into the daemon: its clocks as a test wants them, which sets CLOCK_REALTIME and lets
   all clocks run faster. libfaketime can do neither here: it shifts timers that count
   CLOCK_MONOTONIC by what CLOCK_REALTIME is ahead, so that they fire an hour late.

   All clocks are this host's CLOCK_MONOTONIC and a distance that was read once, so that they keep
   their distances to the nanosecond at any rate. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* As host_clock.py and MovedClock.swift write it; nanoseconds of CLOCK_MONOTONIC. `count` is odd during a change. */
struct wish {
  volatile uint64_t count;
  volatile int64_t since, ahead, rate, realtime_shift;
};

enum { MOST_CLOCKS = 16, MOST_DESCRIPTORS = 4096, SECOND = 1000000000 };

static struct wish nothing = {.rate = 1}, *wish = &nothing;
static int64_t distance[MOST_CLOCKS];
static clockid_t counted[MOST_DESCRIPTORS];
static int (*real_gettime)(clockid_t, struct timespec *);
static int (*real_create)(int, int);
static int (*real_settime)(int, int, const struct itimerspec *, struct itimerspec *);
static int (*real_epoll_wait)(int, struct epoll_event *, int, int);
static int (*real_ppoll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
static int (*real_open)(const char *, int, ...);

static int64_t nanoseconds(struct timespec time) {
  return time.tv_sec * (int64_t)SECOND + time.tv_nsec;
}

static struct timespec timespec(int64_t ns) {
  return (struct timespec){.tv_sec = ns / SECOND, .tv_nsec = ns % SECOND};
}

static int64_t real(clockid_t clock) {
  struct timespec time;
  real_gettime(clock, &time);
  return nanoseconds(time);
}

__attribute__((constructor)) static void begin(void) {
  real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
  real_create = dlsym(RTLD_NEXT, "timerfd_create");
  real_settime = dlsym(RTLD_NEXT, "timerfd_settime");
  real_epoll_wait = dlsym(RTLD_NEXT, "epoll_wait");
  real_ppoll = dlsym(RTLD_NEXT, "ppoll");
  real_open = dlsym(RTLD_NEXT, "open");
  static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
                                     CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME};
  for (unsigned i = 0; i < sizeof clocks / sizeof *clocks; i++)
    distance[clocks[i]] = real(clocks[i]) - real(CLOCK_MONOTONIC);
  const char *path = getenv("HOST_CLOCK");
  int file = path ? real_open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *page = mmap(NULL, sizeof *wish, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (page != MAP_FAILED) wish = page;
}

static int64_t now(clockid_t clock) {
  uint64_t count;
  int64_t time, shift;
  do {
    count = __atomic_load_n(&wish->count, __ATOMIC_ACQUIRE);
    int64_t here = real(CLOCK_MONOTONIC);
    time = here + wish->ahead + (here - wish->since) * (wish->rate - 1);
    shift = wish->realtime_shift;
  } while (count % 2 || count != __atomic_load_n(&wish->count, __ATOMIC_ACQUIRE));
  int is_realtime = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  return time + distance[clock] + (is_realtime ? shift : 0);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  if (!real_gettime) begin();
  /* The processor's time is nobody's to change. */
  if (clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID || clock < 0 ||
      clock >= MOST_CLOCKS)
    return real_gettime(clock, time);
  *time = timespec(now(clock));
  return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  (void)zone;
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  *time = (struct timeval){.tv_sec = exact.tv_sec, .tv_usec = exact.tv_nsec / 1000};
  return 0;
}

time_t time(time_t *result) {
  struct timespec exact;
  clock_gettime(CLOCK_REALTIME, &exact);
  if (result) *result = exact.tv_sec;
  return exact.tv_sec;
}

/* Timers and waits, shorter by the rate. */

int timerfd_create(int clock, int flags) {
  int timer = real_create(clock, flags);
  if (timer >= 0 && timer < MOST_DESCRIPTORS) counted[timer] = clock;
  return timer;
}

static struct timespec shortened(struct timespec time, int64_t passed) {
  int64_t ns = nanoseconds(time);
  if (ns == 0) return time; /* Which disarms. */
  ns = (ns - passed) / wish->rate;
  return timespec(ns > 0 ? ns : 1);
}

int timerfd_settime(int timer, int flags, const struct itimerspec *new, struct itimerspec *old) {
  /* One that waits for the clock to be set; nothing sets the kernel's. */
  if (flags & TFD_TIMER_CANCEL_ON_SET || timer < 0 || timer >= MOST_DESCRIPTORS)
    return real_settime(timer, flags, new, old);
  int64_t passed = flags & TFD_TIMER_ABSTIME ? now(counted[timer]) : 0;
  struct itimerspec real = {.it_value = shortened(new->it_value, passed),
                            .it_interval = shortened(new->it_interval, 0)};
  return real_settime(timer, 0, &real, old);
}

int poll(struct pollfd *files, nfds_t count, int milliseconds) {
  struct timespec time = timespec(milliseconds * (int64_t)1000000 / wish->rate);
  return real_ppoll(files, count, milliseconds < 0 ? NULL : &time, NULL);
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int milliseconds) {
  int wait = milliseconds > 0 ? (int)((milliseconds + wish->rate - 1) / wish->rate) : milliseconds;
  return real_epoll_wait(epoll, events, most, wait);
}

/* The processor's counter runs at its own rate, so it must not be compared with the clocks. */
int open(const char *path, int flags, ...) {
  if (!real_open) begin();
  va_list more;
  va_start(more, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
  va_end(more);
  if (strstr(path, "/current_clocksource")) {
    errno = ENOENT;
    return -1;
  }
  return real_open(path, flags, mode);
}
