/* What time each crypto exchange believes it is, as the daemon exchange-clockd knows it.

     #include "exchange_clock.h"

     struct exchange_clock clock;
     exchange_clock_connect(&clock, NULL);
     struct exchange_clock_stamp stamp;
     enum exchange_clock_status status = exchange_clock_stamp(&clock, "binance", 0, 0, &stamp);
     if (status != EXCHANGE_CLOCK_OK) fprintf(stderr, "%s\n", exchange_clock_name(status));
     else use(stamp.timestamp);               what a signed request should carry, as text
     exchange_clock_close(&clock);

   `stamp` and `now` are read from the daemon's shared page, in some tens of nanoseconds and with no
   system call; what the page refuses is asked over the daemon's Unix socket by itself. A client
   outlives restarts of the daemon.

   Header only, C11 and C++17, Linux, gcc or clang; nothing else is needed, not even -lm. Include it
   before other headers, or compile with -D_DEFAULT_SOURCE (with -std=gnu11 and in C++ it is set).

   A struct exchange_clock belongs to one thread at a time. Functions that take a const struct
   exchange_clock_page may be called by any threads.

   Units are last in every name. Unix times are in ns or us; -1 stands for "none" where a comment
   says so. docs/shared-page.md and docs/protocol.md tell of what is read and asked here. */
#ifndef EXCHANGE_CLOCK_H
#define EXCHANGE_CLOCK_H

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1
#endif

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------- Refusals */

enum exchange_clock_status {
  EXCHANGE_CLOCK_OK = 0,

  /* Why the page does not tell. The client then asks the socket; these are seen by those alone who
     read a page of their own. */
  EXCHANGE_CLOCK_NOT_FOUND,       /* there is no page */
  EXCHANGE_CLOCK_FOREIGN_VERSION, /* it is no page, or of a version that is not known here */
  EXCHANGE_CLOCK_OTHER_BOOT,      /* it is from before this boot, or from another machine */
  EXCHANGE_CLOCK_REPLACED,        /* another file has taken its place: open the path anew */
  EXCHANGE_CLOCK_TORN,            /* the daemon was always found writing */
  EXCHANGE_CLOCK_VOID,            /* the estimate is too old */
  EXCHANGE_CLOCK_CLOCK_MOVED,     /* this host was suspended, or its clock set, and the daemon has
                                     not looked since; or this is another time namespace */
  EXCHANGE_CLOCK_ASK_SOCKET,      /* nothing is wrong, but only the daemon can answer */

  /* Both */
  EXCHANGE_CLOCK_UNKNOWN_EXCHANGE, /* no such exchange, or it is not enabled in the daemon */
  EXCHANGE_CLOCK_NOT_SYNCHRONIZED, /* nothing is known of its clock now */

  /* The socket */
  EXCHANGE_CLOCK_UNREACHABLE, /* no daemon answers there */
  EXCHANGE_CLOCK_TIMED_OUT,   /* it accepted the request and did not answer in time */
  EXCHANGE_CLOCK_PROTOCOL,    /* the answer is none of this protocol's */
  EXCHANGE_CLOCK_PARSE_ERROR,
  EXCHANGE_CLOCK_INVALID_REQUEST,
  EXCHANGE_CLOCK_METHOD_NOT_FOUND,
  EXCHANGE_CLOCK_INVALID_PARAMS,
  EXCHANGE_CLOCK_INTERNAL_ERROR,
  EXCHANGE_CLOCK_ERROR_TOO_LARGE,
  EXCHANGE_CLOCK_REFUSED, /* the exchange has told us to stay away */
  EXCHANGE_CLOCK_OVERLOADED,
  EXCHANGE_CLOCK_SERVER_ERROR /* a code that has no name of its own */
};

/* The name that all clients use: "not_found". */
static inline const char *exchange_clock_name(enum exchange_clock_status status) {
  switch (status) {
    case EXCHANGE_CLOCK_OK: return "ok";
    case EXCHANGE_CLOCK_NOT_FOUND: return "not_found";
    case EXCHANGE_CLOCK_FOREIGN_VERSION: return "foreign_version";
    case EXCHANGE_CLOCK_OTHER_BOOT: return "other_boot";
    case EXCHANGE_CLOCK_REPLACED: return "replaced";
    case EXCHANGE_CLOCK_TORN: return "torn";
    case EXCHANGE_CLOCK_VOID: return "void";
    case EXCHANGE_CLOCK_CLOCK_MOVED: return "clock_moved";
    case EXCHANGE_CLOCK_ASK_SOCKET: return "ask_socket";
    case EXCHANGE_CLOCK_UNKNOWN_EXCHANGE: return "unknown_exchange";
    case EXCHANGE_CLOCK_NOT_SYNCHRONIZED: return "not_synchronized";
    case EXCHANGE_CLOCK_UNREACHABLE: return "unreachable";
    case EXCHANGE_CLOCK_TIMED_OUT: return "timed_out";
    case EXCHANGE_CLOCK_PROTOCOL: return "protocol";
    case EXCHANGE_CLOCK_PARSE_ERROR: return "parse_error";
    case EXCHANGE_CLOCK_INVALID_REQUEST: return "invalid_request";
    case EXCHANGE_CLOCK_METHOD_NOT_FOUND: return "method_not_found";
    case EXCHANGE_CLOCK_INVALID_PARAMS: return "invalid_params";
    case EXCHANGE_CLOCK_INTERNAL_ERROR: return "internal_error";
    case EXCHANGE_CLOCK_ERROR_TOO_LARGE: return "error_too_large";
    case EXCHANGE_CLOCK_REFUSED: return "refused";
    case EXCHANGE_CLOCK_OVERLOADED: return "overloaded";
    case EXCHANGE_CLOCK_SERVER_ERROR: return "server_error";
  }
  return "?";
}

/* -------------------------------------------------------------------------------- Answers */

enum exchange_clock_state {
  EXCHANGE_CLOCK_STATE_UNKNOWN = 0,
  EXCHANGE_CLOCK_STATE_SYNCHRONIZED = 1,
  EXCHANGE_CLOCK_STATE_HOLDOVER = 2,
  EXCHANGE_CLOCK_STATE_DISRUPTED = 3
};

static inline const char *exchange_clock_state_name(enum exchange_clock_state state) {
  switch (state) {
    case EXCHANGE_CLOCK_STATE_SYNCHRONIZED: return "synchronized";
    case EXCHANGE_CLOCK_STATE_HOLDOVER: return "holdover";
    case EXCHANGE_CLOCK_STATE_DISRUPTED: return "disrupted";
    case EXCHANGE_CLOCK_STATE_UNKNOWN: break;
  }
  return "unknown";
}

/* What time the exchange believes it is: within [earliest, latest]. */
struct exchange_clock_now {
  enum exchange_clock_state state;
  int64_t estimate_ns; /* the middle */
  int64_t earliest_ns;
  int64_t latest_ns;
  int64_t local_ns; /* this host's CLOCK_REALTIME at the same moment, within a tick */
};

/* The timestamp that a request signed now should carry. */
struct exchange_clock_stamp {
  enum exchange_clock_state state;
  char timestamp[40];          /* exactly as the exchange wants it */
  int is_text;                 /* it is a string in JSON, not a number */
  int64_t unix_us;             /* the same instant, by the exchange's clock */
  int64_t recv_window_ms;      /* what the margin was computed with; -1 none */
  int64_t min_recv_window_ms;  /* the smallest that is sure to do; -1 none */
  int64_t margin_ms;           /* left on the tighter side; negative: not sure; has_margin */
  int has_margin;
  int guaranteed;              /* accepted whatever the clocks and the way are, within bounds */
};

