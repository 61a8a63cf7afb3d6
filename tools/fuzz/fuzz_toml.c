/* Any bytes as TOML: no crash, and a message of one line where they are refused. */
#include <stdlib.h>
#include <string.h>

#include "base/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    el4ml_toml_document *document = NULL;
    el4ml_error error = {0};
    const el4ml_status status = el4ml_toml_parse("t", (const char *)bytes, length, &document, &error);
    if (status != EL4ML_OK && (!error.message[0] || strchr(error.message, '\n'))) abort();
    el4ml_toml_free(document);
    return 0;
}
