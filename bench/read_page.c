/* How long a read of the shared page takes in C beside a bare reading of the clock.

     read_page PAGE EXCHANGE ROUNDS READS    prints "now 80.1 stamp 150.2 clock 61.5" for each round,
                                             nanoseconds */
#include "exchange_clock.h"

static struct exchange_clock_page page;
static const char *exchange;

static int64_t read_raw_clock(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC_RAW, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void check(enum exchange_clock_status status) {
  if (status == EXCHANGE_CLOCK_OK) return;
  fprintf(stderr, "read_page: %s\n", exchange_clock_name(status));
  exit(1);
}

static int64_t read_now(void) {
  struct exchange_clock_now now;
  check(exchange_clock_page_now(&page, exchange, &now));
  return now.earliest_ns;
}

static int64_t read_stamp(void) {
  struct exchange_clock_stamp stamp;
  check(exchange_clock_page_stamp(&page, exchange, 0, 0, &stamp));
  return stamp.unix_us;
}

/* Nanoseconds of one call, the mean of many. */
static double measure(int64_t (*read)(void), long reads) {
  int64_t sum = 0, start = read_raw_clock();
  for (long i = 0; i < reads; i++) sum += read();
  int64_t end = read_raw_clock();
  if (sum == 1) puts(""); /* so that no read is left out */
  return (double)(end - start) / (double)reads;
}

int main(int count, char **arguments) {
  if (count != 5) return 64;
  check(exchange_clock_page_open(&page, arguments[1]));
  exchange = arguments[2];
  long rounds = atol(arguments[3]), reads = atol(arguments[4]);
  for (long i = 0; i < rounds; i++) {
    double clock = measure(read_raw_clock, reads);
    double now = measure(read_now, reads);
    double stamp = measure(read_stamp, reads);
    printf("now %.1f stamp %.1f clock %.1f\n", now, stamp, clock);
  }
  return 0;
}
