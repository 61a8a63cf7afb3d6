#include "run/study_reader.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

/* ---- finding things, and saying what is wrong with them ---- */

void el4ml_reader_no_memory(el4ml_study_reader *r)
{
    r->status =
        el4ml_fail(r->error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", el4ml_path_for_message(r->path));
}

/* NULL when it is not there, or when something is wrong already. */
const el4ml_toml *el4ml_reader_find(const el4ml_study_reader *r, const char *table, const char *key)
{
    if (r->status != EL4ML_OK) return NULL;
    const el4ml_toml *found = el4ml_toml_find(&r->document->root, table);
    return found ? el4ml_toml_find(found, key) : NULL;
}

const el4ml_toml *el4ml_reader_require(el4ml_study_reader *r, const char *table, const char *key,
                                       const char *what)
{
    if (r->status != EL4ML_OK) return NULL;
    const el4ml_toml *value = el4ml_reader_find(r, table, key),
                     *place = el4ml_toml_find(&r->document->root, table);
    if (value) return value;
    if (place)
        r->status = el4ml_fail(r->error, EL4ML_BAD_INPUT, "%s:%zu: [%s] needs '%s': %s", r->document->name,
                               place->key_place.line, table, key, what);
    else
        r->status = el4ml_fail(r->error, EL4ML_BAD_INPUT, "%s: [%s] is missing; it needs '%s': %s",
                               r->document->name, table, key, what);
    return NULL;
}

static size_t length_of(const char *const *names)
{
    size_t count = 0;
    while (names[count])
        count++;
    return count;
}

void el4ml_reader_list(const char *const *names, size_t count, char *text, size_t size)
{
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%s", i > 0 ? ", " : "", names[i]);
}

/* ---- typed values ---- */

void el4ml_reader_boolean(el4ml_study_reader *r, const char *table, const char *key, bool *value)
{
    const el4ml_toml *node = el4ml_reader_find(r, table, key);
    if (node) r->status = el4ml_toml_boolean(r->document, node, value, r->error);
}

void el4ml_reader_check_count(el4ml_study_reader *r, const el4ml_toml *node, int64_t low, int64_t high,
                              uint64_t *value)
{
    if (r->status != EL4ML_OK) return;
    int64_t integer;
    r->status = el4ml_toml_integer(r->document, node, &integer, r->error);
    if (r->status != EL4ML_OK) return;
    if (integer < low || integer > high)
        r->status =
            el4ml_toml_fail(r->document, node, r->error,
                            "must lie between %" PRId64 " and %" PRId64 ", not %" PRId64, low, high, integer);
    else
        *value = (uint64_t)integer;
}

void el4ml_reader_count(el4ml_study_reader *r, const char *table, const char *key, int64_t low, int64_t high,
                        uint64_t *value)
{
    const el4ml_toml *node = el4ml_reader_find(r, table, key);
    if (node) el4ml_reader_check_count(r, node, low, high, value);
}

void el4ml_reader_check_number(el4ml_study_reader *r, const el4ml_toml *node, double low, bool low_included,
                               double high, bool high_included, double *value)
{
    if (r->status != EL4ML_OK) return;
    double number;
    r->status = el4ml_toml_number(r->document, node, &number, r->error);
    if (r->status != EL4ML_OK) return;
    const bool inside = (low_included ? number >= low : number > low) &&
                        (high_included ? number <= high : number < high) && isfinite(number);
    char from[32], to[32], given[32];
    el4ml_format_number(low, from);
    el4ml_format_number(high, to);
    el4ml_format_number(number, given);
    const char *at_least = low_included ? "at least" : "greater than";
    if (inside)
        *value = number;
    else if (isinf(high))
        r->status = el4ml_toml_fail(r->document, node, r->error, "must be finite and %s %s, not %s", at_least,
                                    from, given);
    else
        r->status = el4ml_toml_fail(r->document, node, r->error, "must be %s %s and %s %s, not %s", at_least,
                                    from, high_included ? "at most" : "less than", to, given);
}

void el4ml_reader_positive(el4ml_study_reader *r, const char *table, const char *key, double *value)
{
    const el4ml_toml *node = el4ml_reader_find(r, table, key);
    if (node) el4ml_reader_check_number(r, node, 0, false, INFINITY, false, value);
}

void el4ml_reader_fraction(el4ml_study_reader *r, const char *table, const char *key, double *value)
{
    const el4ml_toml *node = el4ml_reader_find(r, table, key);
    if (node) el4ml_reader_check_number(r, node, 0, true, 0.9, true, value);
}

void el4ml_reader_copy_text(el4ml_study_reader *r, const char *text, char **copy)
{
    if (r->status != EL4ML_OK) return;
    *copy = el4ml_copy_text(text);
    if (!*copy) el4ml_reader_no_memory(r);
}

/* A text that is not empty. */
void el4ml_reader_check_text(el4ml_study_reader *r, const el4ml_toml *node, const char **text)
{
    *text = "";
    if (r->status != EL4ML_OK) return;
    r->status = el4ml_toml_string(r->document, node, text, r->error);
    if (r->status == EL4ML_OK && !(*text)[0])
        r->status = el4ml_toml_fail(r->document, node, r->error, "must not be empty");
}

void el4ml_reader_texts(el4ml_study_reader *r, const el4ml_toml *node, char ***texts, size_t *count)
{
    if (!node || r->status != EL4ML_OK) return;
    if (node->type != EL4ML_TOML_ARRAY || node->count == 0) {
        r->status =
            el4ml_toml_fail(r->document, node, r->error, "must be a list of texts such as [\"a\", \"b\"]");
        return;
    }
    *texts = EL4ML_NEW(char *, node->count);
    if (!*texts) {
        el4ml_reader_no_memory(r);
        return;
    }
    for (const el4ml_toml *each = node->first; each && r->status == EL4ML_OK; each = each->next) {
        const char *text;
        el4ml_reader_check_text(r, each, &text);
        el4ml_reader_copy_text(r, text, &(*texts)[*count]);
        if (r->status == EL4ML_OK) ++*count;
    }
}

void el4ml_reader_path(el4ml_study_reader *r, const el4ml_toml *node, char **path)
{
    const char *text;
    if (node) el4ml_reader_check_text(r, node, &text);
    if (!node || r->status != EL4ML_OK) return;
    *path = el4ml_path_absolute(text, r->path);
    if (!*path) el4ml_reader_no_memory(r);
}

/* Index of the word among `names`. */
void el4ml_reader_check_word(el4ml_study_reader *r, const el4ml_toml *node, const char *const *names,
                             unsigned *index)
{
    if (r->status != EL4ML_OK) return;
    const char *text;
    r->status = el4ml_toml_string(r->document, node, &text, r->error);
    if (r->status != EL4ML_OK) return;
    const size_t count = length_of(names);
    for (*index = 0; *index < count; ++*index)
        if (strcmp(names[*index], text) == 0) return;
    const el4ml_excerpt given = el4ml_excerpt_of(text);
    char all[256];
    el4ml_reader_list(names, count, all, sizeof all);
    const char *nearest = el4ml_nearest_name(text, names, count);
    const char *hint = nearest ? "; did you mean '" : "", *end = nearest ? "'?" : "";
    r->status = el4ml_toml_fail(r->document, node, r->error, "unknown '%s'%s%s%s Known: %s", given.text, hint,
                                nearest ? nearest : ".", end, all);
}

void el4ml_reader_word(el4ml_study_reader *r, const char *table, const char *key, const char *const *names,
                       unsigned *index)
{
    const el4ml_toml *node = el4ml_reader_find(r, table, key);
    if (node) el4ml_reader_check_word(r, node, names, index);
}
