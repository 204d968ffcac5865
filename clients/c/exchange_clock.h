/* What time each crypto exchange believes it is, as the daemon exchange-clockd knows it.

     #include "exchange_clock.h"

     struct exchange_clock clock;
     exchange_clock_connect(&clock, NULL);
     struct exchange_clock_stamp stamp;
     enum exchange_clock_status status = exchange_clock_stamp(&clock, "binance", 0, 0, &stamp);
     if (status != EXCHANGE_CLOCK_OK) fprintf(stderr, "%s\n", exchange_clock_name(status));
     else use(stamp.timestamp);               what a signed request should carry, as text
     exchange_clock_close(&clock);

   The other functions have the names that all clients have: offset, offsets, convert, subscribe,
   unsubscribe, resync, report, health, exchanges.

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
#include <poll.h>
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
  char carrier[160];           /* where the request carries it, in words; empty by the page */
  char reason[512];            /* why it is not guaranteed, in words; empty where it is, or by the
                                  page */
};

enum { EXCHANGE_CLOCK_NAME_BYTES = 64 };

/* All that is known of an exchange's clock. Offsets are the exchange's clock minus this host's
   CLOCK_REALTIME; positive: the exchange is ahead. */
struct exchange_clock_offset {
  char exchange[EXCHANGE_CLOCK_NAME_BYTES];
  enum exchange_clock_state state;
  char reason[512];      /* why the state is what it is; empty when synchronized */
  int has_time;          /* 0: what is marked with a star is not known, and 0 */
  int64_t offset_ns;     /* * off by at most error_ns */
  int64_t lower_ns;      /* * */
  int64_t upper_ns;      /* * */
  int64_t error_ns;      /* * */
  double drift_ppm;      /* * the exchange's clock against this host's; positive: it is fast */
  double drift_error_ppm; /* * */
  int64_t rtt_min_ns;    /* * round trips of the last good resync */
  int64_t rtt_last_ns;   /* * */
  int64_t last_sync_us;  /* * this host's Unix time */
  int64_t age_ms;        /* * since the last good answer */
  int64_t samples;       /* of the last good resync: answers that agree */
  int64_t rejected;      /* and those that do not */
  int64_t rejected_contradicting; /* not used since the start, by why; -1 not told */
  int64_t rejected_stale;
  int64_t rejected_unusable;
  int64_t resyncs_failed; /* since the start; 0 where it is not told */
  int64_t resolution_ns; /* the smallest step of its answers */
  int64_t next_sync_ms;
  int64_t failures;      /* resyncs that failed in a row */
};

/* The exchange's clock at a past time of this host's; Unix times. */
struct exchange_clock_converted {
  char exchange[EXCHANGE_CLOCK_NAME_BYTES];
  int64_t local_us;
  int64_t estimate_us;
  int64_t earliest_us;
  int64_t latest_us;
};

/* What an exchange has refused a request with. NULL and 0: not known. */
struct exchange_clock_refusal {
  const char *code;       /* a whole number is sent as one, unless code_is_text */
  int code_is_text;
  int http_status;
  const char *message;    /* of the exchange, or of the library that reports it */
  const char *timestamp;  /* that the request carried; a whole number is sent as one, unless ... */
  int timestamp_is_text;
  int64_t recv_window_ms; /* that the request asked for */
};

/* What a refusal means, and what to do; docs/report.md has all verdicts and actions. */
struct exchange_clock_report {
  char exchange[EXCHANGE_CLOCK_NAME_BYTES];
  char verdict[24];        /* clock, late, signature, key, rate_limit, format or unknown */
  char action[32];
  char explanation[1024];
  int resynced;            /* the exchange's clock was read after the refusal */
  int64_t retry_after_ms;  /* -1 not known */
  struct exchange_clock_offset offset;
  int has_stamp;           /* what to sign with now */
  struct exchange_clock_stamp stamp;
};

/* A part of a text; start is NULL where there is none. */
struct exchange_clock_text {
  const char *start;
  const char *end;
};

struct exchange_clock_health {
  char status[16];              /* ok, degraded or failing */
  int ready;
  int ready_now;                /* as much is known as [ready] of the configuration asks for */
  char configuration[512];      /* the file that the daemon reads; empty: not told */
  int64_t uptime_ms;
  int64_t started_us;           /* this host's Unix time when it was started; -1 not told */
  char version[32];
  int has_offset;               /* what most exchanges agree this host's clock lacks is known */
  int64_t offset_ns;
  int64_t error_ns;
  int kernel_synchronized;      /* -1 not known, as the next two */
  int64_t kernel_estimated_error_ns;
  int64_t kernel_maximum_error_ns;
  int64_t exchanges;            /* how many; -1 not told, as the next five */
  int64_t unknown;
  int64_t synchronized;
  int64_t holdover;
  int64_t disrupted;
  int64_t clients;
  struct exchange_clock_text json; /* all of it, with `reasons` and `verdicts`; until the next call */
};

