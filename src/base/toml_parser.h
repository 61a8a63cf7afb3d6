/* Inside the TOML parser: what toml.c (keys and tables) and toml_values.c (values) share. */
#ifndef EL4ML_BASE_TOML_PARSER_H
#define EL4ML_BASE_TOML_PARSER_H

#include "base/toml.h"

typedef struct el4ml_toml_parser {
    const char *shown; /* the file's name in messages */
    const char *at;    /* the text ends with a '\0' and has no other */
    const char *line_start;
    size_t line;
    const char
        *mark; /* columns are counted on from here, so that a long line is not counted again and again */
    size_t mark_column;
    el4ml_error *error;
} el4ml_toml_parser;

el4ml_toml_place el4ml_toml_here(el4ml_toml_parser *p);
el4ml_status el4ml_toml_bad(const el4ml_toml_parser *p, el4ml_toml_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
el4ml_status el4ml_toml_no_memory(const el4ml_toml_parser *p);

void el4ml_toml_skip_spaces(el4ml_toml_parser *p); /* spaces and tabs */
/* Spaces, comments and line ends, where a value may go over several lines. */
el4ml_status el4ml_toml_skip_lines(el4ml_toml_parser *p);
/* A comment, if there is one, and the line's end or the file's. */
el4ml_status el4ml_toml_end_line(el4ml_toml_parser *p);

/* key = value, into `table`. */
el4ml_status el4ml_toml_key_value(el4ml_toml_parser *p, el4ml_toml *table, size_t depth);
/* A value, into `value`, which is otherwise empty. */
el4ml_status el4ml_toml_value(el4ml_toml_parser *p, el4ml_toml *value, size_t depth);
/* A string on one line, in either quotes; p->at is at the opening one. To be freed with el4ml_release. */
el4ml_status el4ml_toml_one_line_string(el4ml_toml_parser *p, char **string);
/* A new last child. NULL when out of memory. */
el4ml_toml *el4ml_toml_add(el4ml_toml *parent);

#endif
