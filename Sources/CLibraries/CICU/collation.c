#include "CICU.h"

#include "locales.h"

#include <unicode/ucol.h>

int32_t till_icu_locale_count(void) { return uloc_countAvailable(); }

int32_t till_icu_locale_tag(int32_t index, char *tag, int32_t size) {
    UErrorCode status = U_ZERO_ERROR;
    const char *name = uloc_getAvailable(index);
    if (name == NULL) return -1;
    int32_t length = uloc_toLanguageTag(name, tag, size, 1, &status);
    return U_FAILURE(status) || status == U_STRING_NOT_TERMINATED_WARNING ? -1 : length;
}

void *till_icu_open(const char *tag) {
    char name[ULOC_FULLNAME_CAPACITY];
    if (!till_icu_locale_name(tag, name)) return NULL;
    UErrorCode status = U_ZERO_ERROR;
    UCollator *collator = ucol_open(name, &status);
    return U_FAILURE(status) ? NULL : collator;
}

int32_t till_icu_key(const void *collator, const uint16_t *text, int32_t count, uint8_t *key, int32_t size) {
    return ucol_getSortKey(collator, (const UChar *)text, count, key, size);
}
