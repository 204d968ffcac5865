/* The C client's reading of the daemon's answers, fed with whatever may come over the socket. */
#include "exchange_clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  /* A copy of exactly that size, so that reading beyond it is noticed. */
  char *line = malloc(size ? size : 1);
  if (line == NULL) return 0;
  memcpy(line, data, size);
  struct exchange_clock_text result, offsets;
  struct exchange_clock_error error;
  struct exchange_clock_offset offset;
  int64_t subscription;
  exchange_clock_read_notification(line, size, &subscription, &offset);
  if (exchange_clock_read_answer(line, size, 1, &result, &error) == EXCHANGE_CLOCK_OK) {
    struct exchange_clock_now now;
    struct exchange_clock_stamp stamp;
    struct exchange_clock_converted converted;
    struct exchange_clock_report report;
    struct exchange_clock_health health;
    struct exchange_clock_exchange exchanges[2];
    size_t count;
    exchange_clock_read_now(result, &now);
    exchange_clock_read_stamp(result, &stamp);
    exchange_clock_read_offset(result, &offset);
    exchange_clock_read_offsets(result, &offset, 1, &count);
    exchange_clock_read_converted(result, &converted);
    exchange_clock_read_report(result, &report);
    exchange_clock_read_health(result, &health);
    exchange_clock_read_exchanges(result, exchanges, 2, &count);
    exchange_clock_read_subscribed(result, &subscription, &offsets);
  }
  free(line);
  return 0;
}
