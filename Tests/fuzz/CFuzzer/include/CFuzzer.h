/* libFuzzer's own entry, for a program that has a main of its own. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Calls `run` with one input after another, as the arguments say; does not return if one fails. */
int LLVMFuzzerRunDriver(
    int *count, char ***arguments, int (*run)(const uint8_t *data, size_t size));
