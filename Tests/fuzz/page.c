/* The C reader of the shared page, fed with whatever may be in the file. */
#include "exchange_clock.h"

#include <stdlib.h>

static void read_slot(const struct exchange_clock_page *page, int index) {
  struct exchange_clock_slot slot;
  struct exchange_clock_now now;
  struct exchange_clock_stamp stamp;
  static const int64_t asked[] = {0, 1, 5000, -1, INT64_MAX, INT64_MIN};
  if (exchange_clock_page_slot(page, index, &slot) != EXCHANGE_CLOCK_OK) return;
  /* The clocks that would make the most of it. */
  int64_t raw_ns = slot.checked_raw_ns;
  int64_t realtime_ns;
  if (__builtin_add_overflow(raw_ns, slot.real_minus_raw_ns, &realtime_ns)) realtime_ns = 0;
  if (exchange_clock_slot_now(&slot, raw_ns, realtime_ns, &now) != EXCHANGE_CLOCK_OK) return;
  for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
    exchange_clock_slot_stamp(&slot, &now, asked[i], 0, &stamp);
    exchange_clock_slot_stamp(&slot, &now, 0, asked[i], &stamp);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  /* A copy of exactly that size, so that reading beyond it is noticed; aligned as a map is. */
  unsigned char *bytes = NULL;
  if (posix_memalign((void **)&bytes, 64, size ? size : 1) != 0) abort();
  memcpy(bytes, data, size);
  struct exchange_clock_page page;
  unsigned char boot_id[16] = {0};
  if (size >= 40) memcpy(boot_id, bytes + 24, sizeof boot_id);
  if (exchange_clock_page_from(&page, bytes, size, boot_id) == EXCHANGE_CLOCK_OK) {
    exchange_clock_page_find(&page, "kraken");
    exchange_clock_page_find(&page, "");
    for (uint32_t index = 0; index < page.slots; index++) read_slot(&page, (int)index);
  }
  free(bytes);
  return 0;
}
