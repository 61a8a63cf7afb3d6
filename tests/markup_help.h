/* Reading back SVG and HTML in tests: well-formedness, attributes, paths, axis labels. */
#ifndef EL4ML_TESTS_MARKUP_HELP_H
#define EL4ML_TESTS_MARKUP_HELP_H

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Length of the entity at `at` ("&amp;"), 0 when it is none that XML knows. */
static inline size_t help_entity(const char *at)
{
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (strncmp(at, known[k], strlen(known[k])) == 0) return strlen(known[k]);
    return 0;
}

/* Past the tag at `at`, or NULL when its attributes are not name="value" with legal values. */
static inline const char *help_tag_end(const char *at)
{
    at++;
    if (*at == '/') at++;
    if (!isalpha((unsigned char)*at)) return NULL;
    while (isalnum((unsigned char)*at))
        at++;
    while (*at != '>') {
        if (*at == '/' && at[1] == '>') return at + 2;
        if (*at != ' ') return NULL;
        at++;
        while (isalnum((unsigned char)*at) || *at == '-' || *at == ':')
            at++;
        if (*at++ != '=') return NULL;
        if (*at++ != '"') return NULL;
        for (; *at != '"'; at++)
            if (*at == '\0' || *at == '<' || (*at == '&' && !help_entity(at))) return NULL;
        at++;
    }
    return at + 1;
}

/* One root element, every tag closed in order, no bare & or <. NULL, or where it goes wrong. */
static inline const char *help_malformed(const char *text)
{
    const char *open[64];
    size_t depth = 0, roots = 0;
    if (strncmp(text, "<!DOCTYPE html>", 15) == 0) text += 15;
    while (*text) {
        if (*text == '&') {
            if (depth == 0 || !help_entity(text)) return text;
            text += help_entity(text);
        } else if (*text == '<') {
            const char *end = help_tag_end(text);
            if (!end) return text;
            if (text[1] == '/') {
                const size_t length = (size_t)(end - text) - 3;
                if (depth == 0 || strncmp(open[--depth], text + 2, length) != 0 ||
                    isalnum((unsigned char)open[depth][length]))
                    return text;
            } else if (end[-2] != '/') {
                if (depth == 0 && roots++ > 0) return text;
                if (depth == 64) return text;
                open[depth++] = text + 1;
            }
            text = end;
        } else {
            if (depth == 0 && !isspace((unsigned char)*text)) return text;
            if ((unsigned char)*text < 0x20 && *text != '\n') return text;
            text++;
        }
    }
    return depth == 0 && roots == 1 ? NULL : text;
}

static inline size_t help_count(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
        count++;
    return count;
}

/* The number in attribute `name` of the element that starts at `element`; NaN without. */
static inline double help_attribute(const char *element, const char *name)
{
    const char *end = strchr(element, '>');
    char key[64] = " ";
    strncat(key, name, 50);
    strcat(key, "=\"");
    const char *at = strstr(element, key);
    return at && at < end ? strtod(at + strlen(key), NULL) : NAN;
}

/* Start of the element around `at`. */
static inline const char *help_element(const char *text, const char *at)
{
    while (at > text && *at != '<')
        at--;
    return at;
}

/* Points of the path whose element starts at `element`; returns how many. */
static inline size_t help_path(const char *element, double *x, double *y, size_t most)
{
    const char *at = strstr(element, "d=\"");
    size_t count = 0;
    for (at += 3; *at != '"' && count < most; count++) {
        char *end;
        x[count] = strtod(at + 1, &end); /* after M or L */
        y[count] = strtod(end + 1, &end);
        at = end;
    }
    return count;
}

/* A label of an axis: 0.25, −3, 10<tspan ...>−4</tspan>, 5 × 10<tspan ...>−4</tspan>. */
static inline double help_label(const char *text)
{
    static const char minus[] = "\u2212";
    double sign = 1;
    if (strncmp(text, minus, 3) == 0) {
        sign = -1;
        text += 3;
    }
    char *end;
    const double value = strtod(text, &end);
    const char *power = strstr(text, "10<tspan");
    const char *close = strstr(text, "</text>");
    if (!power || power > close) return sign * value;
    const char *at = strchr(power, '>') + 1;
    double exponent_sign = 1;
    if (strncmp(at, minus, 3) == 0) {
        exponent_sign = -1;
        at += 3;
    }
    return sign * (power == text ? 1 : value) * pow(10, exponent_sign * strtod(at, NULL));
}

#endif
