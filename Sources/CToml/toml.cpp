#include "CToml.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

struct assertion_failed {};

// toml++ 3.3 asserts that a table's header begins with a key where it has not looked yet: "[=]"
// ends a debug build, and in a release build the assertion is an assumption that drops the check
// behind it. So that assertion is passed over (the check reports the error), and any other one is
// an error of the document instead of undefined behaviour.
inline void check(bool holds, std::string_view assertion) {
  if (holds || assertion == "is_bare_key_character(*cp) || is_string_delimiter(*cp)") return;
  throw assertion_failed();
}

}  // namespace

#undef NDEBUG
#define TOML_ASSERT(expr) check(static_cast<bool>(expr), #expr)
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

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

// Levels of nesting, and dots on one line: both sides walk the tree recursively.
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

// toml++ takes dotted keys of any depth, and then frees them recursively, off the end of the stack.
bool has_sane_lines(std::string_view text, ec_toml_failure *failure) {
  ec_toml_position at{1, 0};
  int dots = 0;
  for (char byte : text) {
    at.column += 1;
    if (byte == '\n') {
      at = {at.line + 1, 0};
      dots = 0;
    } else if (byte == '.' && ++dots > deepest) {
      fail(failure, at, "too many dots on one line");
      return false;
    }
  }
  return true;
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
    std::string_view text(length == 0 ? "" : bytes, length);
    if (!has_sane_lines(text, failure)) return nullptr;
    toml::parse_result result = toml::parse(text);
    if (!result) {
      const toml::parse_error &error = result.error();
      fail(failure, position(error.source()), error.description());
      return nullptr;
    }
    auto *document = new ec_toml_document;
    if (copy(result.table(), document->root, 0, failure)) return document;
    delete document;
  } catch (const assertion_failed &) {
    fail(failure, {1, 1}, "not TOML that can be read");
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
