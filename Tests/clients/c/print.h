/* What the C client tells, as JSON with the names of the protocol. */
#ifndef PRINT_H
#define PRINT_H

#include "exchange_clock.h"

static inline void print_string(const char *text) {
  char quoted[8192];
  exchange_clock_json_quote(text, quoted, sizeof quoted);
  printf("%s", quoted);
}

static inline void print_text(const char *name, const char *text) {
  printf(",\"%s\":", name);
  print_string(text);
}

/* Empty stands for null. */
static inline void print_text_or_null(const char *name, const char *text) {
  if (*text == '\0') printf(",\"%s\":null", name);
  else print_text(name, text);
}

static inline void print_number(const char *name, int64_t number) {
  printf(",\"%s\":%lld", name, (long long)number);
}

static inline void print_number_or_null(const char *name, int64_t number, int is_null) {
  if (is_null) printf(",\"%s\":null", name);
  else print_number(name, number);
}

static inline void print_truth(const char *name, int truth) {
  printf(",\"%s\":%s", name, truth ? "true" : "false");
}

static inline void print_stamp(const struct exchange_clock_stamp *stamp) {
  const char *quote = stamp->is_text ? "\"" : "";
  printf("{\"state\":\"%s\",\"timestamp\":%s%s%s", exchange_clock_state_name(stamp->state), quote,
         stamp->timestamp, quote);
  print_number("unix_us", stamp->unix_us);
  print_text_or_null("carrier", stamp->carrier);
  print_number_or_null("recv_window_ms", stamp->recv_window_ms, stamp->recv_window_ms < 0);
  print_number_or_null(
      "min_recv_window_ms", stamp->min_recv_window_ms, stamp->min_recv_window_ms < 0);
  print_number_or_null("margin_ms", stamp->margin_ms, !stamp->has_margin);
  print_truth("guaranteed", stamp->guaranteed);
  print_text_or_null("reason", stamp->reason);
  printf("}");
}

static inline void print_now(const struct exchange_clock_now *now) {
  printf("{\"state\":\"%s\"", exchange_clock_state_name(now->state));
  print_number("earliest_us", now->earliest_ns / 1000);
  print_number("latest_us", now->latest_ns / 1000);
  print_number("estimate_us", now->estimate_ns / 1000);
  print_number("local_us", now->local_ns / 1000);
  printf("}");
}

static inline void print_offset(const struct exchange_clock_offset *offset) {
  int is_null = !offset->has_time;
  printf("{\"state\":\"%s\"", exchange_clock_state_name(offset->state));
  print_text("exchange", offset->exchange);
  print_text("reason", offset->reason);
  print_number_or_null("offset_ns", offset->offset_ns, is_null);
  print_number_or_null("lower_ns", offset->lower_ns, is_null);
  print_number_or_null("upper_ns", offset->upper_ns, is_null);
  print_number_or_null("error_ns", offset->error_ns, is_null);
  if (is_null) printf(",\"drift_ppm\":null,\"drift_error_ppm\":null");
  else
    printf(",\"drift_ppm\":%.17g,\"drift_error_ppm\":%.17g", offset->drift_ppm,
           offset->drift_error_ppm);
  print_number_or_null("rtt_min_ns", offset->rtt_min_ns, is_null);
  print_number_or_null("rtt_last_ns", offset->rtt_last_ns, is_null);
  print_number_or_null("last_sync_us", offset->last_sync_us, is_null);
  print_number_or_null("age_ms", offset->age_ms, is_null);
  print_number("samples", offset->samples);
  print_number("rejected", offset->rejected);
  if (offset->rejected_contradicting < 0) {
    printf(",\"rejected_by\":{}");
  } else {
    printf(",\"rejected_by\":{\"contradicting\":%lld", (long long)offset->rejected_contradicting);
    print_number("stale", offset->rejected_stale);
    print_number("unusable", offset->rejected_unusable);
    printf("}");
  }
  print_number("resyncs_failed", offset->resyncs_failed);
  print_number("resolution_ns", offset->resolution_ns);
  print_number("next_sync_ms", offset->next_sync_ms);
  print_number("failures", offset->failures);
  printf("}");
}

