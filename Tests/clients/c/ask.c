/* Asks what it is told to on standard input, as the C client does; an answer in JSON a line. */
#include "exchange_clock.h"

static void print_failure(const struct exchange_clock *clock, enum exchange_clock_status status) {
  char message[2048];
  exchange_clock_json_quote(clock->error.message, message, sizeof message);
  printf("{\"status\":\"%s\",\"page\":\"%s\",\"message\":%s}\n", exchange_clock_name(status),
         exchange_clock_name(clock->page_status), message);
}

int main(int count, char **arguments) {
  struct exchange_clock clock;
  char line[256], method[32], exchange[64];
  exchange_clock_connect(&clock, count > 1 ? arguments[1] : NULL);
  while (fgets(line, sizeof line, stdin) != NULL) {
    long long window = 0, lifetime = 0;
    if (sscanf(line, "%31s %63s %lld %lld", method, exchange, &window, &lifetime) < 2) return 1;
    struct exchange_clock_now now;
    struct exchange_clock_stamp stamp;
    struct exchange_clock_text offset;
    int is_now = strcmp(method, "now") == 0, is_stamp = strcmp(method, "stamp") == 0;
    enum exchange_clock_status status =
        is_now     ? exchange_clock_now(&clock, exchange, &now)
        : is_stamp ? exchange_clock_stamp(&clock, exchange, window, lifetime, &stamp)
                   : exchange_clock_offset(&clock, exchange, &offset);
    const char *page = exchange_clock_name(clock.page_status);
    if (status != EXCHANGE_CLOCK_OK)
      print_failure(&clock, status);
    else if (is_now)
      printf("{\"status\":\"ok\",\"page\":\"%s\",\"estimate_us\":%lld}\n", page,
             (long long)(now.estimate_ns / 1000));
    else if (is_stamp)
      printf("{\"status\":\"ok\",\"page\":\"%s\",\"timestamp\":\"%s\",\"guaranteed\":%s}\n", page,
             stamp.timestamp, stamp.guaranteed ? "true" : "false");
    else
      printf("{\"status\":\"ok\",%.*s\n", (int)(offset.end - offset.start - 1), offset.start + 1);
    fflush(stdout);
  }
  exchange_clock_close(&clock);
  return 0;
}
