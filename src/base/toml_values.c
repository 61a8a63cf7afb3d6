/* TOML: the values, and the accessors of what was parsed. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/toml_parser.h"

/* ---- strings ---- */

static el4ml_status give_string(const el4ml_toml_parser *p, el4ml_builder *text, char **string)
{
    *string = el4ml_builder_take(text);
    return *string ? EL4ML_OK : el4ml_toml_no_memory(p);
}

static bool hexadecimal(const char *at, size_t count, uint32_t *value)
{
    *value = 0;
    for (size_t i = 0; i < count; i++) {
        const char c = at[i], low = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            *value = *value << 4 | (uint32_t)(c - '0');
        else if (low >= 'a' && low <= 'f')
            *value = *value << 4 | (uint32_t)(low - 'a' + 10);
        else
            return false;
    }
    return true;
}

static void add_character(el4ml_builder *text, uint32_t code)
{
    char bytes[4];
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length; i-- > 1; code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3F));
    bytes[0] = (char)(lead[length] | code);
    el4ml_builder_bytes(text, bytes, length);
}

/* p->at is at the backslash. */
static el4ml_status read_escape(el4ml_toml_parser *p, el4ml_builder *text)
{
    static const char letters[] = "btnfr\"\\", meanings[] = "\b\t\n\f\r\"\\";
    const el4ml_toml_place place = el4ml_toml_here(p);
    const char letter = p->at[1];
    const char *known = letter ? strchr(letters, letter) : NULL;
    if (known) {
        el4ml_builder_bytes(text, &meanings[known - letters], 1);
        p->at += 2;
        return EL4ML_OK;
    }
    const size_t digits = letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    uint32_t code;
    if (digits == 0 || !hexadecimal(p->at + 2, digits, &code))
        return el4ml_toml_bad(p, place, "unknown escape in a string; a backslash itself is written \\\\");
    if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return el4ml_toml_bad(p, place, "this escape names no character");
    add_character(text, code);
    p->at += 2 + digits;
    return EL4ML_OK;
}

static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7F;
}

el4ml_status el4ml_toml_one_line_string(el4ml_toml_parser *p, char **string)
{
    const el4ml_toml_place place = el4ml_toml_here(p);
    const char quote = *p->at++;
    el4ml_builder text = {0};
    el4ml_status status = EL4ML_OK;
    while (*p->at != quote && status == EL4ML_OK) {
        if (*p->at == '\0' || *p->at == '\n' || *p->at == '\r')
            status = el4ml_toml_bad(p, place, "this string does not end on its line");
        else if (is_control(*p->at))
            status = el4ml_toml_bad(p, el4ml_toml_here(p), "a control character in a string");
        else if (*p->at == '\\' && quote == '"')
            status = read_escape(p, &text);
        else
            el4ml_builder_bytes(&text, p->at++, 1);
    }
    if (status != EL4ML_OK) {
        el4ml_builder_clear(&text);
        return status;
    }
    p->at++;
    return give_string(p, &text, string);
}

static size_t line_end_length(const char *at)
{
    return at[0] == '\n' ? 1 : at[0] == '\r' && at[1] == '\n' ? 2 : 0;
}

static bool pass_line_end(el4ml_toml_parser *p)
{
    const size_t length = line_end_length(p->at);
    if (length == 0) return false;
    p->at += length;
    p->line++;
    p->line_start = p->at;
    return true;
}

/* A backslash at a line's end takes all white space after it along. False when it is another backslash. */
static bool pass_continuation(el4ml_toml_parser *p)
{
    const char *at = p->at + 1;
    while (*at == ' ' || *at == '\t')
        at++;
    if (line_end_length(at) == 0) return false;
    p->at = at;
    while (pass_line_end(p))
        el4ml_toml_skip_spaces(p);
    return true;
}

/* Is the closing delimiter here? Up to two more quotes belong to the string itself. */
static bool closes(el4ml_toml_parser *p, char quote, el4ml_builder *text)
{
    size_t quotes = 0;
    while (quotes < 5 && p->at[quotes] == quote)
        quotes++;
    if (quotes < 3) return false;
    el4ml_builder_bytes(text, p->at, quotes - 3);
    p->at += quotes;
    return true;
}

