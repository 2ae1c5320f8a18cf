#include "cre2.h"

#include <re2/re2.h>

#include <cstdint>
#include <new>
#include <vector>

struct till_re2 {
    re2::RE2 pattern;
    till_re2(re2::StringPiece text, const re2::RE2::Options &options) : pattern(text, options) {}
};

till_re2 *till_re2_new(const char *pattern, size_t length, bool case_insensitive, bool dot_matches_newline, bool longest_match, size_t memory_max) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_case_sensitive(!case_insensitive);
    options.set_max_mem(static_cast<int64_t>(memory_max));
    options.set_dot_nl(dot_matches_newline);
    options.set_longest_match(longest_match);
    return new till_re2(re2::StringPiece(pattern, length), options);
}

void till_re2_delete(till_re2 *pattern) { delete pattern; }

const char *till_re2_error(const till_re2 *pattern) {
    return pattern->pattern.ok() ? nullptr : pattern->pattern.error().c_str();
}

bool till_re2_search(const till_re2 *pattern, const char *text, size_t length) {
    return re2::RE2::PartialMatch(re2::StringPiece(text, length), pattern->pattern);
}

bool till_re2_find(
    const till_re2 *pattern, const char *text, size_t length, size_t start, size_t *match_start, size_t *match_end) {
    re2::StringPiece group;
    if (!pattern->pattern.Match(re2::StringPiece(text, length), start, length, re2::RE2::UNANCHORED, &group, 1)) {
        return false;
    }
    *match_start = static_cast<size_t>(group.data() - text);
    *match_end = *match_start + group.size();
    return true;
}

bool till_re2_find_groups(
    const till_re2 *pattern, const char *text, size_t length, size_t start, size_t *bounds, int group_count) {
    std::vector<re2::StringPiece> groups(static_cast<size_t>(group_count));
    if (!pattern->pattern.Match(
            re2::StringPiece(text, length), start, length, re2::RE2::UNANCHORED, groups.data(), group_count)) {
        return false;
    }
    for (int index = 0; index < group_count; index++) {
        const re2::StringPiece &group = groups[static_cast<size_t>(index)];
        bounds[2 * index] = group.data() ? static_cast<size_t>(group.data() - text) : SIZE_MAX;
        bounds[2 * index + 1] = group.data() ? bounds[2 * index] + group.size() : SIZE_MAX;
    }
    return true;
}

bool till_re2_match_within(
    const till_re2 *pattern, const char *text, size_t length, size_t start, size_t end, bool is_exact, size_t *match_end) {
    re2::StringPiece whole(text, length);
    if (is_exact) {
        // Without a place for the match RE2 looks for none.
        *match_end = end;
        return pattern->pattern.Match(whole, start, end, re2::RE2::ANCHOR_BOTH, nullptr, 0);
    }
    re2::StringPiece group;
    if (!pattern->pattern.Match(whole, start, end, re2::RE2::ANCHOR_START, &group, 1)) {
        return false;
    }
    *match_end = static_cast<size_t>(group.data() - text) + group.size();
    return true;
}

int till_re2_program_size(const till_re2 *pattern) { return pattern->pattern.ProgramSize(); }

int till_re2_group_count(const till_re2 *pattern) { return pattern->pattern.NumberOfCapturingGroups(); }
