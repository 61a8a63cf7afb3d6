/* SHA-256 (FIPS 180-4). */
#ifndef EL4ML_BASE_SHA256_H
#define EL4ML_BASE_SHA256_H

#include "el4ml/status.h"

/* Lower-case hexadecimal, with its end. */
void el4ml_sha256(const void *bytes, size_t length, char text[65]);

#endif
