#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Written by one thread before the handlers are set, and only read by them. */
static struct {
  int fd;
  int makes_raw;
  int has_settings;
  struct termios settings;
  char enter[64];
  char leave[64];
} terminal;

static volatile sig_atomic_t is_entered;

/* Traps are Swift's way to end on a broken invariant. */
static const int fatal[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGILL,
                            SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV};

static void say(const char *text) {
  size_t rest = strlen(text);
  while (rest > 0) {
    ssize_t count = write(terminal.fd, text, rest);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text += count;
    rest -= (size_t)count;
  }
}

static void enter(void) {
  if (terminal.makes_raw) {
    struct termios raw = terminal.settings;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    /* A process in the background is stopped here, until it is brought to the fore. */
    tcsetattr(terminal.fd, TCSANOW, &raw);
  }
  say(terminal.enter);
  is_entered = 1;
}

static void leave(void) {
  if (!is_entered) return;
  is_entered = 0;
  say(terminal.leave);
  if (terminal.makes_raw) tcsetattr(terminal.fd, TCSANOW, &terminal.settings);
}

static void died(int number) {
  leave();
  /* The default action is in place again (SA_RESETHAND), and takes effect on return. */
  raise(number);
}

static void stopped(int number) {
  int saved = errno;
  (void)number;
  leave();
  raise(SIGSTOP);
  errno = saved;
}

static void continued(int number) {
  int saved = errno;
  (void)number;
  if (!is_entered) enter();
  errno = saved;
}

/* Only so that poll(2) returns. */
static void resized(int number) { (void)number; }

static void handle(int number, void (*handler)(int), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(number, &action, NULL);
}

int ec_terminal_take(int fd, const char *enter_text, const char *leave_text, int makes_raw) {
  if (strlen(enter_text) >= sizeof terminal.enter || strlen(leave_text) >= sizeof terminal.leave) {
    errno = EINVAL;
    return -1;
  }
  terminal.fd = fd;
  terminal.makes_raw = makes_raw;
  if (makes_raw && tcgetattr(fd, &terminal.settings) != 0) return -1;
  strcpy(terminal.enter, enter_text);
  strcpy(terminal.leave, leave_text);
  for (size_t index = 0; index < sizeof fatal / sizeof *fatal; index++)
    handle(fatal[index], died, (int)SA_RESETHAND);
  handle(SIGTSTP, stopped, 0);
  handle(SIGCONT, continued, 0);
  handle(SIGWINCH, resized, 0);
  enter();
  return 0;
}

void ec_terminal_give_back(void) {
  leave();
  for (size_t index = 0; index < sizeof fatal / sizeof *fatal; index++)
    handle(fatal[index], SIG_DFL, 0);
  handle(SIGTSTP, SIG_DFL, 0);
  handle(SIGCONT, SIG_DFL, 0);
  handle(SIGWINCH, SIG_DFL, 0);
}

int ec_terminal_size(int fd, int *columns, int *rows) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return -1;
  *columns = size.ws_col;
  *rows = size.ws_row;
  return 0;
}
