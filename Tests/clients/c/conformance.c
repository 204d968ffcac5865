/* The cases of clients/conformance, one a line of tab-separated fields on standard input, by the C
   client; one line of JSON for each on standard output. */
#include "print.h"

enum { MOST = 16 };
static char *fields[MOST];
static int count;
static struct exchange_clock_offset offsets[MOST];
static struct exchange_clock_exchange exchanges[MOST];

static void split(char *line) {
  count = 0;
  line[strcspn(line, "\n")] = '\0';
  while (line != NULL && count < MOST) {
    fields[count++] = line;
    line = strchr(line, '\t');
    if (line != NULL) *line++ = '\0';
  }
}

static long long number(const char *text) { return strtoll(text, NULL, 10); }

/* Hexadecimal digits to bytes; the buffer is aligned as a map would be. */
static size_t unhex(const char *digits, unsigned char *bytes) {
  size_t length = strlen(digits) / 2;
  for (size_t i = 0; i < length; i++) {
    char pair[3] = {digits[2 * i], digits[2 * i + 1], '\0'};
    bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
  }
  return length;
}

static void print_refusal(enum exchange_clock_status status, enum exchange_clock_state state) {
  printf("{\"refusal\":\"%s\"", exchange_clock_name(status));
  if (status == EXCHANGE_CLOCK_NOT_SYNCHRONIZED)
    printf(",\"state\":\"%s\"", exchange_clock_state_name(state));
  printf("}\n");
}

/* image, boot id, exchange, raw, realtime, and for a stamp: window, lifetime (0 the usual) */
static void page_case(int is_stamp) {
  static uint64_t image[1 << 17];
  unsigned char boot_id[16];
  struct exchange_clock_page page;
  struct exchange_clock_slot slot;
  struct exchange_clock_now now;
  memset(&now, 0, sizeof now);
  size_t bytes = unhex(fields[1], (unsigned char *)image);
  unhex(fields[2], boot_id);
  enum exchange_clock_status status = exchange_clock_page_from(&page, image, bytes, boot_id);
  int index = status == EXCHANGE_CLOCK_OK ? exchange_clock_page_find(&page, fields[3]) : -1;
  if (status == EXCHANGE_CLOCK_OK && index < 0) status = EXCHANGE_CLOCK_UNKNOWN_EXCHANGE;
  if (status == EXCHANGE_CLOCK_OK) status = exchange_clock_page_slot(&page, index, &slot);
  if (status == EXCHANGE_CLOCK_OK)
    status = exchange_clock_slot_now(&slot, number(fields[4]), number(fields[5]), &now);
  if (status == EXCHANGE_CLOCK_OK && is_stamp) {
    struct exchange_clock_stamp stamp;
    status = exchange_clock_slot_stamp(
        &slot, &now, number(fields[6]), number(fields[7]), &stamp);
    if (status == EXCHANGE_CLOCK_OK) {
      print_stamp(&stamp);
      printf("\n");
      return;
    }
  }
  if (status != EXCHANGE_CLOCK_OK) {
    print_refusal(status, now.state);
    return;
  }
  printf("{\"state\":\"%s\",\"earliest_ns\":%lld,\"latest_ns\":%lld,\"estimate_ns\":%lld}\n",
         exchange_clock_state_name(now.state), (long long)now.earliest_ns,
         (long long)now.latest_ns, (long long)now.estimate_ns);
}

/* id, method, then hexadecimal fields: all parameters in JSON (g), or those of the method (r) */
static void request_case(int is_generic) {
  static char line[65536], values[8][8192];
  char buffer[8192] = "", *params = buffer;
  int is_report = strcmp(fields[2], "report") == 0, is_list = strcmp(fields[2], "subscribe") == 0;
  for (int i = 3; i < count; i++) values[i - 3][unhex(fields[i], (unsigned char *)values[i - 3])] = 0;
  if (is_generic) {
    params = values[0];
  } else if (strcmp(fields[2], "resync") == 0) {
    exchange_clock_resync_params(
        values[0][0] != '\0' ? values[0] : NULL, values[1][0] == '1', buffer, sizeof buffer);
  } else if (is_report) {
    /* exchange, code, whether that is text, status, message, timestamp, whether text, window */
    struct exchange_clock_refusal refusal;
    refusal.code = values[1];
    refusal.code_is_text = values[2][0] == '1';
    refusal.http_status = atoi(values[3]);
    refusal.message = values[4][0] != '\0' ? values[4] : NULL;
    refusal.timestamp = values[5][0] != '\0' ? values[5] : NULL;
    refusal.timestamp_is_text = values[6][0] == '1';
    refusal.recv_window_ms = number(values[7]);
    params = exchange_clock_report_params(values[0], &refusal);
  } else if (is_list) {
    /* the change, whether all, the exchanges */
    const char *exchanges[8];
    for (int i = 5; i < count; i++) exchanges[i - 5] = values[i - 3];
    params = exchange_clock_subscribe_params(
        values[1][0] == '1' ? NULL : exchanges, (size_t)(count > 5 ? count - 5 : 0),
        values[0][0] != '\0' ? number(values[0]) : -1);
  } else {
    exchange_clock_params(values[0], number(values[1]), number(values[2]), number(values[3]), buffer,
                          sizeof buffer);
  }
  exchange_clock_request_line(number(fields[1]), fields[2], params, line, sizeof line);
  printf("%s\n", line);
  if (is_report || (is_list && !is_generic)) {
    if (!is_generic) free(params);
  }
}

