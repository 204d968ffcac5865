#pragma once
/// A TOML 1.0 document as a tree of plain nodes, read by toml++. Nothing here throws.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ec_toml_document ec_toml_document;
/// Owned by its document; valid until the document is freed.
typedef struct ec_toml_node ec_toml_node;

typedef enum {
  EC_TOML_TABLE,
  EC_TOML_ARRAY,
  EC_TOML_STRING,
  EC_TOML_INTEGER,
  EC_TOML_FLOAT,
  EC_TOML_BOOL,
  /// A date, a time or both; its value is not handed out.
  EC_TOML_DATE,
} ec_toml_kind;

/// One-based; the column counts code points.
typedef struct {
  uint32_t line;
  uint32_t column;
} ec_toml_position;

typedef struct {
  ec_toml_position position;
  /// Terminated by a zero byte; cut off where it is longer.
  char message[256];
} ec_toml_failure;

/// Reads `length` bytes of UTF-8. Returns null and fills `failure` where they are not TOML.
ec_toml_document *ec_toml_parse(const char *bytes, size_t length, ec_toml_failure *failure);
void ec_toml_free(ec_toml_document *document);

/// The top-level table.
const ec_toml_node *ec_toml_root(const ec_toml_document *document);

ec_toml_kind ec_toml_node_kind(const ec_toml_node *node);
ec_toml_position ec_toml_node_position(const ec_toml_node *node);

/// Children of a table (sorted by key) or of an array (in order); 0 for anything else.
size_t ec_toml_node_count(const ec_toml_node *node);
/// Null past the last child.
const ec_toml_node *ec_toml_node_child(const ec_toml_node *node, size_t index);

/// The key under which a node stands in its table: UTF-8, not terminated; empty within an array.
const char *ec_toml_node_key(const ec_toml_node *node, size_t *length);
ec_toml_position ec_toml_node_key_position(const ec_toml_node *node);

/// The text of a string: UTF-8, not terminated; may hold zero bytes.
const char *ec_toml_node_string(const ec_toml_node *node, size_t *length);
int64_t ec_toml_node_integer(const ec_toml_node *node);
double ec_toml_node_float(const ec_toml_node *node);
bool ec_toml_node_bool(const ec_toml_node *node);

#ifdef __cplusplus
}
#endif
