#include "report/literal.h"

#include <stddef.h>
#include <string.h>

const char *el4ml_literal(const char *text, char out[EL4ML_LITERAL_SIZE])
{
    size_t at = 0;
    for (; text && *text && at + 4 < EL4ML_LITERAL_SIZE; text++) {
        if (*text == '*') { /* U+2217, the same to the eye */
            memcpy(out + at, "\u2217", 3);
            at += 3;
        } else if ((*text == '_' || *text == '^') && text[1] == '{') {
            out[at++] = *text;
            memcpy(out + at, "\u200b", 3);
            at += 3;
        } else {
            out[at++] = *text;
        }
    }
    out[at] = '\0';
    return out;
}
