#include "csimdjson.h"

#include <simdjson.h>

size_t till_json_padding(void) { return simdjson::SIMDJSON_PADDING; }
