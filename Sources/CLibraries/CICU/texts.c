#include "CICU.h"

#include "locales.h"

#include <unicode/unorm2.h>
#include <unicode/ustring.h>

static int32_t outcome(int32_t length, UErrorCode status) {
    if (status == U_BUFFER_OVERFLOW_ERROR) return length;
    return U_FAILURE(status) ? -1 : length;
}

int32_t till_icu_cased(const char *tag, int32_t form, const uint16_t *text, int32_t count, uint16_t *made, int32_t size) {
    char name[ULOC_FULLNAME_CAPACITY];
    if (!till_icu_locale_name(tag, name)) return -1;
    UErrorCode status = U_ZERO_ERROR;
    const UChar *source = (const UChar *)text;
    UChar *target = (UChar *)made;
    switch (form) {
    case 0: return outcome(u_strToLower(target, size, source, count, name, &status), status);
    case 1: return outcome(u_strToUpper(target, size, source, count, name, &status), status);
    default: return outcome(u_strToTitle(target, size, source, count, NULL, name, &status), status);
    }
}

static const UNormalizer2 *normalizer(int32_t form, UErrorCode *status) {
    switch (form) {
    case 0: return unorm2_getNFCInstance(status);
    case 1: return unorm2_getNFDInstance(status);
    case 2: return unorm2_getNFKCInstance(status);
    default: return unorm2_getNFKDInstance(status);
    }
}

int32_t till_icu_normalized(int32_t form, const uint16_t *text, int32_t count, uint16_t *made, int32_t size) {
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *known = normalizer(form, &status);
    if (U_FAILURE(status)) return -1;
    int32_t length = unorm2_normalize(known, (const UChar *)text, count, (UChar *)made, size, &status);
    return outcome(length, status);
}

int32_t till_icu_is_normalized(int32_t form, const uint16_t *text, int32_t count) {
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *known = normalizer(form, &status);
    if (U_FAILURE(status)) return -1;
    UBool answer = unorm2_isNormalized(known, (const UChar *)text, count, &status);
    return U_FAILURE(status) ? -1 : answer;
}
