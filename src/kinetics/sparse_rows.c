#include "kinetics/sparse_rows.h"

#include <string.h>

#include "base/memory.h"

enum { LIST_MOST = 8, SIZES = 33, CHUNK = 1 << 16 };
static const uint32_t EMPTY = UINT32_MAX;

typedef struct row {
    el4ml_entry *entries;
    uint32_t length;
    uint8_t size; /* capacity 2^size; lists up to LIST_MOST, hash tables beyond */
} row;

typedef struct chunk {
    struct chunk *next;
    el4ml_entry *entries;
} chunk;

/* Space comes from chunks in powers of two; what a row gives back is kept by its size, linked through the
 * first bytes. */
struct el4ml_rows {
    size_t count, total; /* rows; entries */
    row *row;
    chunk *chunks;
    size_t left; /* unused entries at the end of the first chunk */
    el4ml_entry *fresh;
    void *returned[SIZES];
};

static bool is_list(const row *r)
{
    return ((size_t)1 << r->size) <= LIST_MOST;
}

static size_t capacity_of(const row *r)
{
    return r->entries ? (size_t)1 << r->size : 0;
}

static bool add_chunk(el4ml_rows *rows, size_t needed)
{
    const size_t size = needed > CHUNK ? needed : CHUNK;
    chunk *made = EL4ML_NEW(chunk, 1);
    if (made) made->entries = EL4ML_NEW(el4ml_entry, size);
    if (!made || !made->entries) {
        el4ml_release(made);
        return false;
    }
    made->next = rows->chunks;
    rows->chunks = made;
    rows->fresh = made->entries;
    rows->left = size;
    return true;
}

static el4ml_entry *take_space(el4ml_rows *rows, unsigned size)
{
    void *space = rows->returned[size];
    if (space) {
        memcpy(&rows->returned[size], space, sizeof(void *));
        return space;
    }
    const size_t needed = (size_t)1 << size;
    if (rows->left < needed && !add_chunk(rows, needed)) return NULL;
    el4ml_entry *taken = rows->fresh;
    rows->fresh += needed;
    rows->left -= needed;
    return taken;
}

static void give_back(el4ml_rows *rows, row *r)
{
    if (!r->entries) return;
    memcpy(r->entries, &rows->returned[r->size], sizeof(void *));
    rows->returned[r->size] = r->entries;
    r->entries = NULL;
}

static size_t slot_of(uint32_t column, unsigned size)
{
    return (uint32_t)(column * UINT32_C(2654435769)) >> (32 - size);
}

/* Where the column is, or would go in a hash table; in a list, `length` when it is not there. */
static size_t find(const row *r, uint32_t column)
{
    if (is_list(r)) {
        size_t k = 0;
        while (k < r->length && r->entries[k].column != column)
            k++;
        return k;
    }
    const size_t mask = capacity_of(r) - 1;
    size_t k = slot_of(column, r->size);
    while (r->entries[k].column != column && r->entries[k].column != EMPTY)
        k = (k + 1) & mask;
    return k;
}

/* Twice the space (a first row: one entry), entries moved over. */
static bool enlarge(el4ml_rows *rows, row *r)
{
    row larger = {.size = (uint8_t)(r->entries ? r->size + 1 : 0)};
    if (larger.size > 31) return false;
    larger.entries = take_space(rows, larger.size);
    if (!larger.entries) return false;
    const size_t old = is_list(r) ? r->length : capacity_of(r);
    for (size_t k = 0; !is_list(&larger) && k < capacity_of(&larger); k++)
        larger.entries[k].column = EMPTY;
    for (size_t k = 0; k < old; k++) {
        if (r->entries[k].column == EMPTY) continue;
        larger.entries[find(&larger, r->entries[k].column)] = r->entries[k];
        larger.length++;
    }
    give_back(rows, r);
    *r = larger;
    return true;
}

static bool has_room(const row *r)
{
    const size_t capacity = capacity_of(r);
    return is_list(r) ? r->length < capacity : 4 * ((size_t)r->length + 1) <= 3 * capacity;
}

bool el4ml_rows_add(el4ml_rows *rows, size_t i, uint32_t column, el4ml_scaled value)
{
    row *r = &rows->row[i];
    if (r->entries) {
        el4ml_entry *entry = &r->entries[find(r, column)];
        const bool there = is_list(r) ? entry < r->entries + r->length : entry->column == column;
        if (there) {
            *entry = el4ml_entry_of(column, el4ml_scaled_sum(el4ml_entry_value(*entry), value));
            return true;
        }
    }
    while (!has_room(r))
        if (!enlarge(rows, r)) return false;
    r->entries[find(r, column)] = el4ml_entry_of(column, value);
    r->length++;
    rows->total++;
    return true;
}

/* Close the gap in a hash table: entries after it move back unless that would put them before their own slot
 * (Knuth, volume 3, algorithm 6.4 R). */
static void close_gap(row *r, size_t gap)
{
    const size_t mask = capacity_of(r) - 1;
    for (size_t k = (gap + 1) & mask; r->entries[k].column != EMPTY; k = (k + 1) & mask) {
        const size_t home = slot_of(r->entries[k].column, r->size);
        if (((k - home) & mask) < ((k - gap) & mask)) continue;
        r->entries[gap] = r->entries[k];
        gap = k;
    }
    r->entries[gap].column = EMPTY;
}

void el4ml_rows_remove(el4ml_rows *rows, size_t i, uint32_t column)
{
    row *r = &rows->row[i];
    const size_t at = find(r, column);
    r->length--;
    rows->total--;
    if (is_list(r))
        r->entries[at] = r->entries[r->length];
    else
        close_gap(r, at);
}

size_t el4ml_rows_length(const el4ml_rows *rows, size_t i)
{
    return rows->row[i].length;
}

size_t el4ml_rows_total(const el4ml_rows *rows)
{
    return rows->total;
}

size_t el4ml_rows_copy(const el4ml_rows *rows, size_t i, el4ml_entry *entries)
{
    const row *r = &rows->row[i];
    const size_t end = is_list(r) ? r->length : capacity_of(r);
    size_t count = 0;
    for (size_t k = 0; k < end; k++)
        if (r->entries[k].column != EMPTY) entries[count++] = r->entries[k];
    return count;
}

void el4ml_rows_clear(el4ml_rows *rows, size_t i)
{
    rows->total -= rows->row[i].length;
    give_back(rows, &rows->row[i]);
    rows->row[i] = (row){0};
}

el4ml_rows *el4ml_rows_new(size_t count)
{
    el4ml_rows *made = EL4ML_NEW(el4ml_rows, 1);
    if (!made) return NULL;
    made->count = count;
    made->row = EL4ML_NEW(row, count);
    if (made->row) return made;
    el4ml_release(made);
    return NULL;
}

void el4ml_rows_free(el4ml_rows *rows)
{
    if (!rows) return;
    while (rows->chunks) {
        chunk *first = rows->chunks;
        rows->chunks = first->next;
        el4ml_release(first->entries);
        el4ml_release(first);
    }
    el4ml_release(rows->row);
    el4ml_release(rows);
}
