#include "CICUPatterns.h"

#include <stdlib.h>
#include <unicode/uregex.h>
#include <unicode/utext.h>

struct till_icu_pattern {
    URegularExpression *expression;
    /// Opened anew on each text, in the memory of the last one.
    UText text;
    const void *whom;
    till_icu_is_over *is_over;
    /// Of the text at hand, in bytes.
    int64_t length;
    /// What was done since `is_over` was asked, in some measure.
    int64_t pace;
};

/// So much is done between two questions: some tens of microseconds'.
static const int64_t PACE_MAX = 1 << 14;

static bool goes_on(till_icu_pattern *pattern) {
    pattern->pace = 0;
    return pattern->is_over == NULL || !pattern->is_over(pattern->whom);
}

/// Asked by ICU for each ten thousand ways back that it has kept.
static UBool U_CALLCONV at_match(const void *context, int32_t steps) {
    (void)steps;
    return goes_on((till_icu_pattern *)context);
}

/// Counts an attempt at one place, which may have run over all of the text without a way back.
static bool counts(till_icu_pattern *pattern) {
    pattern->pace += 16 + pattern->length / 64;
    return pattern->pace < PACE_MAX || goes_on(pattern);
}

static UBool U_CALLCONV at_place(const void *context, int64_t place) {
    (void)place;
    return counts((till_icu_pattern *)context);
}

static int32_t fault_of(UErrorCode status) {
    switch (status) {
    case U_REGEX_STOPPED_BY_CALLER: return TILL_ICU_STOPPED;
    case U_REGEX_STACK_OVERFLOW: return TILL_ICU_TOO_DEEP;
    case U_REGEX_LOOK_BEHIND_LIMIT: return TILL_ICU_ENDLESS_LOOK_BACK;
    case U_MEMORY_ALLOCATION_ERROR: return TILL_ICU_OUT_OF_MEMORY;
    default: return TILL_ICU_FAULT;
    }
}

till_icu_pattern *till_icu_pattern_new(const char *pattern, size_t length, int32_t stack_byte_count, int32_t *fault) {
    *fault = TILL_ICU_OUT_OF_MEMORY;
    till_icu_pattern *made = calloc(1, sizeof *made);
    if (made == NULL) return NULL;
    made->text = (UText)UTEXT_INITIALIZER;
    UErrorCode status = U_ZERO_ERROR;
    utext_openUTF8(&made->text, pattern, (int64_t)length, &status);
    made->expression = uregex_openUText(&made->text, 0, NULL, &status);
    // ICU reckons with four bytes for what takes eight.
    uregex_setStackLimit(made->expression, stack_byte_count / 2, &status);
    uregex_setMatchCallback(made->expression, at_match, made, &status);
    uregex_setFindProgressCallback(made->expression, at_place, made, &status);
    if (U_FAILURE(status)) {
        *fault = fault_of(status);
        till_icu_pattern_delete(made);
        return NULL;
    }
    return made;
}

void till_icu_pattern_delete(till_icu_pattern *pattern) {
    uregex_close(pattern->expression);
    utext_close(&pattern->text);
    free(pattern);
}

int32_t till_icu_pattern_group_count(const till_icu_pattern *pattern) {
    UErrorCode status = U_ZERO_ERROR;
    int32_t count = uregex_groupCount(pattern->expression, &status);
    return U_FAILURE(status) ? 0 : count;
}

/// Writes where the last match and its groups lie.
static void tell(const till_icu_pattern *pattern, int64_t *bounds, int32_t group_count, UErrorCode *status) {
    for (int32_t group = 0; group < group_count; group++) {
        bounds[2 * group] = uregex_start64(pattern->expression, group, status);
        bounds[2 * group + 1] = uregex_end64(pattern->expression, group, status);
    }
}