static el4ml_status read_long_string(el4ml_toml_parser *p, char **string)
{
    const el4ml_toml_place place = el4ml_toml_here(p);
    const char quote = *p->at;
    p->at += 3;
    pass_line_end(p); /* one directly after the delimiter does not count */
    el4ml_builder text = {0};
    el4ml_status status = EL4ML_OK;
    while (status == EL4ML_OK && !closes(p, quote, &text)) {
        if (*p->at == '\0')
            status = el4ml_toml_bad(p, place, "this string never ends");
        else if (pass_line_end(p))
            el4ml_builder_bytes(&text, "\n", 1);
        else if (is_control(*p->at))
            status = el4ml_toml_bad(p, el4ml_toml_here(p), "a control character in a string");
        else if (*p->at != '\\' || quote != '"')
            el4ml_builder_bytes(&text, p->at++, 1);
        else if (!pass_continuation(p))
            status = read_escape(p, &text);
    }
    if (status != EL4ML_OK) {
        el4ml_builder_clear(&text);
        return status;
    }
    return give_string(p, &text, string);
}

/* ---- numbers and booleans ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Copies digits (of `base`) to `out` without their underscores, which stand between digits only. */
static const char *take_digits(const char *at, unsigned base, char *out, size_t *length)
{
    uint32_t digit;
    const size_t before = *length;
    for (;; at++) {
        const bool follows = hexadecimal(at, 1, &digit) && digit < base;
        if (follows)
            out[(*length)++] = *at;
        else if (*at != '_' || *length == before || at[-1] == '_')
            break;
    }
    return *length > before && at[-1] != '_' ? at : NULL;
}

static bool read_based_integer(const char *token, int64_t *value)
{
    char digits[128];
    size_t length = 0;
    const unsigned base = token[1] == 'x' ? 16 : token[1] == 'o' ? 8 : 2;
    const char *end = take_digits(token + 2, base, digits, &length);
    if (!end || *end) return false;
    uint64_t sum = 0;
    for (size_t i = 0; i < length; i++) {
        uint32_t digit;
        hexadecimal(&digits[i], 1, &digit);
        if (sum > ((uint64_t)INT64_MAX - digit) / base) return false;
        sum = sum * base + digit;
    }
    *value = (int64_t)sum;
    return true;
}

static bool decimal_integer(const char *digits, int64_t *value)
{
    const bool negative = *digits == '-';
    uint64_t sum = 0;
    for (digits += *digits == '-' || *digits == '+'; *digits; digits++) {
        const uint64_t digit = (uint64_t)(*digits - '0');
        if (sum > (UINT64_MAX - digit) / 10) return false;
        sum = 10 * sum + digit;
    }
    if (sum > (uint64_t)INT64_MAX + negative) return false;
    *value = !negative ? (int64_t)sum : sum == 0 ? 0 : -(int64_t)(sum - 1) - 1;
    return true;
}

/* Checks TOML's grammar of decimal numbers and copies the token without underscores. */
static bool plain_number(const char *token, char *plain, bool *is_float)
{
    size_t length = 0;
    const char *at = token;
    *is_float = false;
    if (*at == '+' || *at == '-') plain[length++] = *at++;
    if (at[0] == '0' && (is_digit(at[1]) || at[1] == '_')) return false; /* no leading zeros */
    at = take_digits(at, 10, plain, &length);
    if (at && *at == '.') {
        *is_float = true;
        plain[length++] = '.';
        at = take_digits(at + 1, 10, plain, &length);
    }
    if (at && (*at == 'e' || *at == 'E')) {
        *is_float = true;
        plain[length++] = *at++;
        if (*at == '+' || *at == '-') plain[length++] = *at++;
        at = take_digits(at, 10, plain, &length);
    }
    plain[length] = '\0';
    return at && !*at;
}

static bool looks_like_date(const char *token)
{
    size_t digits = 0;
    while (is_digit(token[digits]))
        digits++;
    return (digits == 4 && token[4] == '-' && is_digit(token[5])) || (digits == 2 && token[2] == ':');
}

