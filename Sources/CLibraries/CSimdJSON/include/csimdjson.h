#ifndef TILL_CSIMDJSON_H
#define TILL_CSIMDJSON_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The bytes after a document that simdjson may read over: every buffer handed in has as many to spare.
size_t till_json_padding(void);

#ifdef __cplusplus
}
#endif
#endif
