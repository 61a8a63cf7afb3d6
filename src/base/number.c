/* Numbers as text. strtod and printf follow the locale in one thing only, the decimal point: so a number is
 * read as an integer mantissa with an exponent, and printed digit by digit. */
#include "base/text.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGIT_LIMIT                                                                                          \
    800 /* no double needs more than 767 digits to be rounded correctly; the rest only breaks ties */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* nan, inf or infinity, with a sign or not, in any letters. */
static bool names_no_number(const char *text)
{
    static const char *const names[] = {"nan", "inf", "infinity"};
    if (*text == '+' || *text == '-') text++;
    for (size_t k = 0; k < 3; k++) {
        size_t i = 0;
        while (names[k][i] && (text[i] | 0x20) == names[k][i])
            i++;
        if (!names[k][i] && !text[i]) return true;
    }
    return false;
}

/* What the text says: sign, significant digits as an integer, decimal exponent. */
typedef struct decimal {
    bool negative;
    char digits[DIGIT_LIMIT + 1];
    size_t count;
    long exponent;
} decimal;

/* The digits before and after the point. Returns the end, NULL when there is no digit. */
static const char *read_mantissa(const char *at, decimal *number)
{
    bool any = false, point = false;
    for (;; at++) {
        if (*at == '.' && !point) {
            point = true;
        } else if (is_digit(*at)) {
            any = true;
            number->exponent -= point;
            if (*at == '0' && number->count == 0) continue;
            if (number->count < DIGIT_LIMIT)
                number->digits[number->count++] = *at;
            else { /* beyond the limit only "is anything left?" matters */
                number->exponent++;
                if (*at != '0') number->digits[DIGIT_LIMIT - 1] = '1';
            }
        } else {
            return any ? at : NULL;
        }
    }
}

static const char *read_exponent(const char *at, long *exponent)
{
    const bool negative = *at == '-';
    if (*at == '-' || *at == '+') at++;
    if (!is_digit(*at)) return NULL;
    long value = 0;
    for (; is_digit(*at); at++)
        if (value < 100000000) value = 10 * value + (*at - '0');
    *exponent += negative ? -value : value;
    return at;
}

/* ---- short numbers, which nearly all are ---- */

#define SHORT_DIGITS 19 /* fit 64 bits */

/* mantissa x 10^exponent where one rounding gives it: both factors are exact in the format they are
 * multiplied in. In the 64-bit format of x86 the product is rounded twice, which can only be wrong when its
 * low bits lie exactly half-way between two doubles. */
static bool scale(uint64_t mantissa, long exponent, double *value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const size_t size = (size_t)(exponent < 0 ? -exponent : exponent);
    if (size <= 22 && mantissa <= (uint64_t)1 << DBL_MANT_DIG && FLT_EVAL_METHOD == 0) {
        *value = exponent < 0 ? (double)mantissa / powers[size] : (double)mantissa * powers[size];
        return true;
    }
#if LDBL_MANT_DIG == 64
    if (size <= 27) { /* 5^27 < 2^64 */
        const long double power =
            (long double)powers[size < 22 ? size : 22] * powers[size < 22 ? 0 : size - 22];
        const long double product =
            exponent < 0 ? (long double)mantissa / power : (long double)mantissa * power;
        uint64_t bits;
        memcpy(&bits, &product, sizeof bits);
        *value = (double)product;
        return (bits & 0x7FF) != 0x400;
    }
#endif
    return false;
}

/* False when the text is longer, or no number: the general way finds out. */
static bool parse_short(const char *text, double *value)
{
    const bool negative = *text == '-';
    const char *at = text + (negative || *text == '+');
    uint64_t mantissa = 0;
    long exponent = 0;
    int digits = 0;
    bool any = false, point = false;
    for (;; at++) {
        if (is_digit(*at)) {
            any = true;
            exponent -= point;
            if (digits == 0 && *at == '0') continue;
            if (++digits > SHORT_DIGITS) return false;
            mantissa = 10 * mantissa + (uint64_t)(*at - '0');
        } else if (*at == '.' && !point) {
            point = true;
        } else {
            break;
        }
    }
    if (any && (*at == 'e' || *at == 'E')) at = read_exponent(at + 1, &exponent);
    if (!any || !at || *at) return false;
    if (mantissa == 0)
        *value = 0;
    else if (!scale(mantissa, exponent, value))
        return false;
    if (negative) *value = -*value;
    return true;
}

/* ---- all numbers ---- */

