// Of the shim alone: what a tag's locale is called. Not in `include`, so that nobody else sees it.
#pragma once
#include <stdint.h>
#include <string.h>
#include <unicode/uloc.h>

/// The name that ICU knows a tag's locale by, in `name`, which has room for ULOC_FULLNAME_CAPACITY; 0 where the tag is none.
static inline int32_t till_icu_locale_name(const char *tag, char *name) {
    // The root is an empty name; its tag would be read as a language.
    if (strcmp(tag, "und") == 0) {
        name[0] = 0;
        return 1;
    }
    UErrorCode status = U_ZERO_ERROR;
    uloc_forLanguageTag(tag, name, ULOC_FULLNAME_CAPACITY, NULL, &status);
    return !(U_FAILURE(status) || status == U_STRING_NOT_TERMINATED_WARNING);
}
