/* What ThreadSanitizer does not see of Swift's runtime, which is not instrumented, told to it. Each
   function here takes the place of the runtime's, and calls it.

   A mutex that nobody holds is taken and given back by code within the program, which is instrumented.
   One that is contended goes through libswiftSynchronization.so and the kernel, which are not: what
   was written under the lock before then looks like a race.

   An array that several threads hold is read by each without a lock, and changed in place by the one
   that is left. That the others have read it before they let go, only its count of references tells. */
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

#define RELEASE "swift_release"
#define RELEASE_ALL "swift_bridgeObjectRelease"
#define IS_UNIQUE "swift_isUniquelyReferenced_nonNull_native"

void ec_release(void *object) __asm__(RELEASE);
void ec_release_bridged(void *object) __asm__(RELEASE_ALL);
_Bool ec_is_unique(const void *object) __asm__(IS_UNIQUE);

/* An object is its type and its counts: the strong one, above 33 bits, is 0 where nobody else has it;
   the lower half is all ones where it lives for ever. */
static void let_go(void *object) {
  if ((intptr_t)object <= 0) return;
  uint64_t counts = __atomic_load_n((uint64_t *)object + 1, __ATOMIC_RELAXED);
  if (counts >> 33 && (uint32_t)counts != UINT32_MAX) __tsan_release(object);
}

void ec_release(void *object) {
  static void (*next)(void *);
  if (!next) next = dlsym(RTLD_NEXT, RELEASE);
  let_go(object);
  next(object);
}

void ec_release_bridged(void *object) {
  static void (*next)(void *);
  if (!next) next = dlsym(RTLD_NEXT, RELEASE_ALL);
  /* Where its highest bits are set, it is no object, but a short string as it stands. */
  if ((uintptr_t)object >> 60 == 0) let_go(object);
  next(object);
}

_Bool ec_is_unique(const void *object) {
  static _Bool (*next)(const void *);
  if (!next) next = dlsym(RTLD_NEXT, IS_UNIQUE);
  _Bool unique = next(object);
  if (unique) __tsan_acquire((void *)object);
  return unique;
}
