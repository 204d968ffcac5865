/* The cases of clients/conformance, one a line of tab-separated fields on standard input, by the C
   client; one line of JSON for each on standard output. */
#include "exchange_clock.h"

static char *fields[16];
static int count;

static void split(char *line) {
  count = 0;
  line[strcspn(line, "\n")] = '\0';
  while (line != NULL && count < 16) {
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

static void print_stamp(const struct exchange_clock_stamp *stamp) {
  const char *quote = stamp->is_text ? "\"" : "";
  printf("{\"state\":\"%s\",\"timestamp\":%s%s%s,\"unix_us\":%lld",
         exchange_clock_state_name(stamp->state), quote, stamp->timestamp, quote,
         (long long)stamp->unix_us);
  printf(",\"recv_window_ms\":%lld,\"min_recv_window_ms\":%lld,\"margin_ms\":%lld",
         (long long)stamp->recv_window_ms, (long long)stamp->min_recv_window_ms,
         (long long)stamp->margin_ms);
  printf(",\"has_margin\":%s,\"guaranteed\":%s}\n", stamp->has_margin ? "true" : "false",
         stamp->guaranteed ? "true" : "false");
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

/* id, method, then hexadecimal: params; or: exchange, window, lifetime, largest error */
static void request_case(int is_generic) {
  char line[4096], params[2048] = "";
  unsigned char text[2048] = "";
  text[unhex(fields[3], text)] = '\0';
  if (is_generic) memcpy(params, text, strlen((char *)text) + 1);
  else
    exchange_clock_params((char *)text, number(fields[4]), number(fields[5]), number(fields[6]),
                          params, sizeof params);
  exchange_clock_request_line(number(fields[1]), fields[2], params, line, sizeof line);
  printf("%s\n", line);
}

static void print_string(const char *text) {
  char quoted[2048];
  exchange_clock_json_quote(text, quoted, sizeof quoted);
  printf("%s", quoted);
}

/* id, method, line in hexadecimal */
static void answer_case(void) {
  static char line[1 << 17];
  struct exchange_clock_text result;
  struct exchange_clock_error error;
  struct exchange_clock_now now;
  struct exchange_clock_stamp stamp;
  memset(&now, 0, sizeof now);
  memset(&stamp, 0, sizeof stamp);
  size_t length = unhex(fields[3], (unsigned char *)line);
  /* Nothing behind it may be read. */
  char *exact = (char *)malloc(length > 0 ? length : 1);
  memcpy(exact, line, length);
  enum exchange_clock_status status =
      exchange_clock_read_answer(exact, length, number(fields[1]), &result, &error);
  int is_now = strcmp(fields[2], "now") == 0, is_stamp = strcmp(fields[2], "stamp") == 0;
  if (status == EXCHANGE_CLOCK_OK && ((is_now && exchange_clock_read_now(result, &now) != 0) ||
                                      (is_stamp && exchange_clock_read_stamp(result, &stamp) != 0)))
    status = exchange_clock_fail(&error, EXCHANGE_CLOCK_PROTOCOL, "");
  if (status != EXCHANGE_CLOCK_OK) {
    printf("{\"kind\":\"%s\",\"code\":%lld,\"retry_after_ms\":%lld", exchange_clock_name(status),
           (long long)error.code, (long long)error.retry_after_ms);
    printf(",\"message\":");
    print_string(error.message);
    printf(",\"exchange\":");
    print_string(error.exchange);
    printf(",\"state\":");
    print_string(error.state);
    printf(",\"reason\":");
    print_string(error.reason);
    printf("}\n");
  } else if (is_now) {
    printf("{\"state\":\"%s\",\"earliest_us\":%lld,\"latest_us\":%lld,\"estimate_us\":%lld",
           exchange_clock_state_name(now.state), (long long)(now.earliest_ns / 1000),
           (long long)(now.latest_ns / 1000), (long long)(now.estimate_ns / 1000));
    printf(",\"local_us\":%lld}\n", (long long)(now.local_ns / 1000));
  } else if (is_stamp) {
    print_stamp(&stamp);
  } else {
    printf("%.*s\n", (int)(result.end - result.start), result.start);
  }
  free(exact);
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
      default: return 1;
    }
  }
  return 0;
}
