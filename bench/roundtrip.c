/* Round trips over a Unix socket: a client that times one request at a time, and an echo server
   that answers each request with the same fixed line through an epoll loop, doing nothing else.

     roundtrip client SOCKET COUNT REQUEST    prints p50, p99 and max in microseconds
     roundtrip echo SOCKET REPLY              serves until it is ended
*/
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int unix_socket(const char *path, struct sockaddr_un *address, int flags) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (fd < 0) fail("socket");
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  strncpy(address->sun_path, path, sizeof address->sun_path - 1);
  return fd;
}

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int ascending(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

static void client(const char *path, int count, const char *request) {
  struct sockaddr_un address;
  int fd = unix_socket(path, &address, 0);
  char line[65536], answer[65536];
  int length = snprintf(line, sizeof line, "%s\n", request);
  int64_t *times = malloc(count * sizeof *times);
  if (connect(fd, (struct sockaddr *)&address, sizeof address)) fail(path);
  for (int i = -count / 10; i < count; i++) { /* a tenth more, first, to warm up */
    int64_t start = now_ns();
    if (write(fd, line, length) != length) fail("write");
    ssize_t got;
    do {
      got = read(fd, answer, sizeof answer);
      if (got <= 0) fail("read");
    } while (answer[got - 1] != '\n');
    if (i >= 0) times[i] = now_ns() - start;
  }
  qsort(times, count, sizeof *times, ascending);
  printf("%.1f %.1f %.1f\n", times[count / 2] / 1e3, times[(int)(count * 0.99)] / 1e3,
         times[count - 1] / 1e3);
}

static void echo(const char *path, const char *reply) {
  struct sockaddr_un address;
  int listener = unix_socket(path, &address, SOCK_NONBLOCK);
  char line[65536], request[65536];
  int length = snprintf(line, sizeof line, "%s\n", reply);
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  unlink(path);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 64) ||
      epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event))
    fail(path);
  for (;;) {
    int count = epoll_wait(epoll, &event, 1, -1);
    if (count < 0 && errno == EINTR) continue;
    if (event.data.fd == listener) {
      int fd = accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
      struct epoll_event added = {.events = EPOLLIN, .data.fd = fd};
      if (fd >= 0) epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &added);
      continue;
    }
    ssize_t got = read(event.data.fd, request, sizeof request);
    if (got <= 0) {
      close(event.data.fd);
    } else if (request[got - 1] == '\n' && send(event.data.fd, line, length, MSG_NOSIGNAL) < 0) {
      close(event.data.fd);
    }
  }
}

int main(int argc, char **argv) {
  if (argc == 5 && !strcmp(argv[1], "client")) {
    client(argv[2], atoi(argv[3]), argv[4]);
  } else if (argc == 4 && !strcmp(argv[1], "echo")) {
    echo(argv[2], argv[3]);
  } else {
    fprintf(stderr, "usage: roundtrip client SOCKET COUNT REQUEST | echo SOCKET REPLY\n");
    return 64;
  }
  return 0;
}
