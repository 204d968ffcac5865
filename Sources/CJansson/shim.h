#pragma once
#include <jansson.h>
#include <stdlib.h>

/* Macros of jansson that Swift does not import. */
static inline int ec_json_type(const json_t *value) { return json_typeof(value); }
static inline int ec_json_is_true(const json_t *value) { return json_is_true(value); }

enum {
  ec_json_decode_flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
  ec_json_encode_flags = JSON_COMPACT | JSON_ENCODE_ANY,
};

static const char *const ec_json_empty = "";

static inline void ec_json_free(char *text) { free(text); }
