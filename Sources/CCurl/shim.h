/* libcurl, and the calls of it that are variadic and so closed to Swift: one typed function for
   each kind of value, checked by curl's own macros. */
#pragma once
#include <curl/curl.h>

typedef size_t (*ec_curl_bytes)(char *bytes, size_t size, size_t count, void *context);
typedef int (*ec_curl_before_request)(void *context, char *remote_ip, char *local_ip,
                                      int remote_port, int local_port);
typedef int (*ec_curl_progress)(void *context, curl_off_t to_receive, curl_off_t received,
                                curl_off_t to_send, curl_off_t sent);

static inline CURLcode ec_curl_set_flag(CURL *curl, CURLoption option, long value) {
  return curl_easy_setopt(curl, option, value);
}

static inline CURLcode ec_curl_set_text(CURL *curl, CURLoption option, const char *value) {
  return curl_easy_setopt(curl, option, value);
}

static inline CURLcode ec_curl_set_headers(CURL *curl, struct curl_slist *headers) {
  return curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
}

static inline CURLcode ec_curl_set_error_buffer(CURL *curl, char *buffer) {
  return curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, buffer);
}

static inline CURLcode ec_curl_on_request(CURL *curl, ec_curl_before_request call, void *context) {
  CURLcode code = curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, call);
  return code ? code : curl_easy_setopt(curl, CURLOPT_PREREQDATA, context);
}

static inline CURLcode ec_curl_on_header(CURL *curl, ec_curl_bytes call, void *context) {
  CURLcode code = curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, call);
  return code ? code : curl_easy_setopt(curl, CURLOPT_HEADERDATA, context);
}

static inline CURLcode ec_curl_on_body(CURL *curl, ec_curl_bytes call, void *context) {
  CURLcode code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, call);
  return code ? code : curl_easy_setopt(curl, CURLOPT_WRITEDATA, context);
}

static inline CURLcode ec_curl_on_progress(CURL *curl, ec_curl_progress call, void *context) {
  CURLcode code = curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, call);
  if (!code) code = curl_easy_setopt(curl, CURLOPT_XFERINFODATA, context);
  return code ? code : curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

static inline CURLcode ec_curl_status(CURL *curl, long *status) {
  return curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
}

static inline CURLcode ec_curl_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
