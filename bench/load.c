/* Clients of a Unix socket, as many as wanted, each with one request under way at a time.

     load run SOCKET CONNECTIONS SECONDS NEWLINES REQUEST...
       sends the requests in turn; prints requests per second, then p50 and p99 of a request in
       microseconds
     load hold SOCKET CONNECTIONS REQUEST
       sends one request on each connection and reads whatever comes; says "ready" once all are
       answered, and holds them until its standard input ends; to each line of that it tells how
       many lines all of them have been sent since it told so last

   A reply is over with its last newline: NEWLINES says how many it has (1 for a JSON line, 2 for a
   bulk string of Redis). In REQUEST, \r and \n stand for the characters. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct client {
  int fd;
  int newlines;
  int64_t sent;
};

static char buffer[1 << 18];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int ascending(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

static struct client *connect_all(const char *path, int count, int epoll) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct client *clients = calloc(count, sizeof *clients);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  for (int i = 0; i < count; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
    clients[i].fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (clients[i].fd < 0) fail("socket");
    if (connect(clients[i].fd, (struct sockaddr *)&address, sizeof address)) fail(path);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &event)) fail("epoll_ctl");
  }
  return clients;
}

static void ask(struct client *client, const char *request) {
  ssize_t length = strlen(request);
  client->newlines = 0;
  client->sent = now_ns();
  if (write(client->fd, request, length) != length) fail("write");
}

/* Whether the reply is over; of each reply at most what fits the buffer is read at a time. */
static int answered(struct client *client, int newlines) {
  ssize_t got = read(client->fd, buffer, sizeof buffer);
  if (got <= 0) fail("read");
  for (char *at = buffer; (at = memchr(at, '\n', buffer + got - at)); at++) client->newlines++;
  return client->newlines >= newlines;
}

static void run(const char *path, int count, double seconds, int newlines, char **requests,
                int kinds) {
  enum { MOST = 1 << 24 };
  int kind = 0, epoll = epoll_create1(EPOLL_CLOEXEC);
  struct client *clients = connect_all(path, count, epoll);
  struct epoll_event events[64];
  uint32_t *times = malloc(MOST * sizeof *times);
  size_t done = 0;
  int64_t warm = now_ns() + (int64_t)(seconds * 0.1e9), begun = 0, last = 0;
  for (int i = 0; i < count; i++) ask(&clients[i], requests[kind++ % kinds]);
  while (!begun || last < begun + (int64_t)(seconds * 1e9)) {
    int ready = epoll_wait(epoll, events, 64, -1);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < ready; i++) {
      struct client *client = events[i].data.ptr;
      if (!answered(client, newlines)) continue;
      last = now_ns();
      if (begun) {
        if (done < MOST) times[done] = last - client->sent;
        done++;
      } else if (last > warm) {
        begun = last;
      }
      ask(client, requests[kind = (kind + 1) % kinds]);
    }
  }
  size_t timed = done < MOST ? done : MOST;
  qsort(times, timed, sizeof *times, ascending);
  printf("%.0f %.1f %.1f\n", done * 1e9 / (last - begun), times[timed / 2] / 1e3,
         times[(size_t)(timed * 0.99)] / 1e3);
}

static void hold(const char *path, int count, const char *request) {
  int epoll = epoll_create1(EPOLL_CLOEXEC), missing = count;
  long told = 0;
  struct client *clients = connect_all(path, count, epoll);
  struct epoll_event events[64], input = {.events = EPOLLIN};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &input)) fail("epoll_ctl");
  for (int i = 0; i < count; i++) ask(&clients[i], request);
  for (;;) {
    int ready = epoll_wait(epoll, events, 64, -1);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < ready; i++) {
      struct client *client = events[i].data.ptr;
      if (!client) {
        char line[64];
        if (read(0, line, sizeof line) <= 0) return;
        printf("%ld\n", told);
        fflush(stdout);
        told = 0;
        continue;
      }
      int was = client->newlines;
      if (answered(client, 1) && !was && --missing == 0) {
        puts("ready");
        fflush(stdout);
      }
      told += client->newlines - was;
    }
  }
}

/* In place: \r and \n as the characters they stand for. */
static char *unescaped(char *text) {
  char *to = text;
  for (char *from = text; *from; from++) {
    int is_escape = *from == '\\' && (from[1] == 'r' || from[1] == 'n');
    *to++ = is_escape ? (*++from == 'r' ? '\r' : '\n') : *from;
  }
  *to = 0;
  return text;
}

int main(int argc, char **argv) {
  if (argc >= 7 && !strcmp(argv[1], "run")) {
    for (int i = 6; i < argc; i++) unescaped(argv[i]);
    run(argv[2], atoi(argv[3]), atof(argv[4]), atoi(argv[5]), argv + 6, argc - 6);
  } else if (argc == 5 && !strcmp(argv[1], "hold")) {
    hold(argv[2], atoi(argv[3]), unescaped(argv[4]));
  } else {
    fprintf(stderr, "usage: load run SOCKET CONNECTIONS SECONDS NEWLINES REQUEST...\n"
                    "       load hold SOCKET CONNECTIONS REQUEST\n");
    return 64;
  }
  return 0;
}
