/* The C client as a test tells it: each line of standard input is "ID METHOD EXCHANGE", for `stamp`
   with a window and a lifetime behind, and is answered by a line of JSON with that id.
   `next` may have a timeout there; `now_in_child` is asked by a forked child.
   Arguments: the socket, the patience in milliseconds. */
#include "print.h"
#include <sys/wait.h>

enum { MOST = 512 };
static struct exchange_clock_offset offsets[MOST];
static struct exchange_clock_exchange exchanges[MOST];

static void print_failure(
    long long id, const struct exchange_clock *clock, enum exchange_clock_status status) {
  printf("{\"id\":%lld,\"kind\":\"%s\",\"page\":\"%s\"", id, exchange_clock_name(status),
         exchange_clock_name(clock->page_status));
  print_text("message", clock->error.message);
  print_text("state", clock->error.state);
  printf("}\n");
}

int main(int count, char **arguments) {
  struct exchange_clock clock;
  struct exchange_clock_subscription subscription;
  struct exchange_clock_now now;
  struct exchange_clock_stamp stamp;
  struct exchange_clock_converted converted;
  struct exchange_clock_report report;
  struct exchange_clock_health health;
  struct exchange_clock_text result;
  static const struct exchange_clock_refusal refusal = {"-1021", 0, 400, "too old", NULL, 0, 0};
  char line[1024], method[32], exchange[960];
  memset(&subscription, 0, sizeof subscription);
  subscription.clock.fd = -1;
  enum exchange_clock_status opened = exchange_clock_connect_within(
      &clock, count > 1 ? arguments[1] : NULL, count > 2 ? atoi(arguments[2]) : 5000);
  while (fgets(line, sizeof line, stdin) != NULL) {
    long long id = 0, window = 0, lifetime = 0;
    size_t number = 0;
    const struct exchange_clock *asked = &clock;
    enum exchange_clock_status status = EXCHANGE_CLOCK_OK;
    if (sscanf(line, "%lld %31s %959s %lld %lld", &id, method, exchange, &window, &lifetime) < 3)
      return 1;
    int is_all = strcmp(exchange, "-") == 0;
#define IS(name) (strcmp(method, name) == 0)
    if (IS("open")) status = opened;
    else if (IS("now")) status = exchange_clock_now(&clock, exchange, &now);
    else if (IS("now_in_child")) {
      pid_t child = fork();
      int ended = 0;
      if (child == 0) _exit((int)exchange_clock_now(&clock, exchange, &now));
      if (waitpid(child, &ended, 0) < 0 || !WIFEXITED(ended)) return 1;
      status = (enum exchange_clock_status)WEXITSTATUS(ended);
    } else if (IS("now_within")) status = exchange_clock_now_within(&clock, exchange, window, &now);
    else if (IS("stamp")) status = exchange_clock_stamp(&clock, exchange, window, lifetime, &stamp);
    else if (IS("offset")) status = exchange_clock_offset(&clock, exchange, &offsets[0]);
    else if (IS("offsets")) status = exchange_clock_offsets(&clock, offsets, MOST, &number);
    else if (IS("convert")) status = exchange_clock_convert(&clock, exchange, window, &converted);
    else if (IS("resync") && is_all)
      status = exchange_clock_resync_all(&clock, 0, offsets, MOST, &number);
    else if (IS("resync")) status = exchange_clock_resync(&clock, exchange, 0, &offsets[0]);
    else if (IS("report")) status = exchange_clock_report(&clock, exchange, &refusal, &report);
    else if (IS("health")) status = exchange_clock_health(&clock, &health);
    else if (IS("exchanges")) status = exchange_clock_exchanges(&clock, exchanges, MOST, &number);
    else if (IS("subscribe")) {
      const char *one[] = {exchange};
      exchange_clock_unsubscribe(&subscription);
      status = exchange_clock_subscribe(&clock, is_all ? NULL : one, 1, 5000, &subscription);
      asked = &subscription.clock;
    } else if (IS("next")) {
      asked = &subscription.clock;
      if (subscription.params != NULL)
        status = exchange_clock_next_offset(
            &subscription, window != 0 ? window : 30000, &offsets[0]);
    } else if (IS("unsubscribe")) {
      exchange_clock_unsubscribe(&subscription);
    } else {
      /* As a program that writes its JSON for people has it. */
      status = exchange_clock_call(&clock, method, "{\n}\n", &result);
    }
    if (status != EXCHANGE_CLOCK_OK) {
      print_failure(id, asked, status);
      fflush(stdout);
      continue;
    }
    printf("{\"id\":%lld,\"page\":\"%s\",\"result\":", id, exchange_clock_name(clock.page_status));
    if (IS("now") || IS("now_within")) {
      printf("{\"exchange\":\"%s\",\"now\":", exchange);
      print_now(&now);
      printf("}");
    } else if (IS("stamp")) print_stamp(&stamp);
    else if (IS("offset") || (IS("resync") && !is_all) ||
             (IS("next") && subscription.params != NULL)) print_offset(&offsets[0]);
    else if (IS("offsets") || IS("resync")) print_offsets(offsets, number);
    else if (IS("convert")) print_converted(&converted);
    else if (IS("report")) print_report(&report);
    else if (IS("health")) print_health(&health);
    else if (IS("exchanges")) print_exchanges(exchanges, number);
    else printf("null");
    printf("}\n");
    fflush(stdout);
  }
  exchange_clock_unsubscribe(&subscription);
  exchange_clock_close(&clock);
  return 0;
}
