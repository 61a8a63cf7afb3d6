#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

/* ---- growable string ---- */

static bool reserve(el4ml_builder *b, size_t extra)
{
    if (b->failed) return false;
    void *data = b->data;
    if (extra > SIZE_MAX / 4 || !el4ml_grow(&data, &b->capacity, b->length + extra + 1, 1)) {
        b->failed = true;
        return false;
    }
    b->data = data;
    return true;
}

void el4ml_builder_bytes(el4ml_builder *b, const char *bytes, size_t length)
{
    if (!reserve(b, length)) return;
    memcpy(b->data + b->length, bytes, length);
    b->length += length;
    b->data[b->length] = '\0';
}

void el4ml_builder_text(el4ml_builder *b, const char *text)
{
    el4ml_builder_bytes(b, text, strlen(text));
}

void el4ml_builder_format(el4ml_builder *b, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || !reserve(b, (size_t)length)) return;
    va_start(arguments, format);
    vsnprintf(b->data + b->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    b->length += (size_t)length;
}

void el4ml_builder_number(el4ml_builder *b, double value)
{
    char text[32];
    el4ml_format_number(value, text);
    el4ml_builder_text(b, text);
}

void el4ml_builder_quoted(el4ml_builder *b, const char *text)
{
    el4ml_builder_text(b, "\"");
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            el4ml_builder_format(b, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            el4ml_builder_format(b, "\\u%04X", c);
        else
            el4ml_builder_bytes(b, text, 1);
    }
    el4ml_builder_text(b, "\"");
}

char *el4ml_builder_take(el4ml_builder *b)
{
    reserve(b, 0); /* an empty text is a text too */
    char *text = b->failed ? NULL : b->data;
    if (b->failed) el4ml_release(b->data);
    *b = (el4ml_builder){0};
    return text;
}

void el4ml_builder_clear(el4ml_builder *b)
{
    el4ml_release(b->data);
    *b = (el4ml_builder){0};
}

/* ---- nearest name ---- */

static unsigned char small_letter(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t el4ml_edit_distance(const char *a, const char *b)
{
    const size_t n = strnlen(a, EL4ML_NAME_LIMIT), m = strnlen(b, EL4ML_NAME_LIMIT);
    size_t rows[3][EL4ML_NAME_LIMIT + 1]; /* rows i, i - 1 and i - 2 of the distances between prefixes */
    size_t *row = rows[0], *previous = rows[1], *before = rows[2];
    for (size_t j = 0; j <= m; j++)
        row[j] = before[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *const oldest = before;
        before = previous;
        previous = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            const unsigned char p = small_letter(a[i - 1]), q = small_letter(b[j - 1]);
            row[j] = least(least(previous[j], row[j - 1]) + 1, previous[j - 1] + (p != q));
            if (i > 1 && j > 1 && p == small_letter(b[j - 2]) && q == small_letter(a[i - 2]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return row[m];
}

const char *el4ml_nearest_name(const char *name, const char *const *names, size_t count)
{
    const size_t length = strnlen(name, EL4ML_NAME_LIMIT);
    const char *best = NULL;
    size_t shortest = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        if (length >= 3 && strncmp(name, names[i], length) == 0)
            return names[i]; /* "temp" is short for "temperature" */
        const size_t distance = el4ml_edit_distance(name, names[i]);
        if (distance < shortest) {
            shortest = distance;
            best = names[i];
        }
    }
    if (!best) return NULL;
    const size_t other = strnlen(best, EL4ML_NAME_LIMIT), longer = other > length ? other : length;
    return shortest <= (longer < 4 ? 1 : longer / 2) ? best : NULL;
}

el4ml_excerpt el4ml_excerpt_of(const char *text)
{
    el4ml_excerpt excerpt = {{0}};
    const size_t limit = EL4ML_EXCERPT_SIZE - 4; /* room for "..." and the end */
    size_t length = strnlen(text, limit + 1);
    const bool cut = length > limit;
    if (cut) {
        length = limit;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--; /* whole characters */
    }
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)text[i];
        excerpt.text[i] = c < 0x20 || c == 0x7F ? '?' : text[i];
    }
    memcpy(excerpt.text + length, cut ? "..." : "", cut ? 4 : 1);
    return excerpt;
}

/* ---- UTF-8 ---- */

/* Bytes of the well-formed character at s, 0 when there is none (Unicode 15, table 3-7). */
static size_t character_length(const unsigned char *s, size_t left)
{
    if (s[0] < 0x80) return 1;
    const size_t length = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    if (s[0] < 0xC2 || s[0] > 0xF4 || left < length) return 0;
    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xC0) != 0x80) return 0;
    if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F)) return 0; /* overlong, surrogate */
    if ((s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F)) return 0; /* overlong, too large */
    return length;
}

size_t el4ml_utf8_valid(const char *text, size_t length)
{
    size_t at = 0;
    while (at < length) {
        const size_t step = character_length((const unsigned char *)text + at, length - at);
        if (step == 0) return at;
        at += step;
    }
    return length;
}
