/* Any bytes as another program's text file: no crash, and a message of one line where they are refused. The
 * first byte chooses the file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "landscape/foreign.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static el4ml_status parse(el4ml_foreign *f, uint8_t which, const char *text, size_t length,
                          el4ml_error *error)
{
    switch (which % 6) {
    case 0:
        el4ml_foreign_clear(f);
        return el4ml_parse_min_data(f, "t", text, length, error);
    case 1:
        return el4ml_parse_ts_data(f, "t", text, length, error);
    case 2:
        return el4ml_parse_set(f, "t", "A", text, length, error);
    case 3:
        el4ml_foreign_clear(f);
        return el4ml_parse_topsearch_data(f, EL4ML_MINIMUM, "t", text, length, error);
    case 4:
        return el4ml_parse_topsearch_data(f, EL4ML_TRANSITION_STATE, "t", text, length, error);
    default:
        return el4ml_parse_topsearch_coordinates(f, EL4ML_MINIMUM, "t", text, length, error);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char minima[] = "-1 2 3 1 1 1\n-2 2 1 1 1 1\n-3 2 1 1 1 1\n";
    if (length == 0) return 0;
    char *text = malloc(length); /* no longer than it must be, so that every byte read past the end is seen */
    el4ml_foreign f = {.kappa = NAN};
    el4ml_error error = {0};
    if (!text || el4ml_parse_min_data(&f, "m", minima, strlen(minima), &error) != EL4ML_OK) abort();
    memcpy(text, bytes + 1, length - 1);
    text[length - 1] = '\0';
    const el4ml_status status = parse(&f, bytes[0], text, length - 1, &error);
    if (status != EL4ML_OK && (!error.message[0] || strchr(error.message, '\n'))) abort();
    for (int species = 0; species < 2; species++)
        for (size_t i = 0; status == EL4ML_OK && i < f.table[species].count; i++) {
            const el4ml_foreign_point *p = &f.table[species].points[i];
            if (p->energy - p->energy != 0) abort(); /* a number is finite */
            if (species == 1 && (p->a >= f.table[0].count || p->b >= f.table[0].count)) abort();
        }
    el4ml_foreign_clear(&f);
    free(text);
    return 0;
}
