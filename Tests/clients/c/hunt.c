/* Reads slots while somebody writes them at full speed, and looks for fields that were not written
   together: each write makes all fields of one number.  hunt PAGE SECONDS */
#include "exchange_clock.h"

static int is_whole(const struct exchange_clock_slot *slot) {
  int64_t n = slot->as_of_raw_ns;
  return slot->state == (n % 2 == 0 ? 1u : 2u) && slot->rule == (n % 2 == 0 ? 1u : 2u) &&
         slot->format == (uint32_t)(n % 6) &&
         slot->flags == (n % 3 == 0 ? 1u : 0u) + (n % 5 == 0 ? 2u : 0u) && slot->lower_ns == n * 3 &&
         slot->upper_ns == n * 5 && slot->lower_rate == (double)n &&
         slot->upper_rate == (double)n * 2 && slot->void_after_raw_ns == n * 7 &&
         slot->holdover_after_raw_ns == n * 11 && slot->checked_raw_ns == n * 13 &&
         slot->real_minus_raw_ns == n * 17 && slot->resolution_ns == n * 19 &&
         slot->window_ns == n * 23 && slot->longest_window_ns == n * 29 &&
         slot->tolerance_ns == n * 31;
}

int main(int count, char **arguments) {
  struct exchange_clock_page page;
  struct exchange_clock_slot slot;
  int64_t now, realtime, last = 0;
  long long reads = 0, torn = 0, changes = 0;
  if (count != 3 || exchange_clock_page_open(&page, arguments[1]) != EXCHANGE_CLOCK_OK) return 64;
  exchange_clock_read_clocks(&now, &realtime);
  int64_t end = now + atoll(arguments[2]) * 1000000000;
  while (now < end) {
    for (int round = 0; round < 1000; round++) {
      int index = round % (int)page.slots;
      if (exchange_clock_page_slot(&page, index, &slot) != EXCHANGE_CLOCK_OK) {
        torn++;
        continue;
      }
      reads++;
      changes += slot.as_of_raw_ns != last;
      last = slot.as_of_raw_ns;
      if (!is_whole(&slot)) {
        printf("torn: %lld %lld %lld\n", (long long)last, (long long)slot.lower_ns,
               (long long)slot.tolerance_ns);
        return 1;
      }
    }
    exchange_clock_read_clocks(&now, &realtime);
  }
  printf("%lld reads were whole, %lld of them new, %lld given up\n", reads, changes, torn);
  return reads > 0 ? 0 : 1;
}
