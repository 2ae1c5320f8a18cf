#include "csimdjson.h"

#include <simdjson.h>

#include <memory>
#include <new>

struct till_json_indexer {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
    size_t capacity = 0;
};

till_json_indexer *till_json_indexer_new(void) { return new (std::nothrow) till_json_indexer(); }

void till_json_indexer_delete(till_json_indexer *indexer) { delete indexer; }

size_t till_json_indexer_capacity(const till_json_indexer *indexer) { return indexer->capacity; }

int till_json_index(
    till_json_indexer *indexer, const uint8_t *text, size_t length, const uint32_t **indexes, size_t *count) {
    if (length == 0) return till_json_empty;
    if (length > indexer->capacity) {
        size_t capacity = length < 16384 ? 16384 : length;
        // The second stage is never run, so its stacks may be as small as they come.
        simdjson::error_code code = simdjson::get_active_implementation()->create_dom_parser_implementation(
            capacity, 1, indexer->parser);
        indexer->capacity = code == simdjson::SUCCESS ? capacity : 0;
        if (code != simdjson::SUCCESS) return till_json_no_memory;
    }
    simdjson::error_code code = indexer->parser->stage1(text, length, simdjson::stage1_mode::regular);
    *indexes = indexer->parser->structural_indexes.get();
    *count = indexer->parser->n_structural_indexes;
    switch (code) {
    case simdjson::SUCCESS: return till_json_ok;
    case simdjson::EMPTY: return till_json_empty;
    case simdjson::UTF8_ERROR: return till_json_bad_utf8;
    case simdjson::UNCLOSED_STRING: return till_json_unclosed_string;
    case simdjson::UNESCAPED_CHARS: return till_json_control_in_string;
    case simdjson::MEMALLOC: return till_json_no_memory;
    default: return till_json_other;
    }
}

bool till_json_is_utf8(const uint8_t *text, size_t length) {
    return simdjson::validate_utf8(reinterpret_cast<const char *>(text), length);
}