/* id, method, line in hexadecimal */
static void answer_case(void) {
  static char line[1 << 17];
  struct exchange_clock_text result;
  struct exchange_clock_error error;
  struct exchange_clock_now now;
  struct exchange_clock_stamp stamp;
  struct exchange_clock_converted converted;
  struct exchange_clock_report report;
  struct exchange_clock_health health;
  size_t length = unhex(fields[3], (unsigned char *)line);
  /* Nothing behind it may be read. */
  char *exact = (char *)malloc(length > 0 ? length : 1);
  memcpy(exact, line, length);
  enum exchange_clock_status status =
      exchange_clock_read_answer(exact, length, number(fields[1]), &result, &error);
  int is_bad = 0;
  size_t number_of = 0;
  int64_t subscription = 0;
  struct exchange_clock_text list;
  const char *method = fields[2];
#define IS(name) (strcmp(method, name) == 0)
  if (status == EXCHANGE_CLOCK_OK) {
    int is_list = exchange_clock_json_begins(result, '[');
    is_bad = IS("now")       ? exchange_clock_read_now(result, &now)
             : IS("stamp")   ? exchange_clock_read_stamp(result, &stamp)
             : IS("offsets") || (IS("resync") && is_list)
                 ? exchange_clock_read_offsets(result, offsets, MOST, &number_of)
             : IS("offset") || IS("resync") ? exchange_clock_read_offset(result, &offsets[0])
             : IS("convert")   ? exchange_clock_read_converted(result, &converted)
             : IS("report")    ? exchange_clock_read_report(result, &report)
             : IS("health")    ? exchange_clock_read_health(result, &health)
             : IS("exchanges") ? exchange_clock_read_exchanges(result, exchanges, MOST, &number_of)
             : IS("subscribe") ? exchange_clock_read_subscribed(result, &subscription, &list)
                               : 0;
    if (is_bad) status = exchange_clock_fail(&error, EXCHANGE_CLOCK_PROTOCOL, "");
    if (is_list && IS("resync")) method = "offsets";
  }
  if (status != EXCHANGE_CLOCK_OK) {
    printf("{\"kind\":\"%s\"", exchange_clock_name(status));
    print_number("code", error.code);
    print_number("retry_after_ms", error.retry_after_ms);
    print_text("message", error.message);
    print_text("exchange", error.exchange);
    print_text("state", error.state);
    print_text("reason", error.reason);
    printf("}");
  } else if (IS("now")) print_now(&now);
  else if (IS("stamp")) print_stamp(&stamp);
  else if (IS("offset") || IS("resync")) print_offset(&offsets[0]);
  else if (IS("offsets")) print_offsets(offsets, number_of);
  else if (IS("convert")) print_converted(&converted);
  else if (IS("report")) print_report(&report);
  else if (IS("health")) print_health(&health);
  else if (IS("exchanges")) print_exchanges(exchanges, number_of);
  else if (IS("subscribe")) {
    exchange_clock_read_offsets(list, offsets, MOST, &number_of);
    printf("{\"subscription\":%lld,\"offsets\":", (long long)subscription);
    print_offsets(offsets, number_of);
    printf("}");
  }
  printf("\n");
  free(exact);
}

/* line in hexadecimal */
static void notification_case(void) {
  static char line[1 << 17];
  int64_t subscription = 0;
  size_t length = unhex(fields[1], (unsigned char *)line);
  char *exact = (char *)malloc(length > 0 ? length : 1);
  memcpy(exact, line, length);
  int told = exchange_clock_read_notification(exact, length, &subscription, &offsets[0]);
  free(exact);
  if (told <= 0) {
    printf(told == 0 ? "{\"passed_over\":true}\n" : "{\"kind\":\"protocol\"}\n");
    return;
  }
  printf("{\"subscription\":%lld,\"offset\":", (long long)subscription);
  print_offset(&offsets[0]);
  printf("}\n");
}

int main(void) {
  static char line[1 << 20];
  while (fgets(line, sizeof line, stdin) != NULL) {
    split(line);
    switch (fields[0][0]) {
      case 'n': page_case(0); break;
      case 's': page_case(1); break;
      case 'r': request_case(0); break;
      case 'g': request_case(1); break;
      case 'a': answer_case(); break;
      case 't': notification_case(); break;
      default: return 1;
    }
  }
  return 0;
}
