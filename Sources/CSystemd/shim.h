#pragma once
#include <stddef.h>
#include <stdint.h>

/* Of systemd/sd-daemon.h and systemd/sd-journal.h, as libsystemd has had them ever since. The headers
   themselves bring so much of the C library's that Swift would take it for this module's. */
struct iovec;
int sd_notify(int unset_environment, const char *state);
int sd_watchdog_enabled(int unset_environment, uint64_t *usec);
int sd_listen_fds(int unset_environment);
int sd_is_socket_unix(int fd, int type, int listening, const char *path, size_t length);
int sd_journal_sendv(const struct iovec *fields, int count);
