/* The rows of a sparse matrix that changes while it is eliminated: entries are found, added and removed in
 * constant time. A row of up to eight entries is a plain list; a longer one an open-addressing hash table. */
#ifndef EL4ML_KINETICS_SPARSE_ROWS_H
#define EL4ML_KINETICS_SPARSE_ROWS_H

#include "base/scaled.h"
#include "el4ml/status.h"

/* A column and a scaled number, in 16 bytes. */
typedef struct el4ml_entry {
    uint32_t column;
    int32_t e;
    double m;
} el4ml_entry;

typedef struct el4ml_rows el4ml_rows;

/* `count` empty rows, fewer than 2^32 - 1; NULL when out of memory. */
el4ml_rows *el4ml_rows_new(size_t count);
void el4ml_rows_free(el4ml_rows *rows);
size_t el4ml_rows_length(const el4ml_rows *rows, size_t row);
/* Entries of all rows. */
size_t el4ml_rows_total(const el4ml_rows *rows);
/* entry += value, made when it is not there. False when out of memory. */
bool el4ml_rows_add(el4ml_rows *rows, size_t row, uint32_t column, el4ml_scaled value);
/* The entry must be there. */
void el4ml_rows_remove(el4ml_rows *rows, size_t row, uint32_t column);
/* Copy the row's entries, in no particular but always the same order; returns how many. */
size_t el4ml_rows_copy(const el4ml_rows *rows, size_t row, el4ml_entry *entries);
/* Empty the row; its space is used again. */
void el4ml_rows_clear(el4ml_rows *rows, size_t row);

static inline el4ml_scaled el4ml_entry_value(el4ml_entry entry)
{
    const el4ml_scaled value = {entry.m, entry.e};
    return value;
}

/* Exponents beyond 32 bits: such a number, below exp(-7e11), counts as zero. */
static inline el4ml_entry el4ml_entry_of(uint32_t column, el4ml_scaled value)
{
    const bool none = value.m == 0 || value.e < INT32_MIN / 2;
    const el4ml_entry entry = {column, none ? INT32_MIN / 2 : (int32_t)value.e, none ? 0 : value.m};
    return entry;
}

#endif
