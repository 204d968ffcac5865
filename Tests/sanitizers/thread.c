/* What ThreadSanitizer does not see of Swift's Mutex, told to it.

   A mutex that nobody holds is taken and given back by code within the program, which is instrumented.
   One that is contended goes through libswiftSynchronization.so and the kernel, which are not: what
   was written under the lock before then looks like a race. These take the place of those three
   functions of the library, and call them. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void ec_lock_slowly(uint32_t thread, SELF) __asm__(LOCK);
SWIFT _Bool ec_try_lock_slowly(SELF) __asm__(TRY_LOCK);
SWIFT void ec_unlock_slowly(SELF) __asm__(UNLOCK);

SWIFT void ec_lock_slowly(uint32_t thread, SELF) {
  SWIFT void (*next)(uint32_t, SELF) = dlsym(RTLD_NEXT, LOCK);
  next(thread, self);
  __tsan_acquire(self);
}

SWIFT _Bool ec_try_lock_slowly(SELF) {
  SWIFT _Bool (*next)(SELF) = dlsym(RTLD_NEXT, TRY_LOCK);
  _Bool taken = next(self);
  if (taken) __tsan_acquire(self);
  return taken;
}

SWIFT void ec_unlock_slowly(SELF) {
  SWIFT void (*next)(SELF) = dlsym(RTLD_NEXT, UNLOCK);
  __tsan_release(self);
  next(self);
}