/// Whether a match begins at `start` and ends at `end`. What looks around still sees all of the text, and `\A` and `\z` mean its ends.
static bool fits(till_icu_pattern *pattern, int64_t start, int64_t end, UErrorCode *status) {
    if (U_FAILURE(*status)) return false;
    if (!counts(pattern)) {
        *status = U_REGEX_STOPPED_BY_CALLER;
        return false;
    }
    uregex_setRegion64(pattern->expression, start, end, status);
    return uregex_matches64(pattern->expression, -1, status) && U_SUCCESS(*status);
}

/// The place a character further, and behind the last one. Texts are UTF-8.
static int64_t behind(const char *text, int64_t length, int64_t place) {
    do place++;
    while (place < length && ((uint8_t)text[place] & 0xC0) == 0x80);
    return place < length ? place : length;
}

static int64_t before(const char *text, int64_t place) {
    do place--;
    while (place > 0 && ((uint8_t)text[place] & 0xC0) == 0x80);
    return place;
}

/// Looks for a longer match than the one that `bounds` has.
///
/// ICU takes the first way that leads to an end. Where the text is cut at a place, and no way that begins here ends there or would have read on, none goes further than that
/// place; so that one is looked for in steps that double, and the ends before it are tried from behind.
static void lengthen(till_icu_pattern *pattern, const char *text, int64_t *bounds, int32_t group_count, UErrorCode *status) {
    int64_t length = pattern->length, start = bounds[0], step = 1, end = bounds[1];
    while (end < length) {
        int64_t wanted = step < length - end ? end + step : length;
        while (wanted < length && ((uint8_t)text[wanted] & 0xC0) == 0x80) wanted++;
        if (fits(pattern, start, wanted, status)) {
            tell(pattern, bounds, group_count, status);
            end = bounds[1];
            step = 1;
            continue;
        }
        if (U_FAILURE(*status)) return;
        if (wanted < length && uregex_hitEnd(pattern->expression, status)) {
            step *= 2;
            continue;
        }
        for (int64_t other = before(text, wanted); other > end && U_SUCCESS(*status); other = before(text, other)) {
            if (!fits(pattern, start, other, status)) continue;
            tell(pattern, bounds, group_count, status);
            return;
        }
        return;
    }
}

/// Looks for a shorter one.
static void shorten(till_icu_pattern *pattern, const char *text, int64_t *bounds, int32_t group_count, UErrorCode *status) {
    int64_t start = bounds[0], end = bounds[1];
    for (int64_t other = start; other < end && U_SUCCESS(*status); other = behind(text, pattern->length, other)) {
        if (!fits(pattern, start, other, status)) continue;
        tell(pattern, bounds, group_count, status);
        return;
    }
}

int32_t till_icu_pattern_find(
    till_icu_pattern *pattern, const char *text, int64_t length, int64_t start, int32_t choice, const void *whom, till_icu_is_over *is_over, int64_t *bounds, int32_t group_count) {
    UErrorCode status = U_ZERO_ERROR;
    pattern->whom = whom;
    pattern->is_over = is_over;
    pattern->length = length;
    utext_openUTF8(&pattern->text, text, length, &status);
    uregex_setUText(pattern->expression, &pattern->text, &status);
    uregex_useAnchoringBounds(pattern->expression, false, &status);
    uregex_useTransparentBounds(pattern->expression, true, &status);
    bool is_found = uregex_find64(pattern->expression, start, &status);
    if (U_SUCCESS(status) && is_found && group_count > 0) {
        tell(pattern, bounds, group_count, &status);
        if (choice == TILL_ICU_LONGEST) lengthen(pattern, text, bounds, group_count, &status);
        if (choice == TILL_ICU_SHORTEST) shorten(pattern, text, bounds, group_count, &status);
    }
    // Nobody keeps the text.
    pattern->whom = NULL;
    pattern->is_over = NULL;
    return U_FAILURE(status) ? fault_of(status) : is_found ? TILL_ICU_FOUND : TILL_ICU_NONE;
}
