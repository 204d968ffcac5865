/* What AddressSanitizer does not see of dispatch_main(3), told to it.

   That one ends the first thread's program, but not the thread: signals are taken on the stack that it
   had. libdispatch is not instrumented, so the places around the variables that were there would
   stay forbidden, and its handler of signals would seem to write to them. This takes its place, and
   calls it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sanitizer/asan_interface.h>

_Noreturn void dispatch_main(void) {
  void (*next)(void) = dlsym(RTLD_NEXT, "dispatch_main");
  __asan_handle_no_return();
  next();
  __builtin_unreachable();
}