/* One entry of the daemon's catalogue. */
struct exchange_clock_exchange {
  char id[EXCHANGE_CLOCK_NAME_BYTES];
  char name[EXCHANGE_CLOCK_NAME_BYTES];
  char market[EXCHANGE_CLOCK_NAME_BYTES];
  int enabled;
  char endpoint[512];
  int64_t resolution_ns;
  char timestamp_format[24];
  char timestamp_carrier[160];
  char window_kind[24];
  char window_param[EXCHANGE_CLOCK_NAME_BYTES]; /* empty: a request cannot choose */
  int window_documented;
  int64_t window_ms;               /* -1 not known, as the next two */
  int64_t window_max_ms;
  int64_t future_tolerance_ms;
  struct exchange_clock_text json; /* all of it, with `codes` and `sources`; until the next call */
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
#if defined(__GNUC__) && __GNUC__ >= 8 && !defined(__clang__) && !defined(__INTEL_COMPILER)
#pragma GCC unroll 23 /* Clang does so unasked. */
#endif
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

/* Differences that stay at the end of numbers where a damaged page would overflow them. */
static inline int64_t exchange_clock_subtract(int64_t a, int64_t b) {
  int64_t difference;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return b < 0 ? INT64_MAX : INT64_MIN;
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
  /* At most 5.6e15. */
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
  /* Beyond 2116, or bounds that are 73 years apart or in the wrong order: the page is damaged. */
  const int64_t farthest = INT64_C(1) << 62, widest = INT64_C(1) << 61;
  int64_t earliest, latest;
  if (__builtin_add_overflow(slot->lower_ns, elapsed, &earliest) ||
      __builtin_add_overflow(earliest, floor, &earliest) ||
      __builtin_add_overflow(slot->upper_ns, elapsed, &latest) ||
      __builtin_add_overflow(latest, ceiling, &latest) || latest < earliest ||
      earliest <= -farthest || earliest >= farthest || latest - widest > earliest)
    return EXCHANGE_CLOCK_VOID;
  now->earliest_ns = earliest;
  now->latest_ns = latest;
  now->estimate_ns = earliest + (latest - earliest) / 2;
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
  const int64_t uplink = 1000000000, longest_rule = INT64_C(1) << 53; /* 104 days */
  int is_window = slot->rule == 1;
  int64_t wanted = is_window ? recv_window_ms : lifetime_ms;
  int64_t other = is_window ? lifetime_ms : recv_window_ms;
  int64_t window = slot->window_ns, longest = slot->longest_window_ns;
  if ((!is_window && slot->rule != 2) || slot->format > 5 || other != 0)
    return EXCHANGE_CLOCK_ASK_SOCKET;
  /* What no exchange has is a damaged page's. */
  if (window < 0 || window > longest_rule || longest < 0 || longest > longest_rule ||
      slot->tolerance_ns < 0 || slot->tolerance_ns > longest_rule)
    return EXCHANGE_CLOCK_ASK_SOCKET;
  if (wanted != 0) {
    /* The daemon words what is wrong with it. */
    if (!(slot->flags & 1) || wanted < 1 || wanted > longest_rule / 1000000 ||
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
  stamp->carrier[0] = stamp->reason[0] = '\0';
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
    if (++at >= end || *at == '\0' || strchr("\"\\/bfnrtu", *at) == NULL) return NULL;
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

static inline int exchange_clock_json_begins(struct exchange_clock_text text, char first) {
  return text.start != NULL && text.start < text.end && *text.start == first;
}

/* Goes on to the next element of an array that is known to be well formed; 0 at its end. An element
   of NULL is before the first. */
static inline int exchange_clock_json_next(
    struct exchange_clock_text array, struct exchange_clock_text *element) {
  if (!exchange_clock_json_begins(array, '[')) return 0;
  const char *at = exchange_clock_json_blank(
      element->start == NULL ? array.start + 1 : element->end, array.end);
  if (element->start != NULL && at < array.end && *at == ',')
    at = exchange_clock_json_blank(at + 1, array.end);
  if (at >= array.end || *at == ']') return 0;
  element->start = at;
  element->end = exchange_clock_json_skip(at, array.end, 0);
  return element->end != NULL;
}

/* Whether all elements of an array begin so: '{' objects, '"' strings. */
static inline int exchange_clock_json_is_list_of(struct exchange_clock_text array, char first) {
  struct exchange_clock_text element = {NULL, NULL};
  if (!exchange_clock_json_begins(array, '[')) return 0;
  while (exchange_clock_json_next(array, &element))
    if (*element.start != first) return 0;
  return 1;
}

/* A number that is finite, within some units of its last place: strtod(3) goes by the locale. 0, or
   -1 where it is none. */
static inline int exchange_clock_json_real(struct exchange_clock_text text, double *number) {
  const char *at = text.start;
  if (at == NULL || at >= text.end || (*at != '-' && (*at < '0' || *at > '9'))) return -1;
  int is_negative = *at == '-', is_fraction = 0;
  int64_t digits = 0, exponent = 0;
  for (at += is_negative; at < text.end && *at != 'e' && *at != 'E'; at++) {
    if (*at == '.') {
      is_fraction = 1;
      continue;
    }
    if (digits < 100000000000000000) {
      digits = digits * 10 + (*at - '0');
      exponent -= is_fraction;
    } else {
      exponent += !is_fraction;
    }
  }
  if (at < text.end) {
    int64_t power = 0;
    at++;
    int is_down = *at == '-';
    for (at += *at == '-' || *at == '+'; at < text.end; at++)
      if (power < 100000) power = power * 10 + (*at - '0');
    exponent += is_down ? -power : power;
  }
  double value = (double)digits, scale = 1;
  int64_t steps = exponent < 0 ? -exponent : exponent;
  for (int64_t i = 0; i < steps && i < 700 && value != 0; i++) {
    /* Powers up to 1e22 are exact, so that usual numbers are rounded once. */
    if (scale >= 1e22) {
      value = exponent < 0 ? value / scale : value * scale;
      scale = 1;
    }
    scale *= 10;
  }
  value = exponent < 0 ? value / scale : value * scale;
  if (!(value < 1.7976931348623157e308)) return -1;
  *number = is_negative ? -value : value;
  return 0;
}

/* Whether a text is UTF-8, without what no character has: surrogates, more than U+10FFFF, and more
   bytes than needed. */
static inline int exchange_clock_is_utf8(const char *text, size_t length) {
  const unsigned char *at = (const unsigned char *)text, *end = at + length;
  while (at < end) {
    unsigned char first = *at++;
    if (first < 0x80) continue;
    int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4 || end - at < more) return 0;
    if ((first == 0xE0 && *at < 0xA0) || (first == 0xED && *at > 0x9F) ||
        (first == 0xF0 && *at < 0x90) || (first == 0xF4 && *at > 0x8F))
      return 0;
    for (; more > 0; more--, at++)
      if ((*at & 0xC0) != 0x80) return 0;
  }
  return 1;
}

/* A whole number that fits; 0, or -1 where it is none. */
static inline int exchange_clock_json_integer(struct exchange_clock_text text, int64_t *number) {
  const char *at = text.start;
  if (at == NULL || at >= text.end) return -1;
  int is_negative = *at == '-';
  int64_t value = 0;
  at += is_negative;
  if (at >= text.end) return -1;
  for (; at < text.end; at++) {
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

/* A string without its escapes, cut to the characters that fit, terminated; 0, 1 where it was cut,
   or -1 where it is none. */
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
      /* All bytes of the character. */
      bytes[0] = *at;
      while (count < 4 && (code & 0x80) && at + 1 < text.end && ((unsigned char)at[1] & 0xC0) == 0x80)
        bytes[count++] = *++at;
    }
    if (length + count >= capacity) return 1;
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

/* The string of JSON of an exchange's id. No exchange has one as long as does not fit. */
static inline void exchange_clock_quote_id(const char *exchange, char *json, size_t capacity) {
  int is_too_long = strlen(exchange) >= EXCHANGE_CLOCK_NAME_BYTES;
  exchange_clock_json_quote(is_too_long ? "(an id that is too long)" : exchange, json, capacity);
}

/* The parameters of `stamp`, `now` and `offset`; a window or a lifetime of 0 is left
   out, and so is a negative error. What a window may not be is for the daemon to say. */
static inline size_t exchange_clock_params(
    const char *exchange, int64_t recv_window_ms, int64_t lifetime_ms, int64_t max_error_ms,
    char *params, size_t capacity) {
  char id[512], window[48] = "", lifetime[48] = "", error[48] = "";
  exchange_clock_quote_id(exchange, id, sizeof id);
  if (recv_window_ms != 0)
    snprintf(window, sizeof window, ",\"recv_window_ms\":%lld", (long long)recv_window_ms);
  if (lifetime_ms != 0)
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

/* Whether a line is an object of JSON-RPC 2.0. */
static inline int exchange_clock_is_message(struct exchange_clock_text line) {
  size_t length = (size_t)(line.end - line.start);
  const char *end = exchange_clock_json_skip(line.start, line.end, 0);
  return end != NULL && exchange_clock_json_blank(end, line.end) == line.end &&
         exchange_clock_is_utf8(line.start, length) &&
         exchange_clock_json_is(exchange_clock_json_member(line, "jsonrpc"), "\"2.0\"");
}

/* The result of an answer's line; or what it refuses with. The result points into the line. */
static inline enum exchange_clock_status exchange_clock_read_answer(
    const char *line, size_t length, int64_t id, struct exchange_clock_text *result,
    struct exchange_clock_error *error) {
  struct exchange_clock_text whole = {line, line + length}, none = {NULL, NULL};
  int64_t found;
  *result = none;
  exchange_clock_fail(error, EXCHANGE_CLOCK_OK, "");
  if (!exchange_clock_is_message(whole))
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
                               sizeof error->message) < 0)
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

/* A member that is text, or null where that is allowed: then empty. Cut to what fits. */
static inline int exchange_clock_read_text(
    struct exchange_clock_text result, const char *name, int may_be_null, char *copy,
    size_t capacity) {
  struct exchange_clock_text value = exchange_clock_json_member(result, name);
  copy[0] = '\0';
  if (may_be_null && exchange_clock_json_is(value, "null")) return 0;
  return exchange_clock_json_copy(value, copy, capacity) < 0 ? -1 : 0;
}

/* A member that is true or false. */
static inline int exchange_clock_read_truth(
    struct exchange_clock_text result, const char *name, int *truth) {
  struct exchange_clock_text value = exchange_clock_json_member(result, name);
  *truth = exchange_clock_json_is(value, "true");
  return *truth || exchange_clock_json_is(value, "false") ? 0 : -1;
}

/* The name of the exchange, and its state. */
static inline int exchange_clock_read_state(
    struct exchange_clock_text result, char exchange[EXCHANGE_CLOCK_NAME_BYTES],
    enum exchange_clock_state *state) {
  struct exchange_clock_text value = exchange_clock_json_member(result, "state");
  *state = exchange_clock_json_is(value, "\"synchronized\"") ? EXCHANGE_CLOCK_STATE_SYNCHRONIZED
         : exchange_clock_json_is(value, "\"holdover\"")     ? EXCHANGE_CLOCK_STATE_HOLDOVER
         : exchange_clock_json_is(value, "\"disrupted\"")    ? EXCHANGE_CLOCK_STATE_DISRUPTED
                                                             : EXCHANGE_CLOCK_STATE_UNKNOWN;
  if (*state == EXCHANGE_CLOCK_STATE_UNKNOWN && !exchange_clock_json_is(value, "\"unknown\""))
    return -1;
  return exchange_clock_read_text(result, "exchange", 0, exchange, EXCHANGE_CLOCK_NAME_BYTES);
}

/* What `now` was answered with; -1 where something is missing, or not what it should be. So are all
   that follow. */
static inline int exchange_clock_read_now(
    struct exchange_clock_text result, struct exchange_clock_now *now) {
  char exchange[EXCHANGE_CLOCK_NAME_BYTES];
  memset(now, 0, sizeof *now);
  if (exchange_clock_read_state(result, exchange, &now->state) ||
      exchange_clock_read_number(result, "estimate_us", 0, 0, &now->estimate_ns) ||
      exchange_clock_read_number(result, "earliest_us", 0, 0, &now->earliest_ns) ||
      exchange_clock_read_number(result, "latest_us", 0, 0, &now->latest_ns) ||
      exchange_clock_read_number(result, "local_us", 0, 0, &now->local_ns) ||
      __builtin_mul_overflow(now->estimate_ns, 1000, &now->estimate_ns) ||
      __builtin_mul_overflow(now->earliest_ns, 1000, &now->earliest_ns) ||
      __builtin_mul_overflow(now->latest_ns, 1000, &now->latest_ns) ||
      __builtin_mul_overflow(now->local_ns, 1000, &now->local_ns))
    return -1;
  return 0;
}

static inline int exchange_clock_read_stamp(
    struct exchange_clock_text result, struct exchange_clock_stamp *stamp) {
  struct exchange_clock_text time = exchange_clock_json_member(result, "timestamp");
  char exchange[EXCHANGE_CLOCK_NAME_BYTES];
  int64_t number;
  memset(stamp, 0, sizeof *stamp);
  stamp->is_text = exchange_clock_json_begins(time, '"');
  if (stamp->is_text) {
    if (exchange_clock_json_copy(time, stamp->timestamp, sizeof stamp->timestamp)) return -1;
  } else {
    if (exchange_clock_json_integer(time, &number)) return -1;
    snprintf(stamp->timestamp, sizeof stamp->timestamp, "%lld", (long long)number);
  }
  stamp->has_margin =
      !exchange_clock_json_is(exchange_clock_json_member(result, "margin_ms"), "null");
  if (exchange_clock_json_member(result, "reason").start != NULL &&
      exchange_clock_read_text(result, "reason", 1, stamp->reason, sizeof stamp->reason))
    return -1;
  if (exchange_clock_read_state(result, exchange, &stamp->state) ||
      exchange_clock_read_number(result, "unix_us", 0, 0, &stamp->unix_us) ||
      exchange_clock_read_text(result, "carrier", 1, stamp->carrier, sizeof stamp->carrier) ||
      exchange_clock_read_number(result, "recv_window_ms", 1, -1, &stamp->recv_window_ms) ||
      exchange_clock_read_number(result, "min_recv_window_ms", 1, -1,
                                 &stamp->min_recv_window_ms) ||
      exchange_clock_read_number(result, "margin_ms", 1, 0, &stamp->margin_ms) ||
      exchange_clock_read_truth(result, "guaranteed", &stamp->guaranteed))
    return -1;
  return 0;
}

static inline int exchange_clock_read_offset(
    struct exchange_clock_text result, struct exchange_clock_offset *offset) {
  static const char *const names[] = {"offset_ns",  "lower_ns",     "upper_ns",   "error_ns",
                                      "rtt_min_ns", "rtt_last_ns", "last_sync_us", "age_ms"};
  static const char *const rates[] = {"drift_ppm", "drift_error_ppm"};
  memset(offset, 0, sizeof *offset);
  int64_t *numbers[] = {&offset->offset_ns,  &offset->lower_ns,    &offset->upper_ns,
                        &offset->error_ns,   &offset->rtt_min_ns,  &offset->rtt_last_ns,
                        &offset->last_sync_us, &offset->age_ms};
  double *fractions[] = {&offset->drift_ppm, &offset->drift_error_ppm};
  offset->has_time = 1;
  for (int i = 0; i < 8; i++) {
    if (exchange_clock_read_number(result, names[i], 1, 0, numbers[i])) return -1;
    if (exchange_clock_json_is(exchange_clock_json_member(result, names[i]), "null"))
      offset->has_time = 0;
  }
  for (int i = 0; i < 2; i++) {
    struct exchange_clock_text value = exchange_clock_json_member(result, rates[i]);
    if (exchange_clock_json_is(value, "null")) offset->has_time = 0;
    else if (exchange_clock_json_real(value, fractions[i])) return -1;
  }
  if (!offset->has_time) {
    for (int i = 0; i < 8; i++) *numbers[i] = 0;
    for (int i = 0; i < 2; i++) *fractions[i] = 0;
  }
  struct exchange_clock_text by = exchange_clock_json_member(result, "rejected_by");
  if (by.start != NULL && !exchange_clock_json_begins(by, '{')) return -1;
  if (exchange_clock_read_number(by, "contradicting", 0, -1, &offset->rejected_contradicting))
    offset->rejected_contradicting = -1;
  if (exchange_clock_read_number(by, "stale", 0, -1, &offset->rejected_stale))
    offset->rejected_stale = -1;
  if (exchange_clock_read_number(by, "unusable", 0, -1, &offset->rejected_unusable))
    offset->rejected_unusable = -1;
  struct exchange_clock_text causes = exchange_clock_json_member(result, "resyncs_by");
  if ((causes.start != NULL && !exchange_clock_json_begins(causes, '{')) ||
      (exchange_clock_json_member(result, "resyncs_failed").start != NULL &&
       exchange_clock_read_number(result, "resyncs_failed", 0, 0, &offset->resyncs_failed)))
    return -1;
  if (exchange_clock_read_state(result, offset->exchange, &offset->state) ||
      exchange_clock_read_text(result, "reason", 0, offset->reason, sizeof offset->reason) ||
      exchange_clock_read_number(result, "samples", 0, 0, &offset->samples) ||
      exchange_clock_read_number(result, "rejected", 0, 0, &offset->rejected) ||
      exchange_clock_read_number(result, "resolution_ns", 0, 0, &offset->resolution_ns) ||
      exchange_clock_read_number(result, "next_sync_ms", 0, 0, &offset->next_sync_ms) ||
      exchange_clock_read_number(result, "failures", 0, 0, &offset->failures))
    return -1;
  return 0;
}

/* A list of offsets: those that fit, and how many there are. */
static inline int exchange_clock_read_offsets(
    struct exchange_clock_text result, struct exchange_clock_offset *offsets, size_t capacity,
    size_t *count) {
  struct exchange_clock_text element = {NULL, NULL};
  struct exchange_clock_offset spare;
  *count = 0;
  if (!exchange_clock_json_begins(result, '[')) return -1;
  while (exchange_clock_json_next(result, &element)) {
    if (exchange_clock_read_offset(element, *count < capacity ? &offsets[*count] : &spare))
      return -1;
    ++*count;
  }
  return 0;
}

static inline int exchange_clock_read_converted(
    struct exchange_clock_text result, struct exchange_clock_converted *converted) {
  memset(converted, 0, sizeof *converted);
  if (exchange_clock_read_text(result, "exchange", 0, converted->exchange,
                               sizeof converted->exchange) ||
      exchange_clock_read_number(result, "local_us", 0, 0, &converted->local_us) ||
      exchange_clock_read_number(result, "estimate_us", 0, 0, &converted->estimate_us) ||
      exchange_clock_read_number(result, "earliest_us", 0, 0, &converted->earliest_us) ||
      exchange_clock_read_number(result, "latest_us", 0, 0, &converted->latest_us))
    return -1;
  return 0;
}

static inline int exchange_clock_read_report(
    struct exchange_clock_text result, struct exchange_clock_report *report) {
  struct exchange_clock_text stamp = exchange_clock_json_member(result, "stamp");
  memset(report, 0, sizeof *report);
  report->has_stamp = !exchange_clock_json_is(stamp, "null");
  if (report->has_stamp && exchange_clock_read_stamp(stamp, &report->stamp)) return -1;
  if (exchange_clock_read_text(result, "exchange", 0, report->exchange, sizeof report->exchange) ||
      exchange_clock_read_text(result, "verdict", 0, report->verdict, sizeof report->verdict) ||
      exchange_clock_read_text(result, "action", 0, report->action, sizeof report->action) ||
      exchange_clock_read_text(result, "explanation", 0, report->explanation,
                               sizeof report->explanation) ||
      exchange_clock_read_truth(result, "resynced", &report->resynced) ||
      exchange_clock_read_number(result, "retry_after_ms", 1, -1, &report->retry_after_ms) ||
      exchange_clock_read_offset(exchange_clock_json_member(result, "offset"), &report->offset))
    return -1;
  return 0;
}

static inline int exchange_clock_read_health(
    struct exchange_clock_text result, struct exchange_clock_health *health) {
  static const char *const names[] = {"exchanges", "unknown",   "synchronized",
                                      "holdover",  "disrupted", "clients"};
  struct exchange_clock_text clock = exchange_clock_json_member(result, "system_clock");
  struct exchange_clock_text counts = exchange_clock_json_member(result, "counts");
  struct exchange_clock_text verdicts = exchange_clock_json_member(result, "verdicts");
  struct exchange_clock_text reasons = exchange_clock_json_member(result, "reasons");
  struct exchange_clock_text kernel = exchange_clock_json_member(clock, "kernel_synchronized");
  memset(health, 0, sizeof *health);
  int64_t *numbers[] = {&health->exchanges, &health->unknown,   &health->synchronized,
                        &health->holdover,  &health->disrupted, &health->clients};
  health->json = result;
  health->started_us = -1;
  if (!exchange_clock_json_begins(clock, '{') || !exchange_clock_json_begins(counts, '{') ||
      !exchange_clock_json_is_list_of(reasons, '"') ||
      (verdicts.start != NULL && !exchange_clock_json_is_list_of(verdicts, '{')) ||
      exchange_clock_read_text(result, "status", 0, health->status, sizeof health->status) ||
      exchange_clock_read_truth(result, "ready", &health->ready) ||
      (exchange_clock_json_member(result, "ready_now").start != NULL &&
       exchange_clock_read_truth(result, "ready_now", &health->ready_now)) ||
      (exchange_clock_json_member(result, "configuration").start != NULL &&
       exchange_clock_read_text(result, "configuration", 1, health->configuration,
                                sizeof health->configuration)) ||
      (exchange_clock_json_member(result, "started_us").start != NULL &&
       exchange_clock_read_number(result, "started_us", 1, -1, &health->started_us)) ||
      exchange_clock_read_number(result, "uptime_ms", 0, 0, &health->uptime_ms) ||
      exchange_clock_read_text(result, "version", 0, health->version, sizeof health->version))
    return -1;
  for (int i = 0; i < 6; i++)
    if (exchange_clock_read_number(counts, names[i], 0, -1, numbers[i])) *numbers[i] = -1;
  health->has_offset =
      exchange_clock_read_number(clock, "offset_ns", 0, 0, &health->offset_ns) == 0 &&
      exchange_clock_read_number(clock, "error_ns", 0, 0, &health->error_ns) == 0;
  if (!health->has_offset) health->offset_ns = health->error_ns = 0;
  health->kernel_synchronized = exchange_clock_json_is(kernel, "true")    ? 1
                                : exchange_clock_json_is(kernel, "false") ? 0
                                                                          : -1;
  if (exchange_clock_read_number(clock, "kernel_estimated_error_ns", 1, -1,
                                 &health->kernel_estimated_error_ns))
    health->kernel_estimated_error_ns = -1;
  if (exchange_clock_read_number(clock, "kernel_maximum_error_ns", 1, -1,
                                 &health->kernel_maximum_error_ns))
    health->kernel_maximum_error_ns = -1;
  return 0;
}

static inline int exchange_clock_has_member(struct exchange_clock_text result, const char *name) {
  return exchange_clock_json_member(result, name).start != NULL;
}

static inline int exchange_clock_read_exchange(
    struct exchange_clock_text result, struct exchange_clock_exchange *exchange) {
  char text[8];
  memset(exchange, 0, sizeof *exchange);
  exchange->json = result;
  /* What an older daemon does not say. */
  snprintf(exchange->window_kind, sizeof exchange->window_kind, "unknown");
  exchange->window_documented = 1;
  if ((exchange_clock_has_member(result, "window_kind") &&
       exchange_clock_read_text(result, "window_kind", 0, exchange->window_kind,
                                sizeof exchange->window_kind)) ||
      (exchange_clock_has_member(result, "window_param") &&
       exchange_clock_read_text(result, "window_param", 1, exchange->window_param,
                                sizeof exchange->window_param)) ||
      (exchange_clock_has_member(result, "window_documented") &&
       exchange_clock_read_truth(result, "window_documented", &exchange->window_documented)) ||
      (exchange_clock_has_member(result, "confidence") &&
       exchange_clock_read_text(result, "confidence", 0, text, sizeof text)) ||
      (exchange_clock_has_member(result, "sources") &&
       !exchange_clock_json_is_list_of(exchange_clock_json_member(result, "sources"), '"')))
    return -1;
  if (exchange_clock_read_text(result, "id", 0, exchange->id, sizeof exchange->id) ||
      exchange_clock_read_text(result, "name", 0, exchange->name, sizeof exchange->name) ||
      exchange_clock_read_text(result, "market", 0, exchange->market, sizeof exchange->market) ||
      exchange_clock_read_truth(result, "enabled", &exchange->enabled) ||
      exchange_clock_read_text(result, "endpoint", 0, exchange->endpoint,
                               sizeof exchange->endpoint) ||
      exchange_clock_read_number(result, "resolution_ns", 0, 0, &exchange->resolution_ns) ||
      exchange_clock_read_text(result, "timestamp_format", 0, exchange->timestamp_format,
                               sizeof exchange->timestamp_format) ||
      exchange_clock_read_text(result, "timestamp_carrier", 0, exchange->timestamp_carrier,
                               sizeof exchange->timestamp_carrier) ||
      exchange_clock_read_number(result, "window_ms", 1, -1, &exchange->window_ms) ||
      exchange_clock_read_number(result, "window_max_ms", 1, -1, &exchange->window_max_ms) ||
      exchange_clock_read_number(result, "future_tolerance_ms", 1, -1,
                                 &exchange->future_tolerance_ms) ||
      !exchange_clock_json_is_list_of(exchange_clock_json_member(result, "codes"), '{'))
    return -1;
  return 0;
}

static inline int exchange_clock_read_exchanges(
    struct exchange_clock_text result, struct exchange_clock_exchange *exchanges, size_t capacity,
    size_t *count) {
  struct exchange_clock_text element = {NULL, NULL};
  struct exchange_clock_exchange spare;
  *count = 0;
  if (!exchange_clock_json_begins(result, '[')) return -1;
  while (exchange_clock_json_next(result, &element)) {
    if (exchange_clock_read_exchange(element, *count < capacity ? &exchanges[*count] : &spare))
      return -1;
    ++*count;
  }
  return 0;
}

/* What `subscribe` was answered with: the number, and the list of offsets. */
static inline int exchange_clock_read_subscribed(
    struct exchange_clock_text result, int64_t *subscription, struct exchange_clock_text *offsets) {
  size_t count;
  *offsets = exchange_clock_json_member(result, "offsets");
  return exchange_clock_read_number(result, "subscription", 0, 0, subscription) ||
                 exchange_clock_read_offsets(*offsets, NULL, 0, &count)
             ? -1 : 0;
}

/* A line that came unasked: 1 and what it tells, 0 for what is not known here and to be passed over,
   or -1 where it is no notification of this protocol's. */
static inline int exchange_clock_read_notification(
    const char *line, size_t length, int64_t *subscription, struct exchange_clock_offset *offset) {
  struct exchange_clock_text whole = {line, line + length};
  if (!exchange_clock_is_message(whole)) return -1;
  struct exchange_clock_text method = exchange_clock_json_member(whole, "method");
  struct exchange_clock_text params = exchange_clock_json_member(whole, "params");
  if (!exchange_clock_json_begins(method, '"')) return -1;
  if (!exchange_clock_json_is(method, "\"offset\"")) return 0;
  return exchange_clock_read_number(params, "subscription", 0, 0, subscription) ||
                 exchange_clock_read_offset(params, offset)
             ? -1 : 1;
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
  pid_t process; /* that connected: a forked child must not read the answers of its parent */
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

/* Whether there is a connection that is this process's own. */
static inline int exchange_clock_is_connected(const struct exchange_clock *clock) {
  return clock->fd >= 0 && clock->process == getpid();
}

/* Milliseconds that only grow. */
static inline int64_t exchange_clock_monotonic_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static inline enum exchange_clock_status exchange_clock_reach(struct exchange_clock *clock) {
  struct sockaddr_un address;
  struct timeval patience;
  char text[400];
  if (exchange_clock_is_connected(clock)) return EXCHANGE_CLOCK_OK;
  exchange_clock_disconnect(clock);
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, clock->socket_path, sizeof clock->socket_path);
  patience.tv_sec = clock->timeout_ms / 1000;
  patience.tv_usec = clock->timeout_ms % 1000 * 1000;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), result = -1;
  /* Where as many as may be are waiting to be taken already, it waits for so long. */
  if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0) {
    do {
      result = connect(fd, (const struct sockaddr *)(const void *)&address, sizeof address);
    } while (result != 0 && errno == EINTR);
  }
  if (result == 0) {
    clock->fd = fd;
    clock->process = getpid();
    clock->length = clock->consumed = 0;
    return EXCHANGE_CLOCK_OK;
  }
  int is_late = errno == EAGAIN;
  snprintf(text, sizeof text,
           "no daemon at %s: %s; start exchange-clockd, or name its socket with"
           " EXCHANGE_CLOCK_SOCKET", clock->socket_path,
           is_late ? "it takes no connection" : strerror(errno));
  if (fd >= 0) close(fd);
  return exchange_clock_fail(
      &clock->error, is_late ? EXCHANGE_CLOCK_TIMED_OUT : EXCHANGE_CLOCK_UNREACHABLE, text);
}

/* A client of the daemon at a socket; NULL for that of EXCHANGE_CLOCK_SOCKET, or the service's. The
   page is clock.page beside it. timeout_ms: what an answer may take. Fails where there is neither a page nor a socket; the client may be
   used even then, as a daemon that is started later is found. */
static inline enum exchange_clock_status exchange_clock_connect_within(
    struct exchange_clock *clock, const char *socket_path, int timeout_ms) {
  memset(clock, 0, sizeof *clock);
  clock->fd = -1;
  clock->timeout_ms = timeout_ms;
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

/* As above, with five seconds for an answer. */
static inline enum exchange_clock_status exchange_clock_connect(
    struct exchange_clock *clock, const char *socket_path) {
  return exchange_clock_connect_within(clock, socket_path, 5000);
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
                  exchange_clock_subtract(
                      exchange_clock_subtract(now->local_ns, slot->real_minus_raw_ns),
                      slot->checked_raw_ns) > 10000000000;
    if (round == 0 && (status != EXCHANGE_CLOCK_OK || is_left) &&
        exchange_clock_reopen_page(clock, status))
      continue;
    if (has_page) clock->page_status = status;
    return has_page ? status : clock->page_status;
  }
}

/* Waits until the socket can be read (POLLIN) or written (POLLOUT). 0, or -1 where it could not in
   time; a deadline below 0 is none. */
static inline int exchange_clock_wait(struct exchange_clock *clock, short event, int64_t deadline_ms) {
  for (;;) {
    struct pollfd entry;
    entry.fd = clock->fd;
    entry.events = event;
    entry.revents = 0;
    int64_t left = deadline_ms < 0 ? -1 : deadline_ms - exchange_clock_monotonic_ms();
    if (deadline_ms >= 0 && left <= 0) return -1;
    if (poll(&entry, 1, left > 1000000 ? 1000000 : (int)left) > 0) return 0;
  }
}

static inline enum exchange_clock_status exchange_clock_send_line(
    struct exchange_clock *clock, const char *line, size_t length, int64_t deadline_ms) {
  size_t sent = 0;
  while (sent < length) {
    ssize_t count = send(clock->fd, line + sent, length - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      sent += (size_t)count;
    } else if (errno == EPIPE || errno == ECONNRESET) {
      break; /* a client that is turned away is told why before the connection is closed */
    } else if (errno == EAGAIN) {
      if (exchange_clock_wait(clock, POLLOUT, deadline_ms))
        return exchange_clock_fail(
            &clock->error, EXCHANGE_CLOCK_TIMED_OUT, "the daemon does not take the request");
    } else if (errno != EINTR) {
      return exchange_clock_fail(
          &clock->error, EXCHANGE_CLOCK_UNREACHABLE, "the daemon does not take the request");
    }
  }
  return EXCHANGE_CLOCK_OK;
}

/* The next line: the first `consumed` bytes of the buffer, the newline with them. */
static inline enum exchange_clock_status exchange_clock_receive_line(
    struct exchange_clock *clock, int64_t deadline_ms) {
  if (clock->buffer == NULL &&
      (clock->buffer = (char *)malloc(clock->capacity = 16384)) == NULL)
    return exchange_clock_fail(&clock->error, EXCHANGE_CLOCK_PROTOCOL, "no memory is left");
  memmove(clock->buffer, clock->buffer + clock->consumed, clock->length - clock->consumed);
  clock->length -= clock->consumed;
  clock->consumed = 0;
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
    ssize_t count = recv(clock->fd, clock->buffer + clock->length,
                         clock->capacity - clock->length, MSG_DONTWAIT);
    if (count > 0) {
      clock->length += (size_t)count;
    } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
      return exchange_clock_fail(
          &clock->error, EXCHANGE_CLOCK_UNREACHABLE, "the daemon closed the connection");
    } else if (errno == EAGAIN && exchange_clock_wait(clock, POLLIN, deadline_ms)) {
      return exchange_clock_fail(
          &clock->error, EXCHANGE_CLOCK_TIMED_OUT, "the daemon has not answered in time");
    }
  }
}