/* ------------------------------------------------------------------------------- The page */

enum {
  EXCHANGE_CLOCK_HEADER_BYTES = 64,
  EXCHANGE_CLOCK_SLOT_BYTES = 192,
  EXCHANGE_CLOCK_SLOT_WORDS = 24,
  EXCHANGE_CLOCK_LONGEST_ID = 32,
  EXCHANGE_CLOCK_MOST_SLOTS = 4096,
  EXCHANGE_CLOCK_TRIES = 1000
};

/* A slot as the page has it. */
struct exchange_clock_slot {
  uint64_t sequence;
  char id[EXCHANGE_CLOCK_LONGEST_ID]; /* zero padded, not terminated when 32 long */
  uint32_t state;
  uint32_t rule;   /* 0 unknown, 1 window, 2 expiry, 3 nonce, 4 untimed */
  uint32_t format; /* 0 unix_s, 1 unix_ms, 2 unix_us, 3 unix_ns, 4 iso8601_ms, 5 iso8601_bare_s */
  uint32_t flags;  /* 1 a request may choose the window, 2 the window is documented */
  int64_t as_of_raw_ns;
  int64_t lower_ns;
  int64_t upper_ns;
  double lower_rate;
  double upper_rate;
  int64_t void_after_raw_ns;
  int64_t holdover_after_raw_ns;
  int64_t checked_raw_ns;
  int64_t real_minus_raw_ns;
  int64_t resolution_ns;
  int64_t window_ns;
  int64_t longest_window_ns;
  int64_t tolerance_ns;
  uint64_t reserved[4];
};

/* A page of the daemon, mapped or in a buffer that is 8-byte aligned. */
struct exchange_clock_page {
  const unsigned char *start; /* NULL: none */
  size_t bytes;
  uint32_t slots;
  int is_mapped;
  dev_t device;
  ino_t inode;
};

/* This boot's id; 0, or -1 where it cannot be read. */
static inline int exchange_clock_boot_id(unsigned char id[16]) {
  char text[40];
  ssize_t length = -1;
  int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    length = read(fd, text, sizeof text);
    close(fd);
  }
  int digits = 0;
  memset(id, 0, 16);
  for (ssize_t i = 0; i < length && text[i] != '\n'; i++) {
    int digit;
    if (text[i] >= '0' && text[i] <= '9') digit = text[i] - '0';
    else if (text[i] >= 'a' && text[i] <= 'f') digit = text[i] - 'a' + 10;
    else if (text[i] == '-') continue;
    else return -1;
    if (digits == 32) return -1;
    id[digits / 2] = (unsigned char)(id[digits / 2] * 16 + digit);
    digits++;
  }
  return digits == 32 ? 0 : -1;
}

/* Takes a page in memory, of the boot with that id. */
static inline enum exchange_clock_status exchange_clock_page_from(
    struct exchange_clock_page *page, const void *start, size_t bytes,
    const unsigned char boot_id[16]) {
  const unsigned char *header = (const unsigned char *)start;
  uint32_t numbers[4];
  memset(page, 0, sizeof *page);
  if (bytes < EXCHANGE_CLOCK_HEADER_BYTES || memcmp(header, "XCLOCKPG", 8) != 0)
    return EXCHANGE_CLOCK_FOREIGN_VERSION;
  memcpy(numbers, header + 8, sizeof numbers);
  if (numbers[0] != 1 || numbers[1] != EXCHANGE_CLOCK_HEADER_BYTES ||
      numbers[2] != EXCHANGE_CLOCK_SLOT_BYTES || numbers[3] > EXCHANGE_CLOCK_MOST_SLOTS ||
      bytes < EXCHANGE_CLOCK_HEADER_BYTES + (size_t)numbers[3] * EXCHANGE_CLOCK_SLOT_BYTES)
    return EXCHANGE_CLOCK_FOREIGN_VERSION;
  if (memcmp(header + 24, boot_id, 16) != 0) return EXCHANGE_CLOCK_OTHER_BOOT;
  uint32_t status = __atomic_load_n((const uint32_t *)(const void *)(header + 40), __ATOMIC_ACQUIRE);
  if (status != 1) return EXCHANGE_CLOCK_REPLACED;
  page->start = header;
  page->bytes = bytes;
  page->slots = numbers[3];
  return EXCHANGE_CLOCK_OK;
}

static inline void exchange_clock_page_close(struct exchange_clock_page *page) {
  if (page->is_mapped) munmap((void *)(uintptr_t)page->start, page->bytes);
  memset(page, 0, sizeof *page);
}

/* Maps the page at a path; it stays valid when the file is removed or replaced. */
static inline enum exchange_clock_status exchange_clock_page_open(
    struct exchange_clock_page *page, const char *path) {
  unsigned char boot_id[16];
  struct stat about;
  memset(page, 0, sizeof *page);
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return EXCHANGE_CLOCK_NOT_FOUND;
  void *start = MAP_FAILED;
  if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
      about.st_size >= EXCHANGE_CLOCK_HEADER_BYTES)
    start = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (start == MAP_FAILED) return EXCHANGE_CLOCK_FOREIGN_VERSION;
  enum exchange_clock_status status = exchange_clock_boot_id(boot_id) == 0
      ? exchange_clock_page_from(page, start, (size_t)about.st_size, boot_id)
      : EXCHANGE_CLOCK_OTHER_BOOT;
  if (status != EXCHANGE_CLOCK_OK) {
    munmap(start, (size_t)about.st_size);
    return status;
  }
  page->is_mapped = 1;
  page->device = about.st_dev;
  page->inode = about.st_ino;
  return EXCHANGE_CLOCK_OK;
}

/* Whether an id comes before (-1) or after (1) another, as its bytes are ordered: eight at once, where
   memcmp(3) would be a call. */
static inline int exchange_clock_order(const unsigned char *left, const unsigned char *right) {
  for (int i = 0; i < EXCHANGE_CLOCK_LONGEST_ID; i += 8) {
    uint64_t a, b;
    memcpy(&a, left + i, sizeof a);
    memcpy(&b, right + i, sizeof b);
    if (a == b) continue;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    a = __builtin_bswap64(a);
    b = __builtin_bswap64(b);
#endif
    return a < b ? -1 : 1;
  }
  return 0;
}