static inline void print_offsets(const struct exchange_clock_offset *offsets, size_t count) {
  printf("[");
  for (size_t i = 0; i < count; i++) {
    printf("%s", i > 0 ? "," : "");
    print_offset(&offsets[i]);
  }
  printf("]");
}

static inline void print_converted(const struct exchange_clock_converted *converted) {
  printf("{\"local_us\":%lld", (long long)converted->local_us);
  print_text("exchange", converted->exchange);
  print_number("estimate_us", converted->estimate_us);
  print_number("earliest_us", converted->earliest_us);
  print_number("latest_us", converted->latest_us);
  printf("}");
}

static inline void print_report(const struct exchange_clock_report *report) {
  printf("{\"resynced\":%s", report->resynced ? "true" : "false");
  print_text("exchange", report->exchange);
  print_text("verdict", report->verdict);
  print_text("action", report->action);
  print_text("explanation", report->explanation);
  print_number_or_null("retry_after_ms", report->retry_after_ms, report->retry_after_ms < 0);
  printf(",\"offset\":");
  print_offset(&report->offset);
  printf(",\"stamp\":");
  if (report->has_stamp) print_stamp(&report->stamp);
  else printf("null");
  printf("}");
}

static inline void print_json(const char *name, struct exchange_clock_text object) {
  struct exchange_clock_text value = exchange_clock_json_member(object, name);
  if (value.start == NULL) printf(",\"%s\":[]", name);
  else printf(",\"%s\":%.*s", name, (int)(value.end - value.start), value.start);
}

static inline void print_health(const struct exchange_clock_health *health) {
  const char *synchronized = health->kernel_synchronized > 0    ? "true"
                             : health->kernel_synchronized == 0 ? "false"
                                                                : "null";
  printf("{\"ready\":%s", health->ready ? "true" : "false");
  print_truth("ready_now", health->ready_now);
  print_text_or_null("configuration", health->configuration);
  print_text("status", health->status);
  print_number("uptime_ms", health->uptime_ms);
  print_number_or_null("started_us", health->started_us, health->started_us < 0);
  print_text("version", health->version);
  print_json("reasons", health->json);
  print_json("verdicts", health->json);
  printf(",\"system_clock\":{\"kernel_synchronized\":%s", synchronized);
  print_number_or_null("offset_ns", health->offset_ns, !health->has_offset);
  print_number_or_null("error_ns", health->error_ns, !health->has_offset);
  printf("},\"counts\":{\"synchronized\":%lld", (long long)health->synchronized);
  print_number("unknown", health->unknown);
  print_number("clients", health->clients);
  printf("}}");
}

static inline void print_exchange(const struct exchange_clock_exchange *exchange) {
  printf("{\"enabled\":%s", exchange->enabled ? "true" : "false");
  print_text("id", exchange->id);
  print_text("name", exchange->name);
  print_text("market", exchange->market);
  print_text("endpoint", exchange->endpoint);
  print_number("resolution_ns", exchange->resolution_ns);
  print_text("timestamp_format", exchange->timestamp_format);
  print_text("timestamp_carrier", exchange->timestamp_carrier);
  print_text("window_kind", exchange->window_kind);
  print_text_or_null("window_param", exchange->window_param);
  print_truth("window_documented", exchange->window_documented);
  print_number_or_null("window_ms", exchange->window_ms, exchange->window_ms < 0);
  print_number_or_null("window_max_ms", exchange->window_max_ms, exchange->window_max_ms < 0);
  print_number_or_null(
      "future_tolerance_ms", exchange->future_tolerance_ms, exchange->future_tolerance_ms < 0);
  print_json("codes", exchange->json);
  print_json("sources", exchange->json);
  printf("}");
}

static inline void print_exchanges(const struct exchange_clock_exchange *exchanges, size_t count) {
  printf("[");
  for (size_t i = 0; i < count; i++) {
    printf("%s", i > 0 ? "," : "");
    print_exchange(&exchanges[i]);
  }
  printf("]");
}

#endif
