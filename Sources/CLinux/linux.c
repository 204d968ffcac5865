#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timex.h>

int ec_accept(int listener) {
  return accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int ec_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int ec_epoll_add(int epoll, int fd, uint64_t token) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = token};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int ec_epoll_modify(int epoll, int fd, uint64_t token, int reading, int writing) {
  struct epoll_event event = {
      .events = (reading ? EPOLLIN : 0) | (writing ? EPOLLOUT : 0), .data.u64 = token};
  return epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
}

int ec_epoll_remove(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, 0); }

int ec_epoll_wait(int epoll, struct ec_epoll_event *events, int capacity, int timeout_ms) {
  struct epoll_event raw[64];
  int count;
  if (capacity > 64) capacity = 64;
  do {
    count = epoll_wait(epoll, raw, capacity, timeout_ms);
  } while (count < 0 && errno == EINTR);
  for (int i = 0; i < count; i++) {
    events[i].token = raw[i].data.u64;
    events[i].readable = (raw[i].events & EPOLLIN) != 0;
    events[i].writable = (raw[i].events & EPOLLOUT) != 0;
    events[i].closed = (raw[i].events & (EPOLLHUP | EPOLLERR)) != 0;
  }
  return count;
}

int ec_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

int ec_peer_of(int fd, struct ec_peer *peer) {
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  int result = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length);
  if (result == 0) {
    peer->pid = credentials.pid;
    peer->uid = credentials.uid;
    peer->gid = credentials.gid;
  }
  return result;
}

int ec_clock_is_synchronized(void) {
  struct timex state = {.modes = 0};
  int result = adjtimex(&state);
  if (result < 0) return -1;
  return result != TIME_ERROR && !(state.status & STA_UNSYNC);
}

void ec_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
