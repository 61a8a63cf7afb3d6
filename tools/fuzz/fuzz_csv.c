/* Any bytes as CSV: no crash, a message of one line where they are refused, and every cell within the table.
 */
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    el4ml_csv *csv = NULL;
    el4ml_error error = {0};
    const el4ml_status status = el4ml_csv_parse("t", (const char *)bytes, length, &csv, &error);
    if (status != EL4ML_OK && (!error.message[0] || strchr(error.message, '\n'))) abort();
    for (size_t k = 0; csv && k < csv->rows * csv->columns; k++) {
        double value;
        if (el4ml_csv_number(csv, k / csv->columns, k % csv->columns, &value, &error) == EL4ML_OK &&
            value - value != 0)
            abort(); /* a number is finite */
    }
    el4ml_csv_free(csv);
    return 0;
}
