/* One pass over a copy of the bytes: each field is unquoted in place (it can only shrink) and ended with a
 * '\0'. */
#include "base/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

typedef struct parser {
    const char *shown; /* the file's name in messages */
    char *at, *end;    /* end points at a '\0' */
    char separator;
    size_t line;
    char **fields; /* of all rows, the header first */
    size_t count, capacity;
    size_t *lines; /* of all rows */
    size_t line_count, line_capacity;
    el4ml_error *error;
} parser;

static el4ml_status no_memory(const parser *p)
{
    return el4ml_fail(p->error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", p->shown);
}

static size_t lines_in(const char *from, const char *to)
{
    size_t count = 0;
    for (; from < to; from++)
        count += *from == '\n' || (*from == '\r' && from[1] != '\n');
    return count;
}

static bool at_line_end(const parser *p)
{
    return p->at == p->end || *p->at == '\n' || *p->at == '\r';
}

static void pass_line_end(parser *p)
{
    if (p->at == p->end) return;
    p->at += p->at[0] == '\r' && p->at[1] == '\n' ? 2 : 1;
    p->line++;
}

static bool is_space(const parser *p, char c)
{
    return c == ' ' || (c == '\t' && p->separator != '\t');
}

static void skip_spaces(parser *p)
{
    while (is_space(p, *p->at))
        p->at++;
}

/* The file as a whole: text at all? */
static el4ml_status check_text(parser *p, size_t length)
{
    const unsigned char *first = (const unsigned char *)p->at;
    if (length >= 2 && ((first[0] == 0xFF && first[1] == 0xFE) || (first[0] == 0xFE && first[1] == 0xFF)))
        return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s: UTF-16 text; save it as UTF-8", p->shown);
    const char *zero = memchr(p->at, '\0', length);
    if (zero)
        return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s:%zu: a zero byte; this is not a text file", p->shown,
                          1 + lines_in(p->at, zero));
    const size_t valid = el4ml_utf8_valid(p->at, length);
    if (valid < length)
        return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s:%zu: not UTF-8 text", p->shown,
                          1 + lines_in(p->at, p->at + valid));
    if (length >= 3 && memcmp(p->at, "\xEF\xBB\xBF", 3) == 0) p->at += 3;
    return EL4ML_OK;
}

/* A comma if the header line has one outside quotes; else what it has more of, ';' or tab. */
static char find_separator(const char *at)
{
    size_t commas = 0, semicolons = 0, tabs = 0;
    bool quoted = false;
    for (; *at && (quoted || (*at != '\n' && *at != '\r')); at++) {
        if (*at == '"') quoted = !quoted;
        if (quoted) continue;
        commas += *at == ',';
        semicolons += *at == ';';
        tabs += *at == '\t';
    }
    if (commas > 0 || (semicolons == 0 && tabs == 0)) return ',';
    return semicolons >= tabs ? ';' : '\t';
}

static el4ml_status read_quoted(parser *p, char **field, char **stop)
{
    const size_t line = p->line;
    char *to = ++p->at;
    *field = to;
    for (;; p->at++) {
        if (p->at == p->end)
            return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s:%zu: this quoted field never ends", p->shown,
                              line);
        if (*p->at == '"') {
            if (p->at[1] != '"') break;
            p->at++;
        }
        p->line += *p->at == '\n' || (*p->at == '\r' && p->at[1] != '\n');
        *to++ = *p->at;
    }
    *stop = to;
    p->at++;
    skip_spaces(p);
    if (!at_line_end(p) && *p->at != p->separator)
        return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s:%zu: text after the closing quote of a field",
                          p->shown, p->line);
    return EL4ML_OK;
}

static el4ml_status read_plain(parser *p, char **field, char **stop)
{
    *field = p->at;
    for (; !at_line_end(p) && *p->at != p->separator; p->at++)
        if (*p->at == '"')
            return el4ml_fail(p->error, EL4ML_BAD_INPUT,
                              "%s:%zu: a quote inside a field that does not start with one", p->shown,
                              p->line);
    *stop = p->at;
    while (*stop > *field && is_space(p, (*stop)[-1]))
        (*stop)--;
    return EL4ML_OK;
}

/* One field. *stop is where its '\0' goes, once what stands there has been looked at. */
static el4ml_status read_field(parser *p, char **stop)
{
    void *fields = p->fields;
    const bool grown = el4ml_grow(&fields, &p->capacity, p->count + 1, sizeof *p->fields);
    p->fields = fields;
    if (!grown) return no_memory(p);
    skip_spaces(p);
    char **field = &p->fields[p->count];
    const el4ml_status status = *p->at == '"' ? read_quoted(p, field, stop) : read_plain(p, field, stop);
    p->count += status == EL4ML_OK;
    return status;
}

static el4ml_status read_row(parser *p)
{
    void *lines = p->lines;
    const bool grown = el4ml_grow(&lines, &p->line_capacity, p->line_count + 1, sizeof *p->lines);
    p->lines = lines;
    if (!grown) return no_memory(p);
    p->lines[p->line_count++] = p->line;
    for (;;) {
        char *stop = NULL;
        const el4ml_status status = read_field(p, &stop);
        if (status != EL4ML_OK) return status;
        const bool more = *p->at == p->separator && p->at != p->end;
        if (more)
            p->at++;
        else
            pass_line_end(p);
        *stop = '\0';
        if (!more) return EL4ML_OK;
    }
}

