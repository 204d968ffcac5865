#pragma once
#include <jansson.h>

/* Macros of jansson that Swift does not import. */
static inline int ec_json_type(const json_t *value) { return json_typeof(value); }
static inline int ec_json_is_true(const json_t *value) { return json_is_true(value); }

enum { ec_json_decode_flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY };
