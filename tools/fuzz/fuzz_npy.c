/* Any bytes as .npy and as .npz: no crash, and no array larger than the bytes can hold. */
#include <stdlib.h>
#include <string.h>

#include "base/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    el4ml_array array = {0};
    el4ml_archive *archive = NULL;
    el4ml_error error = {0};
    if (el4ml_npy_parse("t", bytes, length, &array, &error) == EL4ML_OK) {
        if (array.count > length) abort();
        for (size_t i = 0; i < array.count; i++)
            if (array.values[i] == 12345.678) error.message[0]++; /* touch every value */
    } else if (!error.message[0]) {
        abort();
    }
    el4ml_array_clear(&array);
    if (el4ml_npz_parse("t", bytes, length, &archive, &error) != EL4ML_OK && !error.message[0]) abort();
    el4ml_archive_free(archive);
    return 0;
}
