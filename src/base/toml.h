/* TOML 1.0, strictly, without dates and arrays of tables. Every message names file, line and column.
 * Duplicate keys are errors, as is text that is not UTF-8. */
#ifndef EL4ML_BASE_TOML_H
#define EL4ML_BASE_TOML_H

#include "el4ml/status.h"

#define EL4ML_TOML_MAX_BYTES ((size_t)1 << 18)
#define EL4ML_TOML_MAX_DEPTH                                                                                 \
    32 /* of arrays and inline tables in one another, and of parts of a dotted key                           \
        */

typedef enum el4ml_toml_type {
    EL4ML_TOML_TABLE,
    EL4ML_TOML_ARRAY,
    EL4ML_TOML_STRING,
    EL4ML_TOML_INTEGER,
    EL4ML_TOML_FLOAT,
    EL4ML_TOML_BOOLEAN
} el4ml_toml_type;

typedef struct el4ml_toml_place {
    size_t line, column; /* from 1; columns count characters */
} el4ml_toml_place;

/* How a table came to be decides whether it may be added to. */
typedef enum el4ml_toml_origin {
    EL4ML_TOML_HEADER, /* by its own [header], or the root */
    EL4ML_TOML_PATH,   /* by the [header] of a table inside it */
    EL4ML_TOML_DOTTED, /* by a dotted key */
    EL4ML_TOML_INLINE  /* { } */
} el4ml_toml_origin;

typedef struct el4ml_toml el4ml_toml;
struct el4ml_toml {
    el4ml_toml_type type;
    el4ml_toml_origin origin;          /* tables */
    char *key;                         /* NULL for the root and in arrays */
    el4ml_toml_place key_place, place; /* of the key (the header, for tables) and of the value */
    const el4ml_toml *parent;
    el4ml_toml *first, *last, *next; /* children in file order; the next child of the same parent */
    size_t count;                    /* of children */
    char *string;
    int64_t integer;
    double number;
    bool boolean;
};

typedef struct el4ml_toml_document {
    char *name; /* of the file, for messages */
    el4ml_toml root;
} el4ml_toml_document;

/* `name` only serves messages. */
el4ml_status el4ml_toml_parse(const char *name, const char *bytes, size_t length,
                              el4ml_toml_document **document, el4ml_error *error);
void el4ml_toml_free(el4ml_toml_document *document);

/* The child of a table by its key; NULL when there is none. */
const el4ml_toml *el4ml_toml_find(const el4ml_toml *table, const char *key);
/* "file:line:column: 'key': " and the message, about a value or (fail_key) about its key. An array's elements
 * go by the array's key. */
el4ml_status el4ml_toml_fail(const el4ml_toml_document *document, const el4ml_toml *value, el4ml_error *error,
                             const char *format, ...) __attribute__((format(printf, 4, 5)));
el4ml_status el4ml_toml_fail_key(const el4ml_toml_document *document, const el4ml_toml *value,
                                 el4ml_error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The value as what it must be; anything else is an error that says so. A number may be written as an
 * integer. */
el4ml_status el4ml_toml_string(const el4ml_toml_document *document, const el4ml_toml *value,
                               const char **string, el4ml_error *error);
el4ml_status el4ml_toml_integer(const el4ml_toml_document *document, const el4ml_toml *value,
                                int64_t *integer, el4ml_error *error);
el4ml_status el4ml_toml_number(const el4ml_toml_document *document, const el4ml_toml *value, double *number,
                               el4ml_error *error);
el4ml_status el4ml_toml_boolean(const el4ml_toml_document *document, const el4ml_toml *value, bool *boolean,
                                el4ml_error *error);
const char *el4ml_toml_type_name(el4ml_toml_type type);

#endif
