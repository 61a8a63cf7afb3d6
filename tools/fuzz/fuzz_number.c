/* Any text as a number: what is read can be written and read again, unchanged. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char text[2048], again[32];
    double value, back;
    if (length >= sizeof text) return 0;
    memcpy(text, bytes, length);
    text[length] = '\0';
    if (el4ml_parse_number(text, &value) != EL4ML_NUMBER) return 0;
    char *end;
    const double reference = strtod(text, &end); /* the C locale's, which is this program's */
    if (*end || memcmp(&reference, &value, sizeof value) != 0) abort();
    el4ml_format_number(value, again);
    if (el4ml_parse_number(again, &back) != EL4ML_NUMBER || back != value) abort();
    return 0;
}
