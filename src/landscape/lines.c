#include "landscape/lines.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

el4ml_status el4ml_lines_fail(const el4ml_lines *l, const char *format, ...)
{
    char text[EL4ML_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return el4ml_fail(l->error, EL4ML_BAD_INPUT, "%s:%zu: %s", l->name, l->line, text);
}

size_t el4ml_lines_count(const el4ml_lines *l)
{
    size_t count = 1;
    for (const char *at = l->at; (at = memchr(at, '\n', (size_t)(l->end - at))) != NULL; at++)
        count++;
    return count;
}

el4ml_status el4ml_lines_begin(el4ml_lines *l, const char *path, const char *bytes, size_t length,
                               el4ml_error *error)
{
    *l = (el4ml_lines){.name = el4ml_path_for_message(path),
                       .at = bytes,
                       .end = bytes + length,
                       .line_end = bytes,
                       .error = error};
    const char *zero = memchr(bytes, '\0', length);
    if (!zero) return EL4ML_OK;
    const el4ml_lines before = {.at = bytes, .end = zero};
    l->line = el4ml_lines_count(&before);
    return el4ml_lines_fail(l, "a zero byte; this is not a text file");
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == ',';
}

bool el4ml_lines_next(el4ml_lines *l)
{
    const char *at = l->line_end;
    if (l->line > 0 && at < l->end) at++;
    while (at < l->end) {
        l->line++;
        while (is_blank(*at))
            at++;
        const char *stop = memchr(at, '\n', (size_t)(l->end - at));
        l->line_end = stop ? stop : l->end;
        l->at = at;
        if (at < l->line_end) return true;
        at = stop ? stop + 1 : l->end;
    }
    l->at = l->line_end = l->end;
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Three digits and the end of the word: an exponent. */
static bool is_bare_exponent(const char *at)
{
    return is_digit(at[0]) && is_digit(at[1]) && is_digit(at[2]) &&
           (is_blank(at[3]) || at[3] == '\n' || at[3] == '\0');
}

bool el4ml_lines_word(el4ml_lines *l)
{
    const char *at = l->at;
    while (at < l->line_end && is_blank(*at))
        at++;
    size_t length = 0;
    char last = '\0';
    for (; at < l->line_end && !is_blank(*at) && length < EL4ML_WORD_LIMIT; at++) {
        char c = *at;
        const bool after_digit = is_digit(last) || last == '.';
        if ((c == 'd' || c == 'D') && after_digit) c = 'e';
        if ((c == '-' || c == '+') && after_digit) {
            if (!is_bare_exponent(at + 1)) break;
            l->word[length++] = 'e';
        }
        l->word[length++] = last = c;
    }
    l->word[length] = '\0';
    l->at = at;
    return length > 0;
}

el4ml_status el4ml_lines_number(el4ml_lines *l, const char *what, double *value)
{
    if (!el4ml_lines_word(l))
        return el4ml_lines_fail(l, "the line ends before its %s%s%s", what, l->holds ? "; a line holds " : "",
                                l->holds ? l->holds : "");
    const el4ml_number_kind kind = el4ml_parse_number(l->word, value);
    if (kind == EL4ML_NUMBER) return EL4ML_OK;
    if (l->word[0] == '*')
        return el4ml_lines_fail(l, "%s: '%s': the number was too wide for its Fortran format, and is lost",
                                what, el4ml_excerpt_of(l->word).text);
    return el4ml_lines_fail(l, "%s: '%s' is not a %snumber", what, el4ml_excerpt_of(l->word).text,
                            kind == EL4ML_NOT_FINITE ? "finite " : "");
}

el4ml_status el4ml_lines_integer(el4ml_lines *l, const char *what, size_t least, size_t most, size_t *value)
{
    double number;
    const el4ml_status status = el4ml_lines_number(l, what, &number);
    if (status != EL4ML_OK) return status;
    if (number >= (double)least && number <= (double)most && number == floor(number)) {
        *value = (size_t)number;
        return EL4ML_OK;
    }
    if (number == floor(number) && least <= most)
        return el4ml_lines_fail(l, "%s: %s is out of range, %zu to %zu", what, el4ml_excerpt_of(l->word).text,
                                least, most);
    return el4ml_lines_fail(l, "%s: '%s' is not a whole number", what, el4ml_excerpt_of(l->word).text);
}