/* Sends a line and receives its answer; what else comes meanwhile is passed over. */
static inline enum exchange_clock_status exchange_clock_exchange_lines(
    struct exchange_clock *clock, const char *line, size_t length, int64_t deadline_ms) {
  enum exchange_clock_status status = exchange_clock_send_line(clock, line, length, deadline_ms);
  while (status == EXCHANGE_CLOCK_OK) {
    struct exchange_clock_offset offset;
    struct exchange_clock_text answer;
    int64_t subscription;
    status = exchange_clock_receive_line(clock, deadline_ms);
    if (status != EXCHANGE_CLOCK_OK) break;
    answer.start = clock->buffer;
    answer.end = clock->buffer + clock->consumed - 1;
    if (!exchange_clock_is_message(answer) || !exchange_clock_has_member(answer, "method")) break;
    if (exchange_clock_read_notification(
            answer.start, clock->consumed - 1, &subscription, &offset) < 0)
      status = exchange_clock_fail(
          &clock->error, EXCHANGE_CLOCK_PROTOCOL, "this is no notification of the daemon");
  }
  return status;
}

/* Asks the daemon anything: `params` is an object of JSON. The result, in JSON, is valid until the
   next call. Where the daemon was restarted meanwhile, it is asked once more. What waits for an
   exchange (resync, report) or the disk (history) may take a minute. */
