// What is used of ICU: collators, by names as PostgreSQL has them, the cases of letters and the normal forms of texts. Plain C types, so that ICU's own enumerations are seen by nobody else.
#pragma once
#include <stdint.h>

#include "CICUPatterns.h"

/// How many locales there are.
int32_t till_icu_locale_count(void);

/// The language tag of a locale, such as `uk-UA`, written to `tag` with a NUL behind it; its length, or -1 where it has none of fewer than `size` bytes.
int32_t till_icu_locale_tag(int32_t index, char *tag, int32_t size);

/// The order of a language by its tag; NULL where there is none. It may be used by several threads at once.
void *till_icu_open(const char *tag);

/// The key of a text in UTF-16: keys compare by their bytes, have no zero in them and end with one.
///
/// The key's length with that zero, of which at most `size` bytes were written.
int32_t till_icu_key(const void *collator, const uint16_t *text, int32_t count, uint8_t *key, int32_t size);

/// A text in the cases of a language, by its tag: 0 for lower case, 1 for upper case, 2 for words that begin with capitals.
///
/// The length of what is made, of which at most `size` units were written; -1 where it cannot be made.
int32_t till_icu_cased(const char *tag, int32_t form, const uint16_t *text, int32_t count, uint16_t *made, int32_t size);

/// A text in a normal form of Unicode: 0 for NFC, 1 for NFD, 2 for NFKC, 3 for NFKD.
///
/// The length of what is made, of which at most `size` units were written; -1 where it cannot be made.
int32_t till_icu_normalized(int32_t form, const uint16_t *text, int32_t count, uint16_t *made, int32_t size);

/// Whether a text is in that form: 1 or 0; -1 where that cannot be said.
int32_t till_icu_is_normalized(int32_t form, const uint16_t *text, int32_t count);