/* The index of an exchange's slot, which holds for as long as the page is in use; -1 none. */
static inline int exchange_clock_page_find(
    const struct exchange_clock_page *page, const char *exchange) {
  unsigned char id[EXCHANGE_CLOCK_LONGEST_ID] = {0};
  size_t length = 0;
  for (; exchange[length] != '\0'; length++) {
    if (length == sizeof id) return -1;
    id[length] = (unsigned char)exchange[length];
  }
  int low = 0, high = length > 0 ? (int)page->slots : 0;
  while (low < high) {
    int middle = low + (high - low) / 2;
    const unsigned char *slot =
        page->start + EXCHANGE_CLOCK_HEADER_BYTES + (size_t)middle * EXCHANGE_CLOCK_SLOT_BYTES;
    int order = exchange_clock_order(slot + 8, id);
    if (order == 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return -1;
}

/* Copies a slot whose fields were written together. */
static inline enum exchange_clock_status exchange_clock_page_slot(
    const struct exchange_clock_page *page, int index, struct exchange_clock_slot *slot) {
  const uint64_t *place = (const uint64_t *)(const void *)(
      page->start + EXCHANGE_CLOCK_HEADER_BYTES + (size_t)index * EXCHANGE_CLOCK_SLOT_BYTES);
  for (int tries = 0; tries < EXCHANGE_CLOCK_TRIES; tries++) {
    uint64_t sequence = __atomic_load_n(&place[0], __ATOMIC_ACQUIRE);
    if (sequence & 1) continue;
    slot->sequence = sequence;
    for (size_t i = 1; i < EXCHANGE_CLOCK_SLOT_WORDS; i++) {
      uint64_t word = __atomic_load_n(&place[i], __ATOMIC_RELAXED);
      memcpy((char *)slot + 8 * i, &word, sizeof word);
    }
    /* The sequence is looked at again after the fields, not before. */
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (__atomic_load_n(&place[0], __ATOMIC_RELAXED) == sequence) return EXCHANGE_CLOCK_OK;
  }
  memset(slot, 0, sizeof *slot);
  return EXCHANGE_CLOCK_TORN;
}

/* CLOCK_MONOTONIC_RAW, and just after it CLOCK_REALTIME as of the last tick. */
static inline void exchange_clock_read_clocks(int64_t *raw_ns, int64_t *realtime_ns) {
  struct timespec time;
#ifdef CLOCK_MONOTONIC_RAW
  clock_gettime(CLOCK_MONOTONIC_RAW, &time);
#else
  clock_gettime(4, &time);
#endif
  *raw_ns = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
#ifdef CLOCK_REALTIME_COARSE
  clock_gettime(CLOCK_REALTIME_COARSE, &time);
#else
  clock_gettime(5, &time);
#endif
  *realtime_ns = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Sums that wrap where a damaged page would overflow them. */
static inline int64_t exchange_clock_add(int64_t a, int64_t b) {
  return (int64_t)((uint64_t)a + (uint64_t)b);
}

static inline int64_t exchange_clock_subtract(int64_t a, int64_t b) {
  return (int64_t)((uint64_t)a - (uint64_t)b);
}

/* What a slot says of the exchange's clock when this host's clocks were these. */
static inline enum exchange_clock_status exchange_clock_slot_now(
    const struct exchange_clock_slot *slot, int64_t raw_ns, int64_t realtime_ns,
    struct exchange_clock_now *now) {
  memset(now, 0, sizeof *now);
  now->state = slot->state <= 3 ? (enum exchange_clock_state)slot->state
                                : EXCHANGE_CLOCK_STATE_UNKNOWN;
  if (now->state != EXCHANGE_CLOCK_STATE_SYNCHRONIZED &&
      now->state != EXCHANGE_CLOCK_STATE_HOLDOVER)
    return EXCHANGE_CLOCK_NOT_SYNCHRONIZED;
  if (raw_ns > slot->void_after_raw_ns) return EXCHANGE_CLOCK_VOID;
  int64_t age = exchange_clock_subtract(raw_ns, slot->checked_raw_ns);
  int64_t slack = 20000000 + (age > 0 ? age / 1000000 * 600 : 0);
  int64_t moved = exchange_clock_subtract(
      exchange_clock_subtract(realtime_ns, raw_ns), slot->real_minus_raw_ns);
  if (moved > slack || moved < -slack) return EXCHANGE_CLOCK_CLOCK_MOVED;

  int64_t elapsed = exchange_clock_subtract(raw_ns, slot->as_of_raw_ns);
  double least = (double)elapsed * (elapsed < 0 ? slot->upper_rate : slot->lower_rate);
  double most = (double)elapsed * (elapsed < 0 ? slot->lower_rate : slot->upper_rate);
  /* Written so that what is no number is refused too. */
  if (!(least > -9e18 && least < 9e18 && most > -9e18 && most < 9e18)) return EXCHANGE_CLOCK_VOID;
  int64_t floor = (int64_t)least, ceiling = (int64_t)most;
  if ((double)floor > least) floor--;
  if ((double)ceiling < most) ceiling++;
  now->earliest_ns = exchange_clock_add(exchange_clock_add(slot->lower_ns, elapsed), floor);
  now->latest_ns = exchange_clock_add(exchange_clock_add(slot->upper_ns, elapsed), ceiling);
  now->estimate_ns = exchange_clock_add(
      now->earliest_ns, exchange_clock_subtract(now->latest_ns, now->earliest_ns) / 2);
  now->local_ns = realtime_ns;
  if (raw_ns > slot->holdover_after_raw_ns) now->state = EXCHANGE_CLOCK_STATE_HOLDOVER;
  return EXCHANGE_CLOCK_OK;
}

/* The slot of an exchange and what it says now; `index` is from exchange_clock_page_find. */
static inline enum exchange_clock_status exchange_clock_page_read(
    const struct exchange_clock_page *page, int index, struct exchange_clock_slot *slot,
    struct exchange_clock_now *now) {
  enum exchange_clock_status status = EXCHANGE_CLOCK_OK;
  if (page->start == NULL) status = EXCHANGE_CLOCK_NOT_FOUND;
  else if (__atomic_load_n((const uint32_t *)(const void *)(page->start + 40),
                           __ATOMIC_ACQUIRE) != 1)
    status = EXCHANGE_CLOCK_REPLACED;
  else if (index < 0 || (uint32_t)index >= page->slots) status = EXCHANGE_CLOCK_UNKNOWN_EXCHANGE;
  if (status == EXCHANGE_CLOCK_OK) {
    int64_t raw_ns, realtime_ns;
    exchange_clock_read_clocks(&raw_ns, &realtime_ns);
    status = exchange_clock_page_slot(page, index, slot);
    if (status == EXCHANGE_CLOCK_OK) {
      status = exchange_clock_slot_now(slot, raw_ns, realtime_ns, now);
      if (status != EXCHANGE_CLOCK_CLOCK_MOVED) return status;
      /* Or this thread was held up between the two clocks: read once more. */
      exchange_clock_read_clocks(&raw_ns, &realtime_ns);
      status = exchange_clock_page_slot(page, index, slot);
      if (status == EXCHANGE_CLOCK_OK)
        return exchange_clock_slot_now(slot, raw_ns, realtime_ns, now);
    }
  }
  memset(now, 0, sizeof *now);
  memset(slot, 0, sizeof *slot);
  return status;
}

/* What time an exchange believes it is, by the page alone. */
static inline enum exchange_clock_status exchange_clock_page_now(
    const struct exchange_clock_page *page, const char *exchange, struct exchange_clock_now *now) {
  struct exchange_clock_slot slot;
  int index = page->start != NULL ? exchange_clock_page_find(page, exchange) : -1;
  return exchange_clock_page_read(page, index, &slot, now);
}

/* ------------------------------------------------------------------------------ The stamp */

static inline int64_t exchange_clock_floor_divide(int64_t number, int64_t divisor) {
  int64_t quotient = number / divisor;
  return number % divisor < 0 ? quotient - 1 : quotient;
}

static inline int64_t exchange_clock_minimum(int64_t a, int64_t b) { return a < b ? a : b; }

/* Unix nanoseconds as UTC text with 0 or 3 digits of fraction. (Days: Howard Hinnant,
   "chrono-Compatible Low-Level Date Algorithms".) */
static inline void exchange_clock_write_iso8601(char text[40], int64_t unix_ns, int has_fraction) {
  int64_t seconds = exchange_clock_floor_divide(unix_ns, 1000000000);
  int64_t days = exchange_clock_floor_divide(seconds, 86400) + 719468;
  int64_t era = exchange_clock_floor_divide(days, 146097);
  int day_of_era = (int)(days - era * 146097);
  int year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int from_march = (5 * day_of_year + 2) / 153;
  int day = day_of_year - (153 * from_march + 2) / 5 + 1;
  int month = from_march < 10 ? from_march + 3 : from_march - 9;
  int year = (int)(year_of_era + era * 400) + (month <= 2);
  int second = (int)(seconds - exchange_clock_floor_divide(seconds, 86400) * 86400);
  int milliseconds = (int)((unix_ns - seconds * 1000000000) / 1000000);
  int length = snprintf(text, 40, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, second / 3600,
                        second / 60 % 60, second % 60);
  if (has_fraction && length > 0 && length < 30)
    snprintf(text + length, 40 - (size_t)length, ".%03dZ", milliseconds);
}

/* The stamp for a request that is signed now, of an exchange whose clock is within
   [now->earliest_ns, now->latest_ns]. A window or lifetime of 0 is the usual one. */
static inline enum exchange_clock_status exchange_clock_slot_stamp(
    const struct exchange_clock_slot *slot, const struct exchange_clock_now *now,
    int64_t recv_window_ms, int64_t lifetime_ms, struct exchange_clock_stamp *stamp) {
  static const int64_t steps[] = {1000000000, 1000000, 1000, 1, 1000000, 1000000000};
  const int64_t uplink = 1000000000;
  int is_window = slot->rule == 1;
  int64_t wanted = is_window ? recv_window_ms : lifetime_ms;
  int64_t other = is_window ? lifetime_ms : recv_window_ms;
  int64_t window = slot->window_ns, longest = slot->longest_window_ns;
  if ((!is_window && slot->rule != 2) || slot->format > 5 || other != 0)
    return EXCHANGE_CLOCK_ASK_SOCKET;
  if (wanted != 0) {
    /* The daemon words what is wrong with it. */
    if (!(slot->flags & 1) || wanted < 1 || wanted > 9000000000 ||
        (longest != 0 && wanted * 1000000 > longest))
      return EXCHANGE_CLOCK_ASK_SOCKET;
    window = wanted * 1000000;
  }
  int64_t step = steps[slot->format];
  int64_t earliest = now->earliest_ns, latest = now->latest_ns;
  int64_t instant, margin, smallest, limit = longest;
  int64_t first = exchange_clock_floor_divide(earliest, step) * step, arrival = latest + uplink;
  if (is_window) {
    int64_t ahead = slot->tolerance_ns;
    int64_t most = exchange_clock_minimum(earliest + (latest - earliest) / 2,
                                          first + (ahead > 1 ? ahead - 1 : 0));
    int64_t balanced = (arrival - first + ahead - window) / 2;
    instant = exchange_clock_minimum(first + (balanced > 0 ? balanced : 0), most);
    instant = exchange_clock_floor_divide(instant, step) * step;
    margin = exchange_clock_minimum(ahead - (instant - first), window - (arrival - instant));
    if (instant + step <= most) {
      int64_t above = exchange_clock_minimum(ahead - (instant + step - first),
                                             window - (arrival - instant - step));
      if (above > margin) {
        instant += step;
        margin = above;
      }
    }
    smallest = arrival - instant + 1;
    stamp->guaranteed = window >= smallest;
    if (!(slot->flags & 1)) limit = window;
    if (limit != 0 && smallest > limit) smallest = -1;
  } else {
    instant = exchange_clock_floor_divide(latest + window + step - 1, step) * step;
    smallest = uplink + 1;
    if (limit != 0) {
      int64_t most = exchange_clock_floor_divide(first + limit - 1, step) * step;
      instant = exchange_clock_minimum(instant, most);
      if (most <= arrival) smallest = -1;
    }
    margin = instant - arrival;
    /* A lifetime that is enough only by being rounded up now is not enough. */
    if (window <= uplink) margin = exchange_clock_minimum(margin, window - uplink);
    stamp->guaranteed = margin > 0;
    if (limit != 0) margin = exchange_clock_minimum(margin, first + limit - instant);
  }
  if (!(slot->flags & 2)) smallest = -1;
  stamp->guaranteed = stamp->guaranteed && (slot->flags & 2);
  stamp->state = now->state;
  stamp->unix_us = exchange_clock_floor_divide(instant, 1000);
  stamp->recv_window_ms = window / 1000000;
  stamp->min_recv_window_ms =
      smallest < 0 ? -1 : -exchange_clock_floor_divide(-smallest, 1000000);
  stamp->margin_ms = exchange_clock_floor_divide(margin, 1000000);
  stamp->has_margin = 1;
  stamp->is_text = slot->format >= 3;
  if (slot->format < 4)
    snprintf(stamp->timestamp, sizeof stamp->timestamp, "%lld", (long long)(instant / step));
  else
    exchange_clock_write_iso8601(stamp->timestamp, instant, slot->format == 4);
  return EXCHANGE_CLOCK_OK;
}

/* The timestamp of a request that is signed now, by the page alone. */
static inline enum exchange_clock_status exchange_clock_page_stamp(
    const struct exchange_clock_page *page, const char *exchange, int64_t recv_window_ms,
    int64_t lifetime_ms, struct exchange_clock_stamp *stamp) {
  struct exchange_clock_slot slot;
  struct exchange_clock_now now;
  int index = page->start != NULL ? exchange_clock_page_find(page, exchange) : -1;
  enum exchange_clock_status status = exchange_clock_page_read(page, index, &slot, &now);
  memset(stamp, 0, sizeof *stamp);
  stamp->state = now.state;
  return status == EXCHANGE_CLOCK_OK
      ? exchange_clock_slot_stamp(&slot, &now, recv_window_ms, lifetime_ms, stamp) : status;
}

/* ----------------------------------------------------------------------------------- JSON */

/* A part of a text; start is NULL where there is none. */
struct exchange_clock_text {
  const char *start;
  const char *end;
};

static inline const char *exchange_clock_json_blank(const char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
  return at;
}

static inline const char *exchange_clock_json_digits(const char *at, const char *end) {
  if (at >= end || *at < '0' || *at > '9') return NULL;
  while (at < end && *at >= '0' && *at <= '9') at++;
  return at;
}

static inline const char *exchange_clock_json_string(const char *at, const char *end) {
  for (at++; at < end && *at != '"'; at++) {
    if ((unsigned char)*at < 0x20) return NULL;
    if (*at != '\\') continue;
    if (++at >= end || strchr("\"\\/bfnrtu", *at) == NULL) return NULL;
    if (*at != 'u') continue;
    for (int i = 0; i < 4; i++)
      if (++at >= end || strchr("0123456789abcdefABCDEF", *at) == NULL || *at == '\0') return NULL;
  }
  return at < end ? at + 1 : NULL;
}

static inline const char *exchange_clock_json_number(const char *at, const char *end) {
  if (*at == '-') at++;
  if (at < end && *at == '0') at++;
  else at = exchange_clock_json_digits(at, end);
  if (at != NULL && at < end && *at == '.') at = exchange_clock_json_digits(at + 1, end);
  if (at != NULL && at < end && (*at == 'e' || *at == 'E')) {
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    at = exchange_clock_json_digits(at, end);
  }
  return at;
}

/* Where the value ends that begins at `at`; NULL where there is none. */
static inline const char *exchange_clock_json_skip(const char *at, const char *end, int depth) {
  at = exchange_clock_json_blank(at, end);
  if (at >= end || depth > 32) return NULL;
  if (*at == '"') return exchange_clock_json_string(at, end);
  if (*at == '-' || (*at >= '0' && *at <= '9')) return exchange_clock_json_number(at, end);
  if (end - at >= 4 && memcmp(at, "true", 4) == 0) return at + 4;
  if (end - at >= 4 && memcmp(at, "null", 4) == 0) return at + 4;
  if (end - at >= 5 && memcmp(at, "false", 5) == 0) return at + 5;
  if (*at != '{' && *at != '[') return NULL;
  char close = *at == '{' ? '}' : ']';
  at = exchange_clock_json_blank(at + 1, end);
  if (at < end && *at == close) return at + 1;
  while (at != NULL && at < end) {
    if (close == '}') {
      at = exchange_clock_json_blank(at, end);
      if (at >= end || *at != '"' || (at = exchange_clock_json_string(at, end)) == NULL) return NULL;
      at = exchange_clock_json_blank(at, end);
      if (at >= end || *at++ != ':') return NULL;
    }
    if ((at = exchange_clock_json_skip(at, end, depth + 1)) == NULL) return NULL;
    at = exchange_clock_json_blank(at, end);
    if (at >= end) return NULL;
    if (*at == close) return at + 1;
    if (*at++ != ',') return NULL;
  }
  return NULL;
}

/* A member of an object that is known to be well formed. */
static inline struct exchange_clock_text exchange_clock_json_member(
    struct exchange_clock_text object, const char *name) {
  struct exchange_clock_text none = {NULL, NULL}, value;
  size_t length = strlen(name);
  const char *at = object.start;
  if (at == NULL) return none;
  at = exchange_clock_json_blank(at, object.end);
  if (at >= object.end || *at != '{') return none;
  at = exchange_clock_json_blank(at + 1, object.end);
  while (at < object.end && *at == '"') {
    const char *key = at + 1, *after = exchange_clock_json_string(at, object.end);
    if (after == NULL) return none;
    at = exchange_clock_json_blank(after, object.end);
    value.start = exchange_clock_json_blank(at + 1, object.end);
    value.end = exchange_clock_json_skip(value.start, object.end, 0);
    if (value.end == NULL) return none;
    if ((size_t)(after - 1 - key) == length && memcmp(key, name, length) == 0) return value;
    at = exchange_clock_json_blank(value.end, object.end);
    if (at < object.end && *at == ',') at = exchange_clock_json_blank(at + 1, object.end);
  }
  return none;
}

/* A whole number that fits; 0, or -1 where it is none. */
static inline int exchange_clock_json_integer(struct exchange_clock_text text, int64_t *number) {
  const char *at = text.start;
  if (at == NULL || at >= text.end) return -1;
  int is_negative = *at == '-';
  int64_t value = 0;
  for (at += is_negative; at < text.end; at++) {
    if (*at < '0' || *at > '9') return -1;
    if (__builtin_mul_overflow(value, 10, &value)) return -1;
    int digit = *at - '0';
    if (is_negative ? __builtin_sub_overflow(value, digit, &value)
                    : __builtin_add_overflow(value, digit, &value))
      return -1;
  }
  *number = value;
  return 0;
}

/* A string without its escapes, cut to what fits, terminated; 0, or -1 where it is none. */
static inline int exchange_clock_json_copy(
    struct exchange_clock_text text, char *copy, size_t capacity) {
  size_t length = 0;
  const char *at = text.start;
  if (capacity > 0) copy[0] = '\0';
  if (at == NULL || *at != '"') return -1;
  for (at++; at < text.end && *at != '"'; at++) {
    unsigned long code = (unsigned char)*at;
    char bytes[4];
    size_t count = 1;
    if (*at == '\\') {
      at++;
      if (*at == 'u') {
        code = 0;
        for (int half = 0; half < 2; half++) {
          char digits[5] = {0};
          memcpy(digits, at + 1, 4);
          unsigned long unit = strtoul(digits, NULL, 16);
          at += 4;
          if (half == 1) {
            code = 0x10000 + ((code - 0xD800) << 10) + (unit - 0xDC00);
          } else {
            code = unit;
            if (unit < 0xD800 || unit > 0xDBFF || text.end - at < 7 || at[1] != '\\' || at[2] != 'u')
              break;
            at += 2;
          }
        }
      } else {
        const char *names = "bfnrt", *codes = "\b\f\n\r\t", *found = strchr(names, *at);
        code = (unsigned char)(found != NULL ? codes[found - names] : *at);
      }
      if (code >= 0x10000) {
        bytes[0] = (char)(0xF0 | (code >> 18));
        bytes[1] = (char)(0x80 | ((code >> 12) & 0x3F));
        bytes[2] = (char)(0x80 | ((code >> 6) & 0x3F));
        bytes[3] = (char)(0x80 | (code & 0x3F));
        count = 4;
      } else if (code >= 0x800) {
        bytes[0] = (char)(0xE0 | (code >> 12));
        bytes[1] = (char)(0x80 | ((code >> 6) & 0x3F));
        bytes[2] = (char)(0x80 | (code & 0x3F));
        count = 3;
      } else if (code >= 0x80) {
        bytes[0] = (char)(0xC0 | (code >> 6));
        bytes[1] = (char)(0x80 | (code & 0x3F));
        count = 2;
      } else {
        bytes[0] = (char)code;
      }
    } else {
      bytes[0] = *at;
    }
    if (length + count >= capacity) break;
    memcpy(copy + length, bytes, count);
    length += count;
    copy[length] = '\0';
  }
  return 0;
}

static inline int exchange_clock_json_is(struct exchange_clock_text text, const char *literal) {
  size_t length = strlen(literal);
  return text.start != NULL && (size_t)(text.end - text.start) == length &&
         memcmp(text.start, literal, length) == 0;
}

/* Writes a string of JSON; the length that it has, or would have where it does not fit. */
static inline size_t exchange_clock_json_quote(const char *string, char *json, size_t capacity) {
  size_t length = 0;
  char piece[8];
  if (capacity > 0) json[0] = '\0';
  for (int part = 0; part < 3; part++) {
    const char *at = part == 1 ? string : "\"";
    for (; *at != '\0'; at++) {
      const char *names = "bfnrt", *codes = "\b\f\n\r\t", *found = strchr(codes, *at);
      if (part == 1 && found != NULL) snprintf(piece, sizeof piece, "\\%c", names[found - codes]);
      else if (part == 1 && (*at == '"' || *at == '\\')) snprintf(piece, sizeof piece, "\\%c", *at);
      else if ((unsigned char)*at < 0x20)
        snprintf(piece, sizeof piece, "\\u%04x", (unsigned)(unsigned char)*at);
      else snprintf(piece, sizeof piece, "%c", *at);
      size_t count = strlen(piece);
      if (length + count < capacity) memcpy(json + length, piece, count + 1);
      length += count;
    }
  }
  return length;
}

/* ---------------------------------------------------------------------- Requests, answers */

/* Why the daemon did not answer with a result. */
struct exchange_clock_error {
  enum exchange_clock_status status;
  int64_t code;           /* of JSON-RPC; 0 where it was not the daemon that refused */
  char message[512];      /* for people */
  char exchange[64];      /* these are empty where the daemon has not said */
  char state[16];
  char reason[512];
  int64_t retry_after_ms; /* -1 not said */
};

/* The line of a request, without newline. `params` is an object of JSON. Its length, or that which
   it would have where it does not fit. */
static inline size_t exchange_clock_request_line(
    int64_t id, const char *method, const char *params, char *line, size_t capacity) {
  char name[128];
  exchange_clock_json_quote(method, name, sizeof name);
  int length = snprintf(line, capacity, "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"method\":%s,\"params\":%s}",
                        (long long)id, name, params);
  return length < 0 ? 0 : (size_t)length;
}

/* The parameters of `stamp`, `now` and `offset`; what is 0 or negative is left out. */
static inline size_t exchange_clock_params(
    const char *exchange, int64_t recv_window_ms, int64_t lifetime_ms, int64_t max_error_ms,
    char *params, size_t capacity) {
  char id[512], window[48] = "", lifetime[48] = "", error[48] = "";
  exchange_clock_json_quote(exchange, id, sizeof id);
  if (recv_window_ms > 0)
    snprintf(window, sizeof window, ",\"recv_window_ms\":%lld", (long long)recv_window_ms);
  if (lifetime_ms > 0)
    snprintf(lifetime, sizeof lifetime, ",\"lifetime_ms\":%lld", (long long)lifetime_ms);
  if (max_error_ms >= 0)
    snprintf(error, sizeof error, ",\"max_error_ms\":%lld", (long long)max_error_ms);
  int length =
      snprintf(params, capacity, "{\"exchange\":%s%s%s%s}", id, window, lifetime, error);
  return length < 0 ? 0 : (size_t)length;
}

static inline enum exchange_clock_status exchange_clock_status_of_code(int64_t code) {
  switch (code) {
    case -32700: return EXCHANGE_CLOCK_PARSE_ERROR;
    case -32600: return EXCHANGE_CLOCK_INVALID_REQUEST;
    case -32601: return EXCHANGE_CLOCK_METHOD_NOT_FOUND;
    case -32602: return EXCHANGE_CLOCK_INVALID_PARAMS;
    case -32603: return EXCHANGE_CLOCK_INTERNAL_ERROR;
    case -32001: return EXCHANGE_CLOCK_NOT_SYNCHRONIZED;
    case -32002: return EXCHANGE_CLOCK_UNKNOWN_EXCHANGE;
    case -32003: return EXCHANGE_CLOCK_ERROR_TOO_LARGE;
    case -32004: return EXCHANGE_CLOCK_REFUSED;
    case -32005: return EXCHANGE_CLOCK_OVERLOADED;
    default: return EXCHANGE_CLOCK_SERVER_ERROR;
  }
}

static inline enum exchange_clock_status exchange_clock_fail(
    struct exchange_clock_error *error, enum exchange_clock_status status, const char *message) {
  memset(error, 0, sizeof *error);
  error->status = status;
  error->retry_after_ms = -1;
  snprintf(error->message, sizeof error->message, "%s", message);
  return status;
}

/* The result of an answer's line; or what it refuses with. The result points into the line. */
static inline enum exchange_clock_status exchange_clock_read_answer(
    const char *line, size_t length, int64_t id, struct exchange_clock_text *result,
    struct exchange_clock_error *error) {
  struct exchange_clock_text whole = {line, line + length}, none = {NULL, NULL};
  int64_t found;
  *result = none;
  exchange_clock_fail(error, EXCHANGE_CLOCK_OK, "");
  const char *end = exchange_clock_json_skip(line, whole.end, 0);
  if (end == NULL || exchange_clock_json_blank(end, whole.end) != whole.end ||
      !exchange_clock_json_is(exchange_clock_json_member(whole, "jsonrpc"), "\"2.0\""))
    return exchange_clock_fail(error, EXCHANGE_CLOCK_PROTOCOL, "this is no answer of the daemon");
  struct exchange_clock_text of = exchange_clock_json_member(whole, "id");
  struct exchange_clock_text refusal = exchange_clock_json_member(whole, "error");
  int is_ours = exchange_clock_json_integer(of, &found) == 0 && found == id;
  /* What cannot be read is answered with no id: there is only ours. */
  if (!is_ours && !(refusal.start != NULL && exchange_clock_json_is(of, "null")))
    return exchange_clock_fail(error, EXCHANGE_CLOCK_PROTOCOL, "this answers another request");
  *result = exchange_clock_json_member(whole, "result");
  if (result->start != NULL) return EXCHANGE_CLOCK_OK;
  if (exchange_clock_json_integer(exchange_clock_json_member(refusal, "code"), &found) != 0 ||
      exchange_clock_json_copy(exchange_clock_json_member(refusal, "message"), error->message,
                               sizeof error->message) != 0)
    return exchange_clock_fail(
        error, EXCHANGE_CLOCK_PROTOCOL, "the answer has neither a result nor an error");
  error->code = found;
  error->status = exchange_clock_status_of_code(found);
  struct exchange_clock_text data = exchange_clock_json_member(refusal, "data");
  struct exchange_clock_text wait = exchange_clock_json_member(data, "retry_after_ms");
  if (exchange_clock_json_integer(wait, &found) == 0) error->retry_after_ms = found;
  exchange_clock_json_copy(
      exchange_clock_json_member(data, "exchange"), error->exchange, sizeof error->exchange);
  exchange_clock_json_copy(
      exchange_clock_json_member(data, "state"), error->state, sizeof error->state);
  exchange_clock_json_copy(
      exchange_clock_json_member(data, "reason"), error->reason, sizeof error->reason);
  return error->status;
}

/* A member that is a whole number, or null or missing where that is allowed (then `none`). */
static inline int exchange_clock_read_number(
    struct exchange_clock_text result, const char *name, int may_be_null, int64_t none,
    int64_t *number) {
  struct exchange_clock_text value = exchange_clock_json_member(result, name);
  *number = none;
  if (may_be_null && exchange_clock_json_is(value, "null")) return 0;
  return exchange_clock_json_integer(value, number);
}

static inline int exchange_clock_read_state(
    struct exchange_clock_text result, enum exchange_clock_state *state) {
  struct exchange_clock_text value = exchange_clock_json_member(result, "state");
  *state = exchange_clock_json_is(value, "\"synchronized\"") ? EXCHANGE_CLOCK_STATE_SYNCHRONIZED
         : exchange_clock_json_is(value, "\"holdover\"")     ? EXCHANGE_CLOCK_STATE_HOLDOVER
         : exchange_clock_json_is(value, "\"disrupted\"")    ? EXCHANGE_CLOCK_STATE_DISRUPTED
                                                             : EXCHANGE_CLOCK_STATE_UNKNOWN;
  return value.start != NULL && *value.start == '"' ? 0 : -1;
}

/* What `now` was answered with; -1 where something is missing. */
static inline int exchange_clock_read_now(
    struct exchange_clock_text result, struct exchange_clock_now *now) {
  int64_t estimate, earliest, latest, local;
  memset(now, 0, sizeof *now);
  if (exchange_clock_read_state(result, &now->state) ||
      exchange_clock_read_number(result, "estimate_us", 0, 0, &estimate) ||
      exchange_clock_read_number(result, "earliest_us", 0, 0, &earliest) ||
      exchange_clock_read_number(result, "latest_us", 0, 0, &latest) ||
      exchange_clock_read_number(result, "local_us", 0, 0, &local))
    return -1;
  now->estimate_ns = estimate * 1000;
  now->earliest_ns = earliest * 1000;
  now->latest_ns = latest * 1000;
  now->local_ns = local * 1000;
  return 0;
}

/* What `stamp` was answered with; -1 where something is missing. */
static inline int exchange_clock_read_stamp(
    struct exchange_clock_text result, struct exchange_clock_stamp *stamp) {
  struct exchange_clock_text time = exchange_clock_json_member(result, "timestamp");
  struct exchange_clock_text sure = exchange_clock_json_member(result, "guaranteed");
  int64_t number;
  memset(stamp, 0, sizeof *stamp);
  stamp->is_text = time.start != NULL && *time.start == '"';
  if (stamp->is_text) {
    exchange_clock_json_copy(time, stamp->timestamp, sizeof stamp->timestamp);
  } else {
    if (exchange_clock_json_integer(time, &number)) return -1;
    snprintf(stamp->timestamp, sizeof stamp->timestamp, "%lld", (long long)number);
  }
  stamp->guaranteed = exchange_clock_json_is(sure, "true");
  stamp->has_margin =
      !exchange_clock_json_is(exchange_clock_json_member(result, "margin_ms"), "null");
  if (exchange_clock_read_state(result, &stamp->state) || sure.start == NULL ||
      exchange_clock_read_number(result, "unix_us", 0, 0, &stamp->unix_us) ||
      exchange_clock_read_number(result, "recv_window_ms", 1, -1, &stamp->recv_window_ms) ||
      exchange_clock_read_number(result, "min_recv_window_ms", 1, -1,
                                 &stamp->min_recv_window_ms) ||
      exchange_clock_read_number(result, "margin_ms", 1, 0, &stamp->margin_ms))
    return -1;
  return 0;
}

/* ----------------------------------------------------------------------------- The client */

struct exchange_clock {
  char socket_path[108];
  char page_path[128];
  struct exchange_clock_page page;
  /* Why the page did not tell the last time; ok if it did. */
  enum exchange_clock_status page_status;
  int64_t page_tried_raw_ns;
  int fd; /* of the socket; -1 not connected */
  int timeout_ms;
  int64_t next_id;
  char *buffer; /* what was received */
  size_t length, capacity;
  size_t consumed; /* of it, by the last answer */
  struct exchange_clock_error error; /* why the last call failed */
};

static inline void exchange_clock_disconnect(struct exchange_clock *clock) {
  if (clock->fd >= 0) close(clock->fd);
  clock->fd = -1;
  clock->length = clock->consumed = 0;
}

static inline void exchange_clock_close(struct exchange_clock *clock) {
  exchange_clock_disconnect(clock);
  exchange_clock_page_close(&clock->page);
  free(clock->buffer);
  clock->buffer = NULL;
  clock->capacity = 0;
}

static inline enum exchange_clock_status exchange_clock_reach(struct exchange_clock *clock) {
  struct sockaddr_un address;
  struct timeval patience;
  char text[400];
  if (clock->fd >= 0) return EXCHANGE_CLOCK_OK;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, clock->socket_path, sizeof clock->socket_path);
  patience.tv_sec = clock->timeout_ms / 1000;
  patience.tv_usec = clock->timeout_ms % 1000 * 1000;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
      setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
      connect(fd, (const struct sockaddr *)(const void *)&address, sizeof address) == 0) {
    clock->fd = fd;
    clock->length = clock->consumed = 0;
    return EXCHANGE_CLOCK_OK;
  }
  snprintf(text, sizeof text,
           "no daemon at %s: %s; start exchange-clockd, or name its socket with"
           " EXCHANGE_CLOCK_SOCKET", clock->socket_path, strerror(errno));
  if (fd >= 0) close(fd);
  return exchange_clock_fail(&clock->error, EXCHANGE_CLOCK_UNREACHABLE, text);
}

/* A client of the daemon at a socket; NULL for that of EXCHANGE_CLOCK_SOCKET, or the service's. The
   page is clock.page beside it. Fails where there is neither a page nor a socket; the client may be
   used even then, as a daemon that is started later is found. */
static inline enum exchange_clock_status exchange_clock_connect(
    struct exchange_clock *clock, const char *socket_path) {
  memset(clock, 0, sizeof *clock);
  clock->fd = -1;
  clock->timeout_ms = 5000;
  if (socket_path == NULL) socket_path = getenv("EXCHANGE_CLOCK_SOCKET");
  if (socket_path == NULL || *socket_path == '\0')
    socket_path = "/run/exchange-clock/exchange-clock.sock";
  if (strlen(socket_path) >= sizeof clock->socket_path)
    return exchange_clock_fail(
        &clock->error, EXCHANGE_CLOCK_UNREACHABLE, "the socket's path is too long");
  memcpy(clock->socket_path, socket_path, strlen(socket_path));
  const char *slash = strrchr(socket_path, '/');
  snprintf(clock->page_path, sizeof clock->page_path, "%.*sclock.page",
           slash != NULL ? (int)(slash + 1 - socket_path) : 0, socket_path);
  int64_t realtime_ns;
  exchange_clock_read_clocks(&clock->page_tried_raw_ns, &realtime_ns);
  clock->page_status = exchange_clock_page_open(&clock->page, clock->page_path);
  return clock->page_status == EXCHANGE_CLOCK_OK ? EXCHANGE_CLOCK_OK : exchange_clock_reach(clock);
}

/* Opens the page anew where that may help: it was replaced, or there was none, or nobody refreshes
   it and another is at its path now. At most once a second, as the socket answers meanwhile. */
static inline int exchange_clock_reopen_page(
    struct exchange_clock *clock, enum exchange_clock_status status) {
  struct exchange_clock_page fresh;
  struct stat about;
  int64_t raw_ns, realtime_ns;
  if (status != EXCHANGE_CLOCK_REPLACED && status != EXCHANGE_CLOCK_NOT_FOUND &&
      status != EXCHANGE_CLOCK_OK && status != EXCHANGE_CLOCK_VOID &&
      status != EXCHANGE_CLOCK_CLOCK_MOVED)
    return 0;
  exchange_clock_read_clocks(&raw_ns, &realtime_ns);
  if (status != EXCHANGE_CLOCK_REPLACED && raw_ns - clock->page_tried_raw_ns < 1000000000) return 0;
  clock->page_tried_raw_ns = raw_ns;
  if (clock->page.start != NULL && stat(clock->page_path, &about) == 0 &&
      about.st_dev == clock->page.device && about.st_ino == clock->page.inode)
    return 0;
  enum exchange_clock_status opened = exchange_clock_page_open(&fresh, clock->page_path);
  if (opened != EXCHANGE_CLOCK_OK) {
    if (clock->page.start == NULL) clock->page_status = opened;
    return 0;
  }
  exchange_clock_page_close(&clock->page);
  clock->page = fresh;
  return 1;
}

/* The slot of an exchange and what it says now, by the page or its successor. */
static inline enum exchange_clock_status exchange_clock_read_page(
    struct exchange_clock *clock, const char *exchange, struct exchange_clock_slot *slot,
    struct exchange_clock_now *now) {
  for (int round = 0;; round++) {
    int has_page = clock->page.start != NULL;
    int index = has_page ? exchange_clock_page_find(&clock->page, exchange) : -1;
    enum exchange_clock_status status =
        exchange_clock_page_read(&clock->page, index, slot, now);
    /* Whose slot was not looked after for long may have been left for another page. */
    int is_left = status == EXCHANGE_CLOCK_OK &&
                  exchange_clock_add(now->local_ns, -slot->real_minus_raw_ns) -
                          slot->checked_raw_ns > 10000000000;
    if (round == 0 && (status != EXCHANGE_CLOCK_OK || is_left) &&
        exchange_clock_reopen_page(clock, status))
      continue;
    if (has_page) clock->page_status = status;
    return has_page ? status : clock->page_status;
  }
}

static inline enum exchange_clock_status exchange_clock_exchange_lines(
    struct exchange_clock *clock, const char *line, size_t length) {
  size_t sent = 0;
  memmove(clock->buffer, clock->buffer + clock->consumed, clock->length - clock->consumed);
  clock->length -= clock->consumed;
  clock->consumed = 0;
  while (sent < length) {
    ssize_t count = send(clock->fd, line + sent, length - sent, MSG_NOSIGNAL);
    if (count >= 0) {
      sent += (size_t)count;
    } else if (errno == EPIPE || errno == ECONNRESET) {
      break; /* a client that is turned away is told why before the connection is closed */
    } else if (errno != EINTR) {
      return exchange_clock_fail(
          &clock->error, errno == EAGAIN ? EXCHANGE_CLOCK_TIMED_OUT : EXCHANGE_CLOCK_UNREACHABLE,
          "the daemon does not take the request");
    }
  }
  size_t seen = 0;
  for (;;) {
    const char *newline =
        (const char *)memchr(clock->buffer + seen, '\n', clock->length - seen);
    if (newline != NULL) {
      clock->consumed = (size_t)(newline - clock->buffer) + 1;
      return EXCHANGE_CLOCK_OK;
    }
    seen = clock->length;
    if (clock->capacity - clock->length < 4096) {
      if (clock->capacity > (16u << 20))
        return exchange_clock_fail(&clock->error, EXCHANGE_CLOCK_PROTOCOL, "the answer is too long");
      char *larger = (char *)realloc(clock->buffer, clock->capacity * 2);
      if (larger == NULL)
        return exchange_clock_fail(&clock->error, EXCHANGE_CLOCK_PROTOCOL, "no memory is left");
      clock->buffer = larger;
      clock->capacity *= 2;
    }
    ssize_t count =
        recv(clock->fd, clock->buffer + clock->length, clock->capacity - clock->length, 0);
    if (count > 0) {
      clock->length += (size_t)count;
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
      return exchange_clock_fail(
          &clock->error, EXCHANGE_CLOCK_UNREACHABLE, "the daemon closed the connection");
    } else if (errno == EAGAIN) {
      return exchange_clock_fail(
          &clock->error, EXCHANGE_CLOCK_TIMED_OUT, "the daemon has not answered in time");
    }
  }
}

/* Asks the daemon anything: `params` is an object of JSON. The result, in JSON, is valid until the
   next call. Where the daemon was restarted meanwhile, it is asked once more. */
static inline enum exchange_clock_status exchange_clock_call(
    struct exchange_clock *clock, const char *method, const char *params,
    struct exchange_clock_text *result) {
  result->start = result->end = NULL;
  size_t capacity = strlen(params) + strlen(method) * 6 + 96;
  char *line = (char *)malloc(capacity);
  if (line == NULL || (clock->buffer == NULL &&
                       (clock->buffer = (char *)malloc(clock->capacity = 16384)) == NULL)) {
    free(line);
    return exchange_clock_fail(&clock->error, EXCHANGE_CLOCK_PROTOCOL, "no memory is left");
  }
  int64_t id = ++clock->next_id;
  size_t length = exchange_clock_request_line(id, method, params, line, capacity);
  line[length++] = '\n';
  enum exchange_clock_status status;
  for (int round = 0;; round++) {
    int was_connected = clock->fd >= 0;
    status = exchange_clock_reach(clock);
    if (status == EXCHANGE_CLOCK_OK) status = exchange_clock_exchange_lines(clock, line, length);
    if (status == EXCHANGE_CLOCK_OK) break;
    exchange_clock_disconnect(clock);
    if (status != EXCHANGE_CLOCK_UNREACHABLE || !was_connected || round > 0) break;
  }
  free(line);
  if (status != EXCHANGE_CLOCK_OK) return status;
  status = exchange_clock_read_answer(
      clock->buffer, clock->consumed - 1, id, result, &clock->error);
  /* What answers something else would go on doing so. */
  if (status == EXCHANGE_CLOCK_PROTOCOL) exchange_clock_disconnect(clock);
  return status;
}

/* Whether the socket may know more than the page; else the page's refusal stands. */
static inline enum exchange_clock_status exchange_clock_ask(
    struct exchange_clock *clock, const char *method, const char *exchange, int64_t recv_window_ms,
    int64_t lifetime_ms, int64_t max_error_ms, struct exchange_clock_text *result) {
  char params[768];
  exchange_clock_params(
      exchange, recv_window_ms, lifetime_ms, max_error_ms, params, sizeof params);
  return exchange_clock_call(clock, method, params, result);
}

/* What time an exchange believes it is. On failure clock->error says why. */
static inline enum exchange_clock_status exchange_clock_now(
    struct exchange_clock *clock, const char *exchange, struct exchange_clock_now *now) {
  struct exchange_clock_slot slot;
  struct exchange_clock_text result;
  if (exchange_clock_read_page(clock, exchange, &slot, now) == EXCHANGE_CLOCK_OK)
    return EXCHANGE_CLOCK_OK;
  enum exchange_clock_status status =
      exchange_clock_ask(clock, "now", exchange, 0, 0, -1, &result);
  if (status == EXCHANGE_CLOCK_OK && exchange_clock_read_now(result, now) != 0)
    status = exchange_clock_fail(&clock->error, EXCHANGE_CLOCK_PROTOCOL, "the result lacks a member");
  return status;
}

/* The timestamp of a request that is signed now; a window or a lifetime of 0 is the usual one. On
   failure clock->error says why. */
static inline enum exchange_clock_status exchange_clock_stamp(
    struct exchange_clock *clock, const char *exchange, int64_t recv_window_ms, int64_t lifetime_ms,
    struct exchange_clock_stamp *stamp) {
  struct exchange_clock_slot slot;
  struct exchange_clock_now now;
  struct exchange_clock_text result;
  memset(stamp, 0, sizeof *stamp);
  if (exchange_clock_read_page(clock, exchange, &slot, &now) == EXCHANGE_CLOCK_OK &&
      exchange_clock_slot_stamp(&slot, &now, recv_window_ms, lifetime_ms, stamp) ==
          EXCHANGE_CLOCK_OK)
    return EXCHANGE_CLOCK_OK;
  enum exchange_clock_status status =
      exchange_clock_ask(clock, "stamp", exchange, recv_window_ms, lifetime_ms, -1, &result);
  if (status == EXCHANGE_CLOCK_OK && exchange_clock_read_stamp(result, stamp) != 0)
    status = exchange_clock_fail(&clock->error, EXCHANGE_CLOCK_PROTOCOL, "the result lacks a member");
  return status;
}

/* All that is known of an exchange's clock, in JSON (the `offset` object of docs/protocol.md), for
   exchange_clock_json_member and its like. On failure clock->error says why. */
static inline enum exchange_clock_status exchange_clock_offset(
    struct exchange_clock *clock, const char *exchange, struct exchange_clock_text *result) {
  return exchange_clock_ask(clock, "offset", exchange, 0, 0, -1, result);
}

#ifdef __cplusplus
}
#endif

#endif
