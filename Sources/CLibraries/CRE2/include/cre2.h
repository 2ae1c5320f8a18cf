#ifndef TILL_CRE2_H
#define TILL_CRE2_H
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A compiled RE2 pattern. RE2 has no logic of ours: it matches in linear time and never backtracks.
typedef struct till_re2 till_re2;

/// Compiles `pattern` (UTF-8, `length` bytes). Never returns NULL: ask `till_re2_error`.
till_re2 *till_re2_new(const char *pattern, size_t length, bool case_insensitive, bool dot_matches_newline, bool longest_match, size_t memory_max);
void till_re2_delete(till_re2 *pattern);
/// The reason that the pattern does not compile, NUL-terminated and owned by `pattern`; NULL when it does.
const char *till_re2_error(const till_re2 *pattern);
/// Whether `text` holds a match anywhere.
bool till_re2_search(const till_re2 *pattern, const char *text, size_t length);
/// The first match at or after `start`: its bounds in bytes go to `match_start` and `match_end`.
bool till_re2_find(
    const till_re2 *pattern, const char *text, size_t length, size_t start, size_t *match_start, size_t *match_end);
/// The first match at or after `start` with its capture groups: `bounds` takes 2 × `group_count` offsets (group 0 is the
/// whole match), SIZE_MAX for a group that took no part.
bool till_re2_find_groups(
    const till_re2 *pattern, const char *text, size_t length, size_t start, size_t *bounds, int group_count);
/// Whether a match begins at `start` and ends at `end`, or with `is_exact` false the longest one that ends at or before it; its end goes to `match_end`. What
/// stands around is seen: `^`, `$` and edges of words mean what they mean in the whole of `text`.
bool till_re2_match_within(
    const till_re2 *pattern, const char *text, size_t length, size_t start, size_t end, bool is_exact, size_t *match_end);
/// How many steps the compiled program has: what a byte of a text costs at worst.
int till_re2_program_size(const till_re2 *pattern);
/// How many capture groups the pattern has, the whole match not counted.
int till_re2_group_count(const till_re2 *pattern);

#ifdef __cplusplus
}
#endif
#endif