static bool read_special(const char *token, el4ml_toml *value)
{
    if (strcmp(token, "true") == 0 || strcmp(token, "false") == 0) {
        value->type = EL4ML_TOML_BOOLEAN;
        value->boolean = token[0] == 't';
        return true;
    }
    const char *word = token + (*token == '+' || *token == '-');
    if (strcmp(word, "inf") != 0 && strcmp(word, "nan") != 0) return false;
    value->type = EL4ML_TOML_FLOAT;
    value->number = word[0] == 'n' ? NAN : token[0] == '-' ? -INFINITY : INFINITY;
    return true;
}

static el4ml_status read_number(const el4ml_toml_parser *p, const char *token, el4ml_toml *value)
{
    char plain[128];
    bool is_float;
    value->type = EL4ML_TOML_INTEGER;
    if (token[0] == '0' && token[1] && strchr("xob", token[1])) {
        if (read_based_integer(token, &value->integer)) return EL4ML_OK;
        return el4ml_toml_bad(p, value->place, "'%s' is not an integer", el4ml_excerpt_of(token).text);
    }
    if (!plain_number(token, plain, &is_float)) {
        const char *what = looks_like_date(token) ? "dates and times are not supported"
                           : is_digit(token[0]) || strchr("+-.", token[0])
                               ? "this is not a number as TOML writes it"
                               : "this is not a value; text needs quotes";
        return el4ml_toml_bad(p, value->place, "'%s': %s", el4ml_excerpt_of(token).text, what);
    }
    if (!is_float) {
        if (decimal_integer(plain, &value->integer)) return EL4ML_OK;
        return el4ml_toml_bad(p, value->place, "'%s' is too large an integer", el4ml_excerpt_of(token).text);
    }
    value->type = EL4ML_TOML_FLOAT;
    if (el4ml_parse_number(plain, &value->number) == EL4ML_NUMBER) return EL4ML_OK;
    return el4ml_toml_bad(p, value->place, "'%s' is too large a number", el4ml_excerpt_of(token).text);
}

static bool in_token(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || (c && strchr("_+-.:", c));
}

static el4ml_status read_token(el4ml_toml_parser *p, el4ml_toml *value)
{
    char token[128];
    size_t length = 0;
    while (in_token(p->at[length]))
        length++;
    if (length == 0) return el4ml_toml_bad(p, value->place, "a value is expected here");
    if (length >= sizeof token - 1) return el4ml_toml_bad(p, value->place, "too long a number");
    memcpy(token, p->at, length);
    token[length] = '\0';
    p->at += length;
    return read_special(token, value) ? EL4ML_OK : read_number(p, token, value);
}

/* ---- arrays and inline tables ---- */

static el4ml_status read_array(el4ml_toml_parser *p, el4ml_toml *array, size_t depth)
{
    array->type = EL4ML_TOML_ARRAY;
    p->at++;
    for (;;) {
        el4ml_status status = el4ml_toml_skip_lines(p);
        if (status != EL4ML_OK) return status;
        if (*p->at == ']') break;
        if (*p->at == '\0') return el4ml_toml_bad(p, array->place, "this array never ends");
        el4ml_toml *element = el4ml_toml_add(array);
        if (!element) return el4ml_toml_no_memory(p);
        status = el4ml_toml_value(p, element, depth + 1);
        if (status == EL4ML_OK) status = el4ml_toml_skip_lines(p);
        if (status != EL4ML_OK) return status;
        if (*p->at == ',') {
            p->at++;
            continue;
        }
        if (*p->at == '\0') return el4ml_toml_bad(p, array->place, "this array never ends");
        if (*p->at != ']') return el4ml_toml_bad(p, el4ml_toml_here(p), "',' or ']' is expected in an array");
        break;
    }
    p->at++;
    return EL4ML_OK;
}

static el4ml_status read_inline_table(el4ml_toml_parser *p, el4ml_toml *table, size_t depth)
{
    table->type = EL4ML_TOML_TABLE;
    table->origin = EL4ML_TOML_HEADER; /* open until its brace */
    p->at++;
    el4ml_toml_skip_spaces(p);
    while (*p->at != '}' || table->count > 0) {
        const el4ml_status status = el4ml_toml_key_value(p, table, depth + 1);
        if (status != EL4ML_OK) return status;
        el4ml_toml_skip_spaces(p);
        if (*p->at == '}') break;
        if (*p->at != ',')
            return el4ml_toml_bad(p, el4ml_toml_here(p),
                                  "',' or '}' is expected in an inline table, on its line");
        p->at++;
    }
    p->at++;
    table->origin = EL4ML_TOML_INLINE;
    return EL4ML_OK;
}

