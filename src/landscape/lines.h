/* Text files of other programs: lines of blank-separated numbers, as Fortran's list-directed and formatted
 * output writes them. Blank lines are passed over, commas are blanks. 1.0D-03 is a number, and so is 1.0-103
 * (an exponent of three digits loses its letter); a sign inside a word begins the next one where columns
 * touch (-1.5-2.5); asterisks, a number too wide for its format, are an error. Every message names file and
 * line. */
#ifndef EL4ML_LANDSCAPE_LINES_H
#define EL4ML_LANDSCAPE_LINES_H

#include "el4ml/status.h"

#define EL4ML_WORD_LIMIT 400 /* longer words are no numbers */

typedef struct el4ml_lines {
    const char *name;  /* of the file, as messages show it */
    const char *holds; /* what a line holds, for messages: "energy, ln product, ..."; may be NULL */
    size_t line;       /* of the present one, from 1 */
    const char *at, *end, *line_end;
    char word[EL4ML_WORD_LIMIT + 4];
    el4ml_error *error;
} el4ml_lines;

/* BAD_INPUT: a zero byte. The bytes must stay, with a '\0' after them. */
el4ml_status el4ml_lines_begin(el4ml_lines *lines, const char *path, const char *bytes, size_t length,
                               el4ml_error *error);
/* At least as many as there are lines that hold something. */
size_t el4ml_lines_count(const el4ml_lines *lines);
/* Go to the next line that holds something; false at the end. */
bool el4ml_lines_next(el4ml_lines *lines);
/* The next word of the present line, false when there is none; it stays in lines->word. */
bool el4ml_lines_word(el4ml_lines *lines);
/* The next word as a finite number; `what` names it in messages. */
el4ml_status el4ml_lines_number(el4ml_lines *lines, const char *what, double *value);
/* As a whole number from `least` to `most` (at most 2^53). */
el4ml_status el4ml_lines_integer(el4ml_lines *lines, const char *what, size_t least, size_t most,
                                 size_t *value);
/* BAD_INPUT with file and line. */
el4ml_status el4ml_lines_fail(const el4ml_lines *lines, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
