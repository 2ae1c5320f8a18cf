#ifndef TILL_CSIMDJSON_H
#define TILL_CSIMDJSON_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// simdjson's first stage: it checks a text's UTF-8 and strings, and finds where each token begins.
typedef struct till_json_indexer till_json_indexer;

/// What `till_json_index` found. The values are part of this header, not simdjson's.
enum till_json_result {
    till_json_ok = 0,
    till_json_empty = 1,
    till_json_bad_utf8 = 2,
    till_json_unclosed_string = 3,
    till_json_control_in_string = 4,
    till_json_no_memory = 5,
    till_json_other = 6,
};

/// NULL when there is no memory.
till_json_indexer *till_json_indexer_new(void);
void till_json_indexer_delete(till_json_indexer *indexer);
/// Sets `*indexes` to the offsets of the text's tokens (brackets, colons, commas, the first byte of each scalar), ascending,
/// `*count` of them and `length` after the last. They belong to `indexer` and last until its next call. Reads no byte past
/// `length`, which stays below 4 GiB.
int till_json_index(
    till_json_indexer *indexer, const uint8_t *text, size_t length, const uint32_t **indexes, size_t *count);
/// The bytes of text that the indexer has room for; its memory is about four times as many, touched only as far as tokens go.
size_t till_json_indexer_capacity(const till_json_indexer *indexer);
bool till_json_is_utf8(const uint8_t *text, size_t length);

#ifdef __cplusplus
}
#endif
#endif
