#include "base/toml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/toml_parser.h"

/* ---- places and messages ---- */

el4ml_toml_place el4ml_toml_here(el4ml_toml_parser *p)
{
    if (!p->mark || p->mark < p->line_start || p->mark > p->at) {
        p->mark = p->line_start;
        p->mark_column = 1;
    }
    for (; p->mark < p->at; p->mark++)
        p->mark_column += ((unsigned char)*p->mark & 0xC0) != 0x80;
    return (el4ml_toml_place){.line = p->line, .column = p->mark_column};
}

el4ml_status el4ml_toml_bad(const el4ml_toml_parser *p, el4ml_toml_place place, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s:%zu:%zu: %s", p->shown, place.line, place.column, text);
}

el4ml_status el4ml_toml_no_memory(const el4ml_toml_parser *p)
{
    return el4ml_fail(p->error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", p->shown);
}

/* ---- white space ---- */

void el4ml_toml_skip_spaces(el4ml_toml_parser *p)
{
    while (*p->at == ' ' || *p->at == '\t')
        p->at++;
}

static bool pass_line_end(el4ml_toml_parser *p)
{
    const size_t length = p->at[0] == '\n' ? 1 : p->at[0] == '\r' && p->at[1] == '\n' ? 2 : 0;
    if (length == 0) return false;
    p->at += length;
    p->line++;
    p->line_start = p->at;
    return true;
}

static el4ml_status skip_comment(el4ml_toml_parser *p)
{
    if (*p->at != '#') return EL4ML_OK;
    for (; *p->at && *p->at != '\n' && !(p->at[0] == '\r' && p->at[1] == '\n'); p->at++) {
        const unsigned char c = (unsigned char)*p->at;
        if ((c < 0x20 && c != '\t') || c == 0x7F)
            return el4ml_toml_bad(p, el4ml_toml_here(p), "a control character in a comment");
    }
    return EL4ML_OK;
}

el4ml_status el4ml_toml_skip_lines(el4ml_toml_parser *p)
{
    do {
        el4ml_toml_skip_spaces(p);
        const el4ml_status status = skip_comment(p);
        if (status != EL4ML_OK) return status;
    } while (pass_line_end(p));
    return EL4ML_OK;
}

el4ml_status el4ml_toml_end_line(el4ml_toml_parser *p)
{
    el4ml_toml_skip_spaces(p);
    const el4ml_status status = skip_comment(p);
    if (status != EL4ML_OK) return status;
    if (*p->at == '\0' || pass_line_end(p)) return EL4ML_OK;
    return el4ml_toml_bad(p, el4ml_toml_here(p), "the line should end here");
}

/* ---- tables ---- */

el4ml_toml *el4ml_toml_add(el4ml_toml *parent)
{
    el4ml_toml *child = EL4ML_NEW(el4ml_toml, 1);
    if (!child) return NULL;
    child->parent = parent;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
    return child;
}

const el4ml_toml *el4ml_toml_find(const el4ml_toml *table, const char *key)
{
    for (const el4ml_toml *child = table->first; child; child = child->next)
        if (strcmp(child->key, key) == 0) return child;
    return NULL;
}

static el4ml_toml *find(el4ml_toml *table, const char *key)
{
    for (el4ml_toml *child = table->first; child; child = child->next)
        if (strcmp(child->key, key) == 0) return child;
    return NULL;
}

/* One part of a key, on its way into the tree. */
typedef struct part {
    char *text; /* owned until a child takes it */
    el4ml_toml_place place;
} part;

static el4ml_status taken(const el4ml_toml_parser *p, const part *key, const el4ml_toml *first)
{
    const el4ml_status status = el4ml_toml_bad(p, key->place, "'%s' is already there, from line %zu",
                                               el4ml_excerpt_of(key->text).text, first->key_place.line);
    el4ml_release(key->text);
    return status;
}

static el4ml_status add_child(const el4ml_toml_parser *p, el4ml_toml *table, part *key, el4ml_toml **child)
{
    *child = el4ml_toml_add(table);
    if (!*child) {
        el4ml_release(key->text);
        return el4ml_toml_no_memory(p);
    }
    (*child)->key = key->text;
    (*child)->key_place = (*child)->place = key->place;
    return EL4ML_OK;
}

static bool is_bare(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static el4ml_status read_part(el4ml_toml_parser *p, part *key)
{
    el4ml_toml_skip_spaces(p);
    key->place = el4ml_toml_here(p);
    if (*p->at == '"' || *p->at == '\'') return el4ml_toml_one_line_string(p, &key->text);
    const char *start = p->at;
    while (is_bare(*p->at))
        p->at++;
    if (p->at == start) return el4ml_toml_bad(p, key->place, "a key is expected here");
    key->text = EL4ML_NEW(char, (size_t)(p->at - start) + 1);
    if (!key->text) return el4ml_toml_no_memory(p);
    memcpy(key->text, start, (size_t)(p->at - start));
    return EL4ML_OK;
}

/* Into the table `key` of *table, which is made if it is not there. Consumes key->text. */
static el4ml_status descend(const el4ml_toml_parser *p, el4ml_toml **table, part *key,
                            el4ml_toml_origin origin)
{
    el4ml_toml *child = find(*table, key->text);
    if (!child) {
        const el4ml_status status = add_child(p, *table, key, &child);
        if (status != EL4ML_OK) return status;
        child->origin = origin;
    } else {
        const bool open = child->type == EL4ML_TOML_TABLE && child->origin != EL4ML_TOML_INLINE &&
                          (origin == EL4ML_TOML_PATH || child->origin == EL4ML_TOML_DOTTED);
        if (!open) return taken(p, key, child);
        el4ml_release(key->text);
    }
    *table = child;
    return EL4ML_OK;
}

/* a.b.c: goes down into a and b, and leaves c in *last. */
static el4ml_status read_path(el4ml_toml_parser *p, el4ml_toml **table, el4ml_toml_origin origin, part *last)
{
    for (size_t depth = 0;; depth++) {
        el4ml_status status = read_part(p, last);
        if (status != EL4ML_OK) return status;
        el4ml_toml_skip_spaces(p);
        if (*p->at != '.') return EL4ML_OK;
        p->at++;
        if (depth == EL4ML_TOML_MAX_DEPTH) {
            el4ml_release(last->text);
            return el4ml_toml_bad(p, last->place, "a key of too many parts");
        }
        status = descend(p, table, last, origin);
        if (status != EL4ML_OK) return status;
    }
}

el4ml_status el4ml_toml_key_value(el4ml_toml_parser *p, el4ml_toml *table, size_t depth)
{
    part key = {0};
    el4ml_status status = read_path(p, &table, EL4ML_TOML_DOTTED, &key);
    if (status != EL4ML_OK) return status;
    const el4ml_toml *first = find(table, key.text);
    if (first) return taken(p, &key, first);
    if (*p->at != '=') {
        status = el4ml_toml_bad(p, el4ml_toml_here(p), "'=' is expected after the key '%s'",
                                el4ml_excerpt_of(key.text).text);
        el4ml_release(key.text);
        return status;
    }
    p->at++;
    el4ml_toml *child;
    status = add_child(p, table, &key, &child);
    if (status != EL4ML_OK) return status;
    el4ml_toml_skip_spaces(p);
    return el4ml_toml_value(p, child, depth);
}

/* [a.b]: *table becomes that table. */
static el4ml_status read_header(el4ml_toml_parser *p, el4ml_toml *root, el4ml_toml **table)
{
    const el4ml_toml_place place = el4ml_toml_here(p);
    if (p->at[1] == '[') return el4ml_toml_bad(p, place, "arrays of tables are not supported");
    p->at++;
    *table = root;
    part key = {0};
    el4ml_status status = read_path(p, table, EL4ML_TOML_PATH, &key);
    if (status != EL4ML_OK) return status;
    if (*p->at != ']') {
        el4ml_release(key.text);
        return el4ml_toml_bad(p, el4ml_toml_here(p), "']' is expected after the table's name");
    }
    p->at++;
    el4ml_toml *child = find(*table, key.text);
    if (child) {
        if (child->type != EL4ML_TOML_TABLE || child->origin != EL4ML_TOML_PATH) return taken(p, &key, child);
        child->key_place = child->place = key.place;
        el4ml_release(key.text);
    } else {
        status = add_child(p, *table, &key, &child);
        if (status != EL4ML_OK) return status;
    }
    child->origin = EL4ML_TOML_HEADER;
    *table = child;
    return el4ml_toml_end_line(p);
}

/* ---- the document ---- */

static el4ml_status check_text(el4ml_toml_parser *p, size_t length)
{
    if (length > EL4ML_TOML_MAX_BYTES)
        return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s: more than %zu bytes: this is no study file",
                          p->shown, EL4ML_TOML_MAX_BYTES);
    const char *const start = p->at, *const zero = memchr(start, '\0', length);
    const size_t valid = zero ? (size_t)(zero - start) : el4ml_utf8_valid(start, length);
    if (valid < length) {
        while (p->at < start + valid)
            if (!pass_line_end(p)) p->at++;
        return el4ml_toml_bad(p, el4ml_toml_here(p), zero ? "a zero byte" : "this is not UTF-8 text");
    }
    if (length >= 3 && memcmp(start, "\xEF\xBB\xBF", 3) == 0) p->line_start = p->at += 3;
    return EL4ML_OK;
}

static el4ml_status read_document(el4ml_toml_parser *p, el4ml_toml *root)
{
    el4ml_toml *table = root;
    for (;;) {
        el4ml_status status = el4ml_toml_skip_lines(p);
        if (status != EL4ML_OK || *p->at == '\0') return status;
        if (*p->at == '[') {
            status = read_header(p, root, &table);
        } else {
            status = el4ml_toml_key_value(p, table, 0);
            if (status == EL4ML_OK) status = el4ml_toml_end_line(p);
        }
        if (status != EL4ML_OK) return status;
    }
}

el4ml_status el4ml_toml_parse(const char *name, const char *bytes, size_t length,
                              el4ml_toml_document **document, el4ml_error *error)
{
    el4ml_toml_parser p = {.shown = el4ml_path_for_message(name), .line = 1, .error = error};
    el4ml_toml_document *made = EL4ML_NEW(el4ml_toml_document, 1);
    char *text = length <= EL4ML_TOML_MAX_BYTES ? EL4ML_NEW(char, length + 1) : NULL;
    if (made) made->name = el4ml_copy_text(p.shown);
    el4ml_status status = EL4ML_OK;
    if (!made || !made->name || (!text && length <= EL4ML_TOML_MAX_BYTES)) status = el4ml_toml_no_memory(&p);
    if (text && length > 0) memcpy(text, bytes, length);
    p.at = p.line_start = text;
    if (status == EL4ML_OK) status = check_text(&p, length);
    if (status == EL4ML_OK) status = read_document(&p, &made->root);
    el4ml_release(text);
    if (status == EL4ML_OK)
        *document = made;
    else
        el4ml_toml_free(made);
    return status;
}

static void free_children(el4ml_toml *value)
{
    for (el4ml_toml *child = value->first, *next; child; child = next) {
        next = child->next;
        free_children(child);
        el4ml_release(child->key);
        el4ml_release(child->string);
        el4ml_release(child);
    }
}

void el4ml_toml_free(el4ml_toml_document *document)
{
    if (!document) return;
    free_children(&document->root);
    el4ml_release(document->name);
    el4ml_release(document);
}
