#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include "CToml.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <utility>
#include <vector>

struct ec_toml_node {
  ec_toml_kind kind = EC_TOML_DATE;
  ec_toml_position position{1, 1};
  ec_toml_position key_position{1, 1};
  std::string key;
  std::string string;
  int64_t integer = 0;
  double real = 0;
  bool flag = false;
  std::vector<ec_toml_node> children;
};

struct ec_toml_document {
  ec_toml_node root;
};

namespace {

// Dotted keys nest without a limit of toml++'s own, and both sides walk the tree recursively.
constexpr int deepest = 200;

ec_toml_position position(const toml::source_region &region) {
  return {region.begin.line, region.begin.column};
}

void fail(ec_toml_failure *failure, ec_toml_position at, std::string_view message) {
  if (failure == nullptr) return;
  failure->position = {at.line == 0 ? 1 : at.line, at.column == 0 ? 1 : at.column};
  size_t length = std::min(message.size(), sizeof failure->message - 1);
  std::memcpy(failure->message, message.data(), length);
  failure->message[length] = 0;
}

bool copy(toml::node &from, ec_toml_node &to, int depth, ec_toml_failure *failure) {
  to.position = position(from.source());
  if (depth > deepest) {
    fail(failure, to.position, "nested too deeply");
    return false;
  }
  if (auto *table = from.as_table()) {
    to.kind = EC_TOML_TABLE;
    to.children.reserve(table->size());
    for (auto &&[key, value] : *table) {
      ec_toml_node &child = to.children.emplace_back();
      child.key = std::string(key.str());
      child.key_position = position(key.source());
      if (!copy(value, child, depth + 1, failure)) return false;
    }
  } else if (auto *array = from.as_array()) {
    to.kind = EC_TOML_ARRAY;
    to.children.reserve(array->size());
    for (auto &value : *array) {
      if (!copy(value, to.children.emplace_back(), depth + 1, failure)) return false;
    }
  } else if (auto *string = from.as_string()) {
    to.kind = EC_TOML_STRING;
    to.string = std::move(string->get());
  } else if (auto *integer = from.as_integer()) {
    to.kind = EC_TOML_INTEGER;
    to.integer = integer->get();
  } else if (auto *real = from.as_floating_point()) {
    to.kind = EC_TOML_FLOAT;
    to.real = real->get();
  } else if (auto *flag = from.as_boolean()) {
    to.kind = EC_TOML_BOOL;
    to.flag = flag->get();
  }
  return true;
}

}  // namespace

ec_toml_document *ec_toml_parse(const char *bytes, size_t length, ec_toml_failure *failure) {
  try {
    toml::parse_result result = toml::parse(std::string_view(length == 0 ? "" : bytes, length));
    if (!result) {
      const toml::parse_error &error = result.error();
      fail(failure, position(error.source()), error.description());
      return nullptr;
    }
    auto *document = new ec_toml_document;
    if (copy(result.table(), document->root, 0, failure)) return document;
    delete document;
  } catch (...) {
    fail(failure, {1, 1}, "out of memory");
  }
  return nullptr;
}

void ec_toml_free(ec_toml_document *document) { delete document; }

const ec_toml_node *ec_toml_root(const ec_toml_document *document) { return &document->root; }

ec_toml_kind ec_toml_node_kind(const ec_toml_node *node) { return node->kind; }

ec_toml_position ec_toml_node_position(const ec_toml_node *node) { return node->position; }

size_t ec_toml_node_count(const ec_toml_node *node) { return node->children.size(); }

const ec_toml_node *ec_toml_node_child(const ec_toml_node *node, size_t index) {
  return index < node->children.size() ? &node->children[index] : nullptr;
}

const char *ec_toml_node_key(const ec_toml_node *node, size_t *length) {
  *length = node->key.size();
  return node->key.data();
}

ec_toml_position ec_toml_node_key_position(const ec_toml_node *node) { return node->key_position; }

const char *ec_toml_node_string(const ec_toml_node *node, size_t *length) {
  *length = node->string.size();
  return node->string.data();
}

int64_t ec_toml_node_integer(const ec_toml_node *node) { return node->integer; }

double ec_toml_node_float(const ec_toml_node *node) { return node->real; }

bool ec_toml_node_bool(const ec_toml_node *node) { return node->flag; }