/* Passes lines of nothing but spaces; `line` is the first of them, 0 when there is none. */
static void skip_blank_lines(parser *p, size_t *line)
{
    *line = 0;
    for (;;) {
        char *const start = p->at;
        skip_spaces(p);
        if (!at_line_end(p)) {
            p->at = start;
            return;
        }
        if (p->at == p->end) return;
        if (*line == 0) *line = p->line;
        pass_line_end(p);
    }
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static el4ml_status check_header(parser *p, size_t columns)
{
    for (size_t j = 0; j < columns; j++)
        if (!p->fields[j][0])
            return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s:%zu: column %zu has no name", p->shown,
                              p->lines[0], j + 1);
    char **sorted = EL4ML_NEW(char *, columns);
    if (!sorted) return no_memory(p);
    memcpy(sorted, p->fields, columns * sizeof *sorted);
    qsort(sorted, columns, sizeof *sorted, compare_names);
    const char *twice = NULL;
    for (size_t j = 1; j < columns && !twice; j++)
        if (strcmp(sorted[j - 1], sorted[j]) == 0) twice = sorted[j];
    el4ml_release(sorted);
    if (!twice) return EL4ML_OK;
    return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s:%zu: two columns are named '%s'", p->shown, p->lines[0],
                      el4ml_excerpt_of(twice).text);
}

static el4ml_status read_rows(parser *p, size_t *columns)
{
    size_t blank;
    skip_blank_lines(p, &blank);
    if (p->at == p->end) return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s: the file is empty", p->shown);
    p->separator = find_separator(p->at);
    el4ml_status status = read_row(p);
    if (status != EL4ML_OK) return status;
    *columns = p->count;
    status = check_header(p, *columns);
    if (status != EL4ML_OK) return status;
    for (;;) {
        skip_blank_lines(p, &blank);
        if (p->at == p->end) break;
        if (blank > 0)
            return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s:%zu: an empty line between rows", p->shown,
                              blank);
        const size_t before = p->count;
        status = read_row(p);
        if (status != EL4ML_OK) return status;
        if (p->count - before != *columns)
            return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s:%zu: %zu fields, but the header has %zu",
                              p->shown, p->lines[p->line_count - 1], p->count - before, *columns);
    }
    if (p->line_count == 1)
        return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s: a header line but no rows", p->shown);
    return EL4ML_OK;
}

/* Moves what the parser gathered into the table. */
static void hand_over(parser *p, size_t columns, el4ml_csv *csv)
{
    csv->columns = columns;
    csv->rows = p->line_count - 1;
    csv->header = p->fields;
    csv->cells = p->fields + columns;
    csv->lines = p->lines;
    memmove(csv->lines, csv->lines + 1, csv->rows * sizeof *csv->lines);
    p->fields = NULL;
    p->lines = NULL;
}

el4ml_status el4ml_csv_parse(const char *name, const char *bytes, size_t length, el4ml_csv **csv,
                             el4ml_error *error)
{
    parser p = {.shown = el4ml_path_for_message(name), .line = 1, .separator = ',', .error = error};
    el4ml_csv *made = EL4ML_NEW(el4ml_csv, 1);
    if (!made) return no_memory(&p);
    made->name = el4ml_copy_text(p.shown);
    made->buffer = length < PTRDIFF_MAX ? EL4ML_NEW(char, length + 1) : NULL;
    el4ml_status status = made->name && made->buffer ? EL4ML_OK : no_memory(&p);
    if (status == EL4ML_OK) {
        if (length > 0 && length < PTRDIFF_MAX) memcpy(made->buffer, bytes, length);
        p.at = made->buffer;
        p.end = made->buffer + length;
        status = check_text(&p, length);
    }
    size_t columns = 0;
    if (status == EL4ML_OK) status = read_rows(&p, &columns);
    if (status == EL4ML_OK) {
        hand_over(&p, columns, made);
        *csv = made;
        return EL4ML_OK;
    }
    el4ml_release(p.fields);
    el4ml_release(p.lines);
    el4ml_csv_free(made);
    return status;
}

void el4ml_csv_free(el4ml_csv *csv)
{
    if (!csv) return;
    el4ml_release(csv->header); /* the cells are in the same piece */
    el4ml_release(csv->lines);
    el4ml_release(csv->buffer);
    el4ml_release(csv->name);
    el4ml_release(csv);
}

size_t el4ml_csv_line(const el4ml_csv *csv, size_t row, size_t column)
{
    size_t line = csv->lines[row];
    for (size_t j = 0; j < column; j++) {
        const char *cell = csv->cells[row * csv->columns + j];
        line += lines_in(cell, cell + strlen(cell));
    }
    return line;
}

el4ml_status el4ml_csv_number(const el4ml_csv *csv, size_t row, size_t column, double *value,
                              el4ml_error *error)
{
    const char *cell = csv->cells[row * csv->columns + column];
    const el4ml_number_kind kind = el4ml_parse_number(cell, value);
    if (kind == EL4ML_NUMBER) return EL4ML_OK;
    const char *why = kind == EL4ML_NOT_FINITE ? "is not a finite number" : "is not a number";
    const el4ml_excerpt where = el4ml_excerpt_of(csv->header[column]), what = el4ml_excerpt_of(cell);
    const size_t line = el4ml_csv_line(csv, row, column);
    if (!cell[0])
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s:%zu: column '%s': the cell is empty", csv->name, line,
                          where.text);
    return el4ml_fail(error, EL4ML_BAD_INPUT, "%s:%zu: column '%s': '%s' %s", csv->name, line, where.text,
                      what.text, why);
}