el4ml_status el4ml_toml_value(el4ml_toml_parser *p, el4ml_toml *value, size_t depth)
{
    value->place = el4ml_toml_here(p);
    if (depth > EL4ML_TOML_MAX_DEPTH) return el4ml_toml_bad(p, value->place, "nested too deeply");
    if (*p->at == '[') return read_array(p, value, depth);
    if (*p->at == '{') return read_inline_table(p, value, depth);
    if (*p->at == '"' || *p->at == '\'') {
        value->type = EL4ML_TOML_STRING;
        const bool is_long = p->at[1] == p->at[0] && p->at[2] == p->at[0];
        return is_long ? read_long_string(p, &value->string) : el4ml_toml_one_line_string(p, &value->string);
    }
    return read_token(p, value);
}

/* ---- accessors ---- */

static el4ml_status fail_at(const el4ml_toml_document *document, el4ml_toml_place place,
                            const el4ml_toml *value, el4ml_error *error, const char *format,
                            va_list arguments)
{
    char text[512];
    vsnprintf(text, sizeof text, format, arguments);
    while (!value->key && value->parent)
        value = value->parent;
    return el4ml_fail(error, EL4ML_BAD_INPUT, "%s:%zu:%zu: '%s': %s", document->name, place.line,
                      place.column, value->key ? el4ml_excerpt_of(value->key).text : "", text);
}

el4ml_status el4ml_toml_fail(const el4ml_toml_document *document, const el4ml_toml *value, el4ml_error *error,
                             const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const el4ml_status status = fail_at(document, value->place, value, error, format, arguments);
    va_end(arguments);
    return status;
}

el4ml_status el4ml_toml_fail_key(const el4ml_toml_document *document, const el4ml_toml *value,
                                 el4ml_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const el4ml_status status = fail_at(document, value->key_place, value, error, format, arguments);
    va_end(arguments);
    return status;
}

const char *el4ml_toml_type_name(el4ml_toml_type type)
{
    static const char *const names[] = {"a table",    "an array", "a text",
                                        "an integer", "a number", "a boolean"};
    return names[type];
}

static el4ml_status wrong_type(const el4ml_toml_document *document, const el4ml_toml *value,
                               const char *wanted, el4ml_error *error)
{
    return el4ml_toml_fail(document, value, error, "must be %s, not %s", wanted,
                           el4ml_toml_type_name(value->type));
}

el4ml_status el4ml_toml_string(const el4ml_toml_document *document, const el4ml_toml *value,
                               const char **string, el4ml_error *error)
{
    if (value->type != EL4ML_TOML_STRING) return wrong_type(document, value, "a text in quotes", error);
    *string = value->string;
    return EL4ML_OK;
}

el4ml_status el4ml_toml_integer(const el4ml_toml_document *document, const el4ml_toml *value,
                                int64_t *integer, el4ml_error *error)
{
    if (value->type != EL4ML_TOML_INTEGER) return wrong_type(document, value, "an integer", error);
    *integer = value->integer;
    return EL4ML_OK;
}

el4ml_status el4ml_toml_number(const el4ml_toml_document *document, const el4ml_toml *value, double *number,
                               el4ml_error *error)
{
    const bool integer = value->type == EL4ML_TOML_INTEGER;
    if (!integer && value->type != EL4ML_TOML_FLOAT) return wrong_type(document, value, "a number", error);
    *number = integer ? (double)value->integer : value->number;
    return EL4ML_OK;
}

el4ml_status el4ml_toml_boolean(const el4ml_toml_document *document, const el4ml_toml *value, bool *boolean,
                                el4ml_error *error)
{
    if (value->type != EL4ML_TOML_BOOLEAN) return wrong_type(document, value, "true or false", error);
    *boolean = value->boolean;
    return EL4ML_OK;
}
