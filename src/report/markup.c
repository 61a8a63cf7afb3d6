#include "report/markup.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void append(el4ml_markup *m, const char *bytes, size_t count)
{
    if (m->failed) return;
    void *text = m->text;
    if (!el4ml_grow(&text, &m->capacity, m->length + count + 1, 1)) {
        m->failed = true;
        return;
    }
    m->text = text;
    memcpy(m->text + m->length, bytes, count);
    m->length += count;
    m->text[m->length] = '\0';
}

void el4ml_markup_raw(el4ml_markup *m, const char *text)
{
    append(m, text, strlen(text));
}

void el4ml_markup_format(el4ml_markup *m, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof line) {
        m->failed = true;
        return;
    }
    append(m, line, (size_t)length);
}

/* Length of the UTF-8 character at `text` if XML allows it, else 0. */
static size_t character_length(const unsigned char *text)
{
    if (text[0] < 0x80) return text[0] >= 0x20 && text[0] != 0x7f ? 1 : strchr("\t\n\r", text[0]) != NULL;
    const size_t length = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
    if (text[0] < 0xc2 || text[0] > 0xf4) return 0;
    for (size_t k = 1; k < length; k++)
        if ((text[k] & 0xc0) != 0x80) return 0;
    if (text[0] == 0xe0 && text[1] < 0xa0) return 0;                    /* overlong */
    if (text[0] == 0xed && text[1] > 0x9f) return 0;                    /* surrogates */
    if (text[0] == 0xf0 && text[1] < 0x90) return 0;                    /* overlong */
    if (text[0] == 0xf4 && text[1] > 0x8f) return 0;                    /* beyond Unicode */
    if (text[0] == 0xef && text[1] == 0xbf && text[2] > 0xbd) return 0; /* U+FFFE, U+FFFF */
    return length;
}

void el4ml_markup_escaped(el4ml_markup *m, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)(text ? text : ""); *at;) {
        const size_t length = character_length(at);
        const char *entity = *at == '&'    ? "&amp;"
                             : *at == '<'  ? "&lt;"
                             : *at == '>'  ? "&gt;"
                             : *at == '"'  ? "&quot;"
                             : *at == '\'' ? "&#39;"
                                           : NULL;
        if (length == 0)
            el4ml_markup_raw(m, "\xef\xbf\xbd");
        else if (entity)
            el4ml_markup_raw(m, entity);
        else
            append(m, (const char *)at, length);
        at += length ? length : 1;
    }
}

el4ml_status el4ml_markup_finish(el4ml_markup *m, char **text, el4ml_error *error)
{
    append(m, "", 0); /* an empty text is a text too */
    if (m->failed) {
        el4ml_release(m->text);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "report: out of memory");
    }
    *text = m->text;
    return EL4ML_OK;
}

/* snprintf's decimal separator may be any string of other characters than digits, signs and letters. */
static void point_for_separator(char *out)
{
    char *to = out;
    for (const char *from = out; *from;) {
        if (strchr("0123456789+-e", *from)) {
            *to++ = *from++;
            continue;
        }
        *to++ = '.';
        while (*from && !strchr("0123456789+-e", *from))
            from++;
    }
    *to = '\0';
}

static bool write_special(double value, char *out)
{
    if (isfinite(value)) return false;
    snprintf(out, EL4ML_NUMBER_SIZE, "%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    return true;
}

void el4ml_number_fixed(double value, int decimals, char out[EL4ML_NUMBER_SIZE])
{
    if (!isfinite(value) || fabs(value) >= 1e15) {
        el4ml_number_general(value, 15, out);
        return;
    }
    snprintf(out, EL4ML_NUMBER_SIZE, "%.*f", decimals > 24 ? 24 : decimals, value);
    point_for_separator(out);
    if (out[0] == '-' && strspn(out + 1, "0.") == strlen(out + 1))
        memmove(out, out + 1, strlen(out)); /* -0.00 */
}

static void drop_trailing_zeros(char *out)
{
    if (!strchr(out, '.')) return;
    size_t length = strlen(out);
    while (out[length - 1] == '0')
        length--;
    if (out[length - 1] == '.') length--;
    out[length] = '\0';
}

/* Mantissa (1.25) and exponent (-7) of the rounded number. */
static int split_number(double value, int digits, char mantissa[EL4ML_NUMBER_SIZE])
{
    snprintf(mantissa, EL4ML_NUMBER_SIZE, "%.*e", (digits > 17 ? 17 : digits) - 1, value);
    point_for_separator(mantissa);
    char *e = strchr(mantissa, 'e');
    const int exponent = (int)strtol(e + 1, NULL, 10);
    *e = '\0';
    drop_trailing_zeros(mantissa);
    return exponent;
}

static bool reads_well_fixed(int exponent, int digits)
{
    const int most = digits < 7 ? 7 : digits > 15 ? 15 : digits;
    return exponent >= -5 && exponent < most;
}

void el4ml_number_general(double value, int digits, char out[EL4ML_NUMBER_SIZE])
{
    if (write_special(value, out)) return;
    char mantissa[EL4ML_NUMBER_SIZE];
    const int exponent = value == 0 ? 0 : split_number(value, digits, mantissa);
    if (reads_well_fixed(exponent, digits)) {
        el4ml_number_fixed(value, exponent < digits ? digits - 1 - exponent : 0, out);
        drop_trailing_zeros(out);
    } else {
        snprintf(out, EL4ML_NUMBER_SIZE, "%.32se%d", mantissa, exponent);
    }
}

void el4ml_number_rich(double value, int digits, char out[EL4ML_NUMBER_SIZE])
{
    char plain[EL4ML_NUMBER_SIZE];
    el4ml_number_general(value, digits, plain);
    const char *body = plain[0] == '-' ? plain + 1 : plain, *sign = plain[0] == '-' ? "\u2212" : "";
    const char *e = isfinite(value) ? strchr(body, 'e') : NULL;
    if (!e) {
        snprintf(out, EL4ML_NUMBER_SIZE, "%s%.40s", sign, body);
        return;
    }
    const int exponent = (int)strtol(e + 1, NULL, 10);
    snprintf(out, EL4ML_NUMBER_SIZE, "%s%.*s \u00d7 10^{%s%d}", sign, e - body > 20 ? 20 : (int)(e - body),
             body, exponent < 0 ? "\u2212" : "", abs(exponent));
}

void el4ml_number_grouped(uint64_t value, char out[EL4ML_NUMBER_SIZE])
{
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, value);
    size_t at = 0;
    for (int k = 0; k < length; k++) {
        if (k > 0 && (length - k) % 3 == 0) out[at++] = ',';
        out[at++] = digits[k];
    }
    out[at] = '\0';
}

void el4ml_markup_coordinate(el4ml_markup *m, double value)
{
    char out[EL4ML_NUMBER_SIZE];
    el4ml_number_fixed(value, 2, out);
    drop_trailing_zeros(out);
    el4ml_markup_raw(m, out);
}
