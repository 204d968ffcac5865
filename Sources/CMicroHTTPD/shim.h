#pragma once
/* Typed stand-ins for what Swift cannot call in libmicrohttpd: variadic functions and macros.
   Simulated exchanges listen on the IPv4 loopback only, with one thread per connection, and leave
   the Date header to the caller. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

/* Starts a server on 127.0.0.1. Port 0: the kernel chooses. Without a certificate it speaks plain
   HTTP. NULL on failure, with errno set where the system refused. */
static inline struct MHD_Daemon *ec_mhd_start(
    uint16_t port, const char *certificate_pem, const char *key_pem,
    MHD_AccessHandlerCallback handler, MHD_RequestCompletedCallback completed,
    MHD_NotifyConnectionCallback connected, void *context) {
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  unsigned int flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                       MHD_USE_POLL | MHD_USE_ITC | MHD_USE_SUPPRESS_DATE_NO_CLOCK;
  struct MHD_OptionItem tls[] = {
      {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)certificate_pem},
      {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)key_pem},
      {MHD_OPTION_END, 0, NULL}};
  struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
  if (certificate_pem) flags |= MHD_USE_TLS;
  return MHD_start_daemon(
      flags, port, NULL, NULL, handler, context, MHD_OPTION_SOCK_ADDR, &address,
      MHD_OPTION_NOTIFY_COMPLETED, completed, context, MHD_OPTION_NOTIFY_CONNECTION, connected,
      context, MHD_OPTION_ARRAY, certificate_pem ? tls : none, MHD_OPTION_END);
}

/* The port a server listens on; 0 where it is not known. */
static inline uint16_t ec_mhd_port(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
  return info ? info->port : 0;
}

/* The connection's socket, which stays libmicrohttpd's; -1 where it is not known. */
static inline int ec_mhd_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

/* Ends a TCP connection with a reset while its descriptor stays open for its owner to close.
   Calls setsockopt(2) and connect(2) with AF_UNSPEC, which Linux answers with an RST. */
static inline void ec_mhd_reset(int descriptor) {
  struct linger now = {1, 0};
  struct sockaddr nobody;
  memset(&nobody, 0, sizeof nobody);
  nobody.sa_family = AF_UNSPEC;
  setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  connect(descriptor, &nobody, sizeof nobody);
}

/* What a content reader returns to close the connection before the promised length was sent. */
static inline ssize_t ec_mhd_end_with_error(void) { return MHD_CONTENT_READER_END_WITH_ERROR; }

/* A clock's reading in nanoseconds. Calls clock_gettime(2). */
static inline int64_t ec_mhd_clock_ns(clockid_t clock) {
  struct timespec now = {0, 0};
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* glibc declares it under _GNU_SOURCE only, which a header of a module cannot rely on. */
extern int ppoll(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);

enum ec_mhd_wakeup { ec_mhd_elapsed = 0, ec_mhd_stopped = 1, ec_mhd_hung_up = 2 };

/* Waits until `event` is readable, the peer of `socket` hangs up (-1: no socket), or CLOCK_MONOTONIC
   shows `deadline_ns` (negative: no deadline). Calls ppoll(2). */
static inline enum ec_mhd_wakeup ec_mhd_wait(int event, int socket, int64_t deadline_ns) {
  struct pollfd watched[2] = {{event, POLLIN, 0}, {socket, 0x2000 /* POLLRDHUP */, 0}};
  for (;;) {
    struct timespec left = {0, 0};
    if (deadline_ns >= 0) {
      int64_t ns = deadline_ns - ec_mhd_clock_ns(CLOCK_MONOTONIC);
      if (ns < 0) ns = 0;
      left.tv_sec = ns / 1000000000;
      left.tv_nsec = ns % 1000000000;
    }
    int ready = ppoll(watched, 2, deadline_ns >= 0 ? &left : NULL, NULL);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0 || watched[0].revents) return ec_mhd_stopped;
    if (watched[1].revents) return ec_mhd_hung_up;
    if (ready == 0) return ec_mhd_elapsed;
  }
}

/* An eventfd(2), closed on exec; -1 on failure. */
static inline int ec_mhd_event(void) { return eventfd(0, EFD_CLOEXEC); }

/* Makes an eventfd readable for good. */
static inline void ec_mhd_raise(int event) { eventfd_write(event, 1); }

/* Serves over a listening socket, which it takes over; few and short connections, each on a thread
   of its own, as the handler may wait for seconds. */
static inline struct MHD_Daemon *ec_mhd_serve(
    int listener, MHD_AccessHandlerCallback handler, void *context) {
  return MHD_start_daemon(
      MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC,
      0, NULL, NULL, handler, context,
      MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT, 32u,
      MHD_OPTION_CONNECTION_TIMEOUT, 10u, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)16384,
      MHD_OPTION_END);
}
