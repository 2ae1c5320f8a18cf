// What is used of ICU's regular expressions: those that look around themselves and back, which have no match in linear time.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A compiled pattern with all that a search needs. One thread's at a time.
typedef struct till_icu_pattern till_icu_pattern;

/// Whether whoever waits for a search has gone. It is asked now and then while one runs.
typedef bool till_icu_is_over(const void *whom);

/// What a search or a pattern may come to. Found, and nothing found.
#define TILL_ICU_FOUND 1
#define TILL_ICU_NONE 0
/// `is_over` said so.
#define TILL_ICU_STOPPED (-1)
/// The ways back take more bytes than they may.
#define TILL_ICU_TOO_DEEP (-2)
/// The pattern looks back without a bound, which ICU does not.
#define TILL_ICU_ENDLESS_LOOK_BACK (-3)
#define TILL_ICU_OUT_OF_MEMORY (-4)
#define TILL_ICU_FAULT (-5)

/// Which of the matches that begin first is meant.
#define TILL_ICU_FIRST 0
#define TILL_ICU_LONGEST 1
#define TILL_ICU_SHORTEST 2

/// Compiles a pattern of ICU's in UTF-8; NULL where `fault` says why not.
///
/// Ways back of one search may take `stack_byte_count` bytes, which are kept for the next one.
till_icu_pattern *till_icu_pattern_new(const char *pattern, size_t length, int32_t stack_byte_count, int32_t *fault);
void till_icu_pattern_delete(till_icu_pattern *pattern);

/// The groups that capture, the whole match not counted.
int32_t till_icu_pattern_group_count(const till_icu_pattern *pattern);

/// The match that begins first at or after `start`, of those that begin there the one that `choice` says. `^` and what looks back see the text before `start`.
///
/// `bounds` takes two offsets in bytes for the match and for each of the first `group_count - 1` groups, -1 for one that took no part. The text is read where it lies.
int32_t till_icu_pattern_find(
    till_icu_pattern *pattern, const char *text, int64_t length, int64_t start, int32_t choice, const void *whom, till_icu_is_over *is_over, int64_t *bounds, int32_t group_count);
