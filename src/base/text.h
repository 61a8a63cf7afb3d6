/* Text: a growable string, nearest-name suggestions, and numbers that read and print the same in every
 * locale. */
#ifndef EL4ML_BASE_TEXT_H
#define EL4ML_BASE_TEXT_H

#include "el4ml/status.h"

/* Start from {0}. Once an allocation fails, further additions do nothing and el4ml_builder_take returns NULL.
 */
typedef struct el4ml_builder {
    char *data;
    size_t length, capacity;
    bool failed;
} el4ml_builder;

void el4ml_builder_bytes(el4ml_builder *builder, const char *bytes, size_t length);
void el4ml_builder_text(el4ml_builder *builder, const char *text);
void el4ml_builder_format(el4ml_builder *builder, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void el4ml_builder_number(el4ml_builder *builder, double value);     /* as el4ml_format_number */
void el4ml_builder_quoted(el4ml_builder *builder, const char *text); /* as a TOML basic string */
char *el4ml_builder_take(el4ml_builder *builder);                    /* to be freed with el4ml_release */
void el4ml_builder_clear(el4ml_builder *builder);

/* Damerau-Levenshtein distance with adjacent transpositions (optimal string alignment), capitals and small
 * letters alike. Only the first EL4ML_NAME_LIMIT bytes count. */
#define EL4ML_NAME_LIMIT 63
size_t el4ml_edit_distance(const char *a, const char *b);
/* The closest of `names`, when it is close enough to be meant; NULL otherwise. Ties: the first. */
const char *el4ml_nearest_name(const char *name, const char *const *names, size_t count);

/* `text` as one printable piece for a message: control characters become '?', long text is cut with "...". */
#define EL4ML_EXCERPT_SIZE 64
typedef struct el4ml_excerpt {
    char text[EL4ML_EXCERPT_SIZE];
} el4ml_excerpt;
el4ml_excerpt el4ml_excerpt_of(const char *text);

typedef enum el4ml_number_kind {
    EL4ML_NUMBER,
    EL4ML_NOT_A_NUMBER, /* not the text of a number at all */
    EL4ML_NOT_FINITE    /* nan, inf, or too large for a double */
} el4ml_number_kind;

/* The whole of `text` as a decimal number: [+-] digits [. digits] [e [+-] digits]. Locale-independent,
 * correctly rounded. */
el4ml_number_kind el4ml_parse_number(const char *text, double *value);
/* The shortest text with '.' that reads back as `value`: "5", "0.001", "1e-05". At most 31 bytes. */
void el4ml_format_number(double value, char text[32]);
/* A text with '.' that reads back as `value`, for large files: 15 significant digits where they do, else 17.
 */
void el4ml_format_exact(double value, char text[32]);

/* Position of the first byte that is not well-formed UTF-8; `length` when all is. */
size_t el4ml_utf8_valid(const char *text, size_t length);

#endif