el4ml_number_kind el4ml_parse_number(const char *text, double *value)
{
    if (parse_short(text, value)) return EL4ML_NUMBER;
    decimal number = {.negative = *text == '-'};
    const char *at = text + (*text == '-' || *text == '+');
    at = read_mantissa(at, &number);
    if (at && (*at == 'e' || *at == 'E')) at = read_exponent(at + 1, &number.exponent);
    if (!at || *at) return names_no_number(text) ? EL4ML_NOT_FINITE : EL4ML_NOT_A_NUMBER;
    if (number.count == 0) {
        *value = number.negative ? -0.0 : 0.0;
        return EL4ML_NUMBER;
    }
    char plain[DIGIT_LIMIT + 32];
    number.digits[number.count] = '\0';
    snprintf(plain, sizeof plain, "%s%se%ld", number.negative ? "-" : "", number.digits, number.exponent);
    const double result = strtod(plain, NULL);
    if (!isfinite(result)) return EL4ML_NOT_FINITE;
    *value = result;
    return EL4ML_NUMBER;
}

/* digits d1 d2 ... of value = d1.d2... x 10^exponent, whatever sign stands between d1 and d2. */
static int significant_digits(double value, int precision, char digits[20])
{
    char text[64];
    snprintf(text, sizeof text, "%.*e", precision - 1, fabs(value));
    size_t count = 0;
    const char *at = text;
    for (; *at && *at != 'e'; at++)
        if (is_digit(*at) && count < 19) digits[count++] = *at;
    digits[count] = '\0';
    return *at ? atoi(at + 1) : 0;
}

static void lay_out(char *text, bool negative, const char *digits, int exponent)
{
    size_t count = strlen(digits), at = 0;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    if (negative) text[at++] = '-';
    if (exponent >= 0 && exponent < 16) {
        const size_t whole = (size_t)exponent + 1;
        for (size_t i = 0; i < whole; i++)
            text[at++] = i < count ? digits[i] : '0';
        if (count > whole) text[at++] = '.';
        for (size_t i = whole; i < count; i++)
            text[at++] = digits[i];
    } else if (exponent < 0 && exponent >= -4) {
        text[at++] = '0';
        text[at++] = '.';
        for (int i = -1; i > exponent; i--)
            text[at++] = '0';
        for (size_t i = 0; i < count; i++)
            text[at++] = digits[i];
    } else {
        text[at++] = digits[0];
        if (count > 1) text[at++] = '.';
        for (size_t i = 1; i < count; i++)
            text[at++] = digits[i];
        at += (size_t)sprintf(text + at, "e%+03d", exponent);
    }
    text[at] = '\0';
}

void el4ml_format_number(double value, char text[32])
{
    if (!isfinite(value)) {
        strcpy(text, isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
        return;
    }
    for (int precision = 1; precision <= 17; precision++) {
        char digits[20];
        const int exponent = significant_digits(value, precision, digits);
        lay_out(text, signbit(value) && value != 0, digits, exponent);
        double back;
        if (el4ml_parse_number(text, &back) == EL4ML_NUMBER && back == value) return;
    }
}

/* Ten decimals at most, as other programs write: m / 10^10 is rounded correctly, so that when it is the
 * value, the digits of m read back as the value. */
static bool format_ten_decimals(double value, char *text)
{
    const double scaled = fabs(value) * 1e10;
    if (!(scaled < 9007199254740992.0) || value == 0) return false;
    uint64_t digits = (uint64_t)(scaled + 0.5);
    if ((double)digits / 1e10 != fabs(value)) return false;
    char reversed[32];
    size_t count = 0, at = 0;
    int place = -10;
    for (; place < 0 && digits % 10 == 0; place++)
        digits /= 10;
    for (bool point = place<0; digits> 0 || place <= 0; digits /= 10, place++) {
        if (place == 0 && point) reversed[count++] = '.';
        reversed[count++] = (char)('0' + digits % 10);
    }
    if (value < 0) text[at++] = '-';
    while (count > 0)
        text[at++] = reversed[--count];
    text[at] = '\0';
    return true;
}

void el4ml_format_exact(double value, char text[32])
{
    if (format_ten_decimals(value, text)) return;
    for (int precision = 15; precision <= 17; precision += 2) {
        snprintf(text, 32, "%.*g", precision, value);
        if (!isfinite(value) || precision == 17 || strtod(text, NULL) == value) break;
    }
    char *to = text; /* whatever the locale has for a point becomes one '.' */
    bool point = false;
    for (const char *at = text; *at; at++) {
        const bool plain = is_digit(*at) || (*at >= 'a' && *at <= 'z');
        if (plain || *at == '+' || *at == '-') {
            *to++ = *at;
        } else if (!point) {
            *to++ = '.';
            point = true;
        }
    }
    *to = '\0';
}