static inline enum exchange_clock_status exchange_clock_call(
    struct exchange_clock *clock, const char *method, const char *params,
    struct exchange_clock_text *result) {
  result->start = result->end = NULL;
  size_t capacity = strlen(params) + strlen(method) * 6 + 96;
  char *line = (char *)malloc(capacity);
  if (line == NULL)
    return exchange_clock_fail(&clock->error, EXCHANGE_CLOCK_PROTOCOL, "no memory is left");
  int64_t id = ++clock->next_id, patience_ms = clock->timeout_ms;
  if (patience_ms < 60000 && (strcmp(method, "resync") == 0 || strcmp(method, "report") == 0 ||
                              strcmp(method, "history") == 0))
    patience_ms = 60000;
  size_t length = exchange_clock_request_line(id, method, params, line, capacity);
  /* A newline ends a request; within one it is a blank like any other. */
  for (size_t i = 0; i < length; i++)
    if (line[i] == '\n') line[i] = ' ';
  line[length++] = '\n';
  enum exchange_clock_status status;
  for (int round = 0;; round++) {
    int was_connected = exchange_clock_is_connected(clock);
    status = exchange_clock_reach(clock);
    if (status == EXCHANGE_CLOCK_OK)
      status = exchange_clock_exchange_lines(
          clock, line, length, exchange_clock_monotonic_ms() + patience_ms);
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

/* A result that could not be read is none of this protocol's. */
static inline enum exchange_clock_status exchange_clock_checked(
    struct exchange_clock *clock, int is_bad) {
  if (!is_bad) return EXCHANGE_CLOCK_OK;
  return exchange_clock_fail(&clock->error, EXCHANGE_CLOCK_PROTOCOL,
                             "the result lacks a member, or has one that is not what it should be");
}

/* Nor is one about another exchange than was asked for, which would be another's answer. */
static inline enum exchange_clock_status exchange_clock_checked_of(
    struct exchange_clock *clock, const char *exchange, struct exchange_clock_text result,
    int is_bad) {
  char told[512];
  enum exchange_clock_status status = exchange_clock_checked(clock, is_bad);
  if (status != EXCHANGE_CLOCK_OK) return status;
  if (exchange_clock_read_text(result, "exchange", 0, told, sizeof told) == 0 &&
      strcmp(told, exchange) == 0)
    return EXCHANGE_CLOCK_OK;
  exchange_clock_disconnect(clock);
  return exchange_clock_fail(
      &clock->error, EXCHANGE_CLOCK_PROTOCOL, "the answer is about another exchange");
}

static inline enum exchange_clock_status exchange_clock_ask(
    struct exchange_clock *clock, const char *method, const char *exchange, int64_t recv_window_ms,
    int64_t lifetime_ms, int64_t max_error_ms, struct exchange_clock_text *result) {
  char params[768];
  exchange_clock_params(
      exchange, recv_window_ms, lifetime_ms, max_error_ms, params, sizeof params);
  return exchange_clock_call(clock, method, params, result);
}

/* What time an exchange believes it is. On failure, here and below, clock->error says why. */
static inline enum exchange_clock_status exchange_clock_now(
    struct exchange_clock *clock, const char *exchange, struct exchange_clock_now *now) {
  struct exchange_clock_slot slot;
  struct exchange_clock_text result;
  if (exchange_clock_read_page(clock, exchange, &slot, now) == EXCHANGE_CLOCK_OK)
    return EXCHANGE_CLOCK_OK;
  enum exchange_clock_status status =
      exchange_clock_ask(clock, "now", exchange, 0, 0, -1, &result);
  if (status == EXCHANGE_CLOCK_OK)
    status = exchange_clock_checked_of(
        clock, exchange, result, exchange_clock_read_now(result, now));
  return status;
}

/* As above, but an answer that may be off by more than so many milliseconds is refused
   (EXCHANGE_CLOCK_ERROR_TOO_LARGE). */
static inline enum exchange_clock_status exchange_clock_now_within(
    struct exchange_clock *clock, const char *exchange, int64_t max_error_ms,
    struct exchange_clock_now *now) {
  struct exchange_clock_slot slot;
  struct exchange_clock_text result;
  if (max_error_ms >= 0 && max_error_ms < 86400000 &&
      exchange_clock_read_page(clock, exchange, &slot, now) == EXCHANGE_CLOCK_OK &&
      now->latest_ns - now->earliest_ns <= max_error_ms * 2000000)
    return EXCHANGE_CLOCK_OK;
  enum exchange_clock_status status =
      exchange_clock_ask(clock, "now", exchange, 0, 0, max_error_ms < 0 ? 0 : max_error_ms, &result);
  if (status == EXCHANGE_CLOCK_OK)
    status = exchange_clock_checked_of(
        clock, exchange, result, exchange_clock_read_now(result, now));
  return status;
}

/* The timestamp of a request that is signed now; a window or a lifetime of 0 is the usual one. */
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
  if (status == EXCHANGE_CLOCK_OK)
    status = exchange_clock_checked_of(
        clock, exchange, result, exchange_clock_read_stamp(result, stamp));
  return status;
}

/* All that is known of an exchange's clock. */
static inline enum exchange_clock_status exchange_clock_offset(
    struct exchange_clock *clock, const char *exchange, struct exchange_clock_offset *offset) {
  struct exchange_clock_text result;
  memset(offset, 0, sizeof *offset);
  enum exchange_clock_status status =
      exchange_clock_ask(clock, "offset", exchange, 0, 0, -1, &result);
  if (status == EXCHANGE_CLOCK_OK)
    status = exchange_clock_checked_of(
        clock, exchange, result, exchange_clock_read_offset(result, offset));
  return status;
}

/* Of every exchange that the daemon follows, sorted by id: those that fit, and how many there are. */
static inline enum exchange_clock_status exchange_clock_offsets(
    struct exchange_clock *clock, struct exchange_clock_offset *offsets, size_t capacity,
    size_t *count) {
  struct exchange_clock_text result;
  *count = 0;
  enum exchange_clock_status status = exchange_clock_call(clock, "offsets", "{}", &result);
  if (status == EXCHANGE_CLOCK_OK)
    status = exchange_clock_checked(
        clock, exchange_clock_read_offsets(result, offsets, capacity, count));
  return status;
}

/* The exchange's clock when this host's CLOCK_REALTIME was that, Unix microseconds in the past. */
static inline enum exchange_clock_status exchange_clock_convert(
    struct exchange_clock *clock, const char *exchange, int64_t local_us,
    struct exchange_clock_converted *converted) {
  struct exchange_clock_text result;
  char id[512], params[600];
  memset(converted, 0, sizeof *converted);
  exchange_clock_quote_id(exchange, id, sizeof id);
  snprintf(params, sizeof params, "{\"exchange\":%s,\"local_us\":%lld}", id, (long long)local_us);
  enum exchange_clock_status status = exchange_clock_call(clock, "convert", params, &result);
  if (status == EXCHANGE_CLOCK_OK)
    status = exchange_clock_checked_of(
        clock, exchange, result, exchange_clock_read_converted(result, converted));
  return status;
}

/* The parameters of `resync`; NULL: all exchanges. */
static inline void exchange_clock_resync_params(
    const char *exchange, int accept_step, char *params, size_t capacity) {
  char id[512] = "";
  if (exchange != NULL) exchange_clock_quote_id(exchange, id, sizeof id);
  snprintf(params, capacity, "{%s%s%s%s}", exchange != NULL ? "\"exchange\":" : "", id,
           exchange != NULL && accept_step ? "," : "", accept_step ? "\"accept_step\":true" : "");
}

/* Has the daemon ask an exchange now, and waits. accept_step: a jump of its clock is believed however
   far it is; only root and the daemon's own user may say so. */
static inline enum exchange_clock_status exchange_clock_resync(
    struct exchange_clock *clock, const char *exchange, int accept_step,
    struct exchange_clock_offset *offset) {
  struct exchange_clock_text result;
  char params[600];
  memset(offset, 0, sizeof *offset);
  exchange_clock_resync_params(exchange, accept_step, params, sizeof params);
  enum exchange_clock_status status = exchange_clock_call(clock, "resync", params, &result);
  if (status == EXCHANGE_CLOCK_OK)
    status = exchange_clock_checked_of(
        clock, exchange, result, exchange_clock_read_offset(result, offset));
  return status;
}

/* As above, of all exchanges; offsets as from exchange_clock_offsets. */
static inline enum exchange_clock_status exchange_clock_resync_all(
    struct exchange_clock *clock, int accept_step, struct exchange_clock_offset *offsets,
    size_t capacity, size_t *count) {
  struct exchange_clock_text result;
  char params[600];
  *count = 0;
  exchange_clock_resync_params(NULL, accept_step, params, sizeof params);
  enum exchange_clock_status status = exchange_clock_call(clock, "resync", params, &result);
  if (status == EXCHANGE_CLOCK_OK)
    status = exchange_clock_checked(
        clock, exchange_clock_read_offsets(result, offsets, capacity, count));
  return status;
}

/* A member of `params` that is a number where the text is one, else a string. */
static inline size_t exchange_clock_append(
    char *params, size_t capacity, const char *name, const char *value, int is_text) {
  struct exchange_clock_text text = {value, value + strlen(value)};
  int64_t number;
  size_t length = strlen(params);
  snprintf(params + length, capacity - length, ",\"%s\":", name);
  length = strlen(params);
  if (is_text || exchange_clock_json_integer(text, &number))
    return length + exchange_clock_json_quote(value, params + length, capacity - length);
  snprintf(params + length, capacity - length, "%lld", (long long)number);
  return strlen(params);
}

/* The parameters of `report`, to be freed; NULL where no memory is left. */
static inline char *exchange_clock_report_params(
    const char *exchange, const struct exchange_clock_refusal *refusal) {
  char number[32];
  /* Each byte may take six, as \u0000 does. */
  size_t capacity = 256 + 6 * strlen(exchange) +
                    6 * (refusal->code != NULL ? strlen(refusal->code) : 0) +
                    6 * (refusal->message != NULL ? strlen(refusal->message) : 0) +
                    6 * (refusal->timestamp != NULL ? strlen(refusal->timestamp) : 0);
  char *params = (char *)malloc(capacity);
  if (params == NULL) return NULL;
  snprintf(params, capacity, "{\"exchange\":");
  exchange_clock_json_quote(exchange, params + strlen(params), capacity - strlen(params));
  if (refusal->code != NULL)
    exchange_clock_append(params, capacity, "code", refusal->code, refusal->code_is_text);
  if (refusal->http_status != 0) {
    snprintf(number, sizeof number, "%d", refusal->http_status);
    exchange_clock_append(params, capacity, "http_status", number, 0);
  }
  if (refusal->message != NULL)
    exchange_clock_append(params, capacity, "message", refusal->message, 1);
  if (refusal->timestamp != NULL)
    exchange_clock_append(
        params, capacity, "timestamp", refusal->timestamp, refusal->timestamp_is_text);
  if (refusal->recv_window_ms != 0) {
    snprintf(number, sizeof number, "%lld", (long long)refusal->recv_window_ms);
    exchange_clock_append(params, capacity, "recv_window_ms", number, 0);
  }
  size_t length = strlen(params);
  params[length] = '}';
  params[length + 1] = '\0';
  return params;
}

/* What a refusal means; the daemon resyncs first where the exchange's clock is to blame. */
static inline enum exchange_clock_status exchange_clock_report(
    struct exchange_clock *clock, const char *exchange,
    const struct exchange_clock_refusal *refusal, struct exchange_clock_report *report) {
  struct exchange_clock_text result;
  memset(report, 0, sizeof *report);
  char *params = exchange_clock_report_params(exchange, refusal);
  if (params == NULL)
    return exchange_clock_fail(&clock->error, EXCHANGE_CLOCK_PROTOCOL, "no memory is left");
  enum exchange_clock_status status = exchange_clock_call(clock, "report", params, &result);
  free(params);
  if (status == EXCHANGE_CLOCK_OK)
    status = exchange_clock_checked_of(
        clock, exchange, result, exchange_clock_read_report(result, report));
  return status;
}

static inline enum exchange_clock_status exchange_clock_health(
    struct exchange_clock *clock, struct exchange_clock_health *health) {
  struct exchange_clock_text result;
  memset(health, 0, sizeof *health);
  enum exchange_clock_status status = exchange_clock_call(clock, "health", "{}", &result);
  if (status == EXCHANGE_CLOCK_OK)
    status = exchange_clock_checked(clock, exchange_clock_read_health(result, health));
  return status;
}

/* The daemon's catalogue, sorted by id: the entries that fit, and how many there are. */
static inline enum exchange_clock_status exchange_clock_exchanges(
    struct exchange_clock *clock, struct exchange_clock_exchange *exchanges, size_t capacity,
    size_t *count) {
  struct exchange_clock_text result;
  *count = 0;
  enum exchange_clock_status status = exchange_clock_call(clock, "exchanges", "{}", &result);
  if (status == EXCHANGE_CLOCK_OK)
    status = exchange_clock_checked(
        clock, exchange_clock_read_exchanges(result, exchanges, capacity, count));
  return status;
}

/* ---------------------------------------------------------------------------- Subscriptions */

/* Offsets as they change, over a connection of its own. */
struct exchange_clock_subscription {
  struct exchange_clock clock; /* its `error` says why a call has failed. Its `fd` can be polled
                                  once the next offset has timed out, as what was received may hold
                                  several; it may be another after each call, and is -1 while no
                                  daemon answers. */
  char *params;
  struct exchange_clock_text offsets; /* with which it began, and how far they were handed out */
  struct exchange_clock_text offset;
};

/* The parameters of `subscribe`, to be freed; NULL where no memory is left. */
static inline char *exchange_clock_subscribe_params(
    const char *const *exchanges, size_t count, int64_t min_change_us) {
  size_t capacity = 128;
  for (size_t i = 0; exchanges != NULL && i < count; i++) capacity += 6 * strlen(exchanges[i]) + 8;
  char *params = (char *)malloc(capacity);
  if (params == NULL) return NULL;
  snprintf(params, capacity, exchanges != NULL ? "{\"exchanges\":[" : "{");
  for (size_t i = 0; exchanges != NULL && i < count; i++) {
    size_t length = strlen(params);
    if (i > 0) params[length++] = ',';
    exchange_clock_json_quote(exchanges[i], params + length, capacity - length);
  }
  size_t length = strlen(params);
  length += (size_t)snprintf(params + length, capacity - length, exchanges != NULL ? "]" : "");
  if (min_change_us >= 0)
    length += (size_t)snprintf(
        params + length, capacity - length, "%s\"min_change_us\":%lld",
        exchanges != NULL ? "," : "", (long long)min_change_us);
  snprintf(params + length, capacity - length, "}");
  return params;
}

static inline enum exchange_clock_status exchange_clock_subscribe_again(
    struct exchange_clock_subscription *subscription) {
  struct exchange_clock_text result, none = {NULL, NULL};
  int64_t number;
  subscription->offsets = subscription->offset = none;
  enum exchange_clock_status status =
      exchange_clock_call(&subscription->clock, "subscribe", subscription->params, &result);
  if (status == EXCHANGE_CLOCK_OK)
    status = exchange_clock_checked(
        &subscription->clock,
        exchange_clock_read_subscribed(result, &number, &subscription->offsets));
  if (status != EXCHANGE_CLOCK_OK) {
    subscription->offsets = none;
    exchange_clock_disconnect(&subscription->clock);
  }
  return status;
}

/* Ends a subscription. */
static inline void exchange_clock_unsubscribe(struct exchange_clock_subscription *subscription) {
  exchange_clock_close(&subscription->clock);
  free(subscription->params);
  subscription->params = NULL;
}

/* Subscribes to `count` exchanges, NULL for all that the daemon follows, and to changes of so many
   microseconds or more, below 0 for the usual. It is to be ended by exchange_clock_unsubscribe,
   also where this fails. */
static inline enum exchange_clock_status exchange_clock_subscribe(
    const struct exchange_clock *clock, const char *const *exchanges, size_t count,
    int64_t min_change_us, struct exchange_clock_subscription *subscription) {
  memset(subscription, 0, sizeof *subscription);
  memcpy(subscription->clock.socket_path, clock->socket_path, sizeof clock->socket_path);
  subscription->clock.fd = -1;
  subscription->clock.timeout_ms = clock->timeout_ms;
  subscription->params = exchange_clock_subscribe_params(exchanges, count, min_change_us);
  if (subscription->params == NULL)
    return exchange_clock_fail(
        &subscription->clock.error, EXCHANGE_CLOCK_PROTOCOL, "no memory is left");
  return exchange_clock_subscribe_again(subscription);
}

/* The next offset: first that of every exchange, then each that changed, and all once more after the
   daemon was restarted. EXCHANGE_CLOCK_TIMED_OUT after so many milliseconds without one, below 0:
   never; the subscription goes on then. While no daemon answers, or it has too many clients, it is
   tried again once a second. */
static inline enum exchange_clock_status exchange_clock_next_offset(
    struct exchange_clock_subscription *subscription, int64_t timeout_ms,
    struct exchange_clock_offset *offset) {
  struct exchange_clock *clock = &subscription->clock;
  int64_t deadline_ms = timeout_ms < 0 ? -1 : exchange_clock_monotonic_ms() + timeout_ms, number;
  memset(offset, 0, sizeof *offset);
  for (;;) {
    enum exchange_clock_status status = EXCHANGE_CLOCK_OK;
    if (exchange_clock_json_next(subscription->offsets, &subscription->offset)) {
      exchange_clock_read_offset(subscription->offset, offset);
      return EXCHANGE_CLOCK_OK;
    }
    subscription->offsets.start = subscription->offset.start = NULL;
    if (!exchange_clock_is_connected(clock)) {
      int timeout = clock->timeout_ms;
      int64_t most = deadline_ms < 0 ? timeout : deadline_ms - exchange_clock_monotonic_ms();
      if (most < timeout) clock->timeout_ms = most > 1 ? (int)most : 1;
      status = exchange_clock_subscribe_again(subscription);
      clock->timeout_ms = timeout;
      if (status == EXCHANGE_CLOCK_OK) continue;
      if (status != EXCHANGE_CLOCK_UNREACHABLE && status != EXCHANGE_CLOCK_TIMED_OUT &&
          status != EXCHANGE_CLOCK_OVERLOADED)
        return status;
      int64_t left = deadline_ms < 0 ? 1000 : deadline_ms - exchange_clock_monotonic_ms();
      if (left <= 0) return exchange_clock_fail(
          &clock->error, EXCHANGE_CLOCK_TIMED_OUT, "no daemon has answered meanwhile");
      poll(NULL, 0, left < 1000 ? (int)left : 1000);
      continue;
    }
    status = exchange_clock_receive_line(clock, deadline_ms);
    if (status == EXCHANGE_CLOCK_TIMED_OUT) return status;
    if (status == EXCHANGE_CLOCK_UNREACHABLE) {
      exchange_clock_disconnect(clock);
      continue;
    }
    int told = status != EXCHANGE_CLOCK_OK ? -1 : exchange_clock_read_notification(
        clock->buffer, clock->consumed - 1, &number, offset);
    if (told > 0) return EXCHANGE_CLOCK_OK;
    if (told < 0) {
      exchange_clock_disconnect(clock);
      return exchange_clock_fail(
          &clock->error, EXCHANGE_CLOCK_PROTOCOL, "this is no notification of the daemon");
    }
  }
}

#ifdef __cplusplus
}
#endif

#endif
