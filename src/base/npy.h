/* NumPy's .npy (format versions 1 to 3) and .npz (a zip archive of them, stored or deflated). Every size is
 * checked against the bytes there are. Element types: f2 f4 f8, i1 ... i8, u1 ... u8, b1, either byte order.
 */
#ifndef EL4ML_BASE_NPY_H
#define EL4ML_BASE_NPY_H

#include "base/text.h"
#include "el4ml/status.h"

#define EL4ML_NPY_MAX_RANK 32

typedef struct el4ml_array {
    char *name; /* in an archive, without ".npy"; NULL otherwise */
    size_t rank;
    size_t shape[EL4ML_NPY_MAX_RANK];
    size_t count; /* product of the shape; 1 for rank 0 */
    double
        *values; /* (shape), row-major whatever the file's order; 64-bit integers beyond 2^53 are rounded */
} el4ml_array;

typedef struct el4ml_archive {
    size_t count;
    el4ml_array *arrays; /* (count), in the archive's order */
} el4ml_archive;

/* `name` only serves messages. */
el4ml_status el4ml_npy_parse(const char *name, const void *bytes, size_t length, el4ml_array *array,
                             el4ml_error *error);
void el4ml_array_clear(el4ml_array *array);
/* Is it an array of text, whose elements this reader leaves alone? */
bool el4ml_npy_is_text(const void *bytes, size_t length);
/* Magic, version and header of an array of elements `type` ("<f8"), onto what is built. */
void el4ml_npy_begin(el4ml_builder *text, const char *type, size_t rank, const size_t *shape);
/* Writes '<f8', row-major. */
el4ml_status el4ml_npy_write(const char *path, size_t rank, const size_t *shape, const double *values,
                             el4ml_error *error);

el4ml_status el4ml_npz_parse(const char *name, const void *bytes, size_t length, el4ml_archive **archive,
                             el4ml_error *error);
/* NULL when there is none of that name. Arrays of text are not kept. */
const el4ml_array *el4ml_archive_find(const el4ml_archive *archive, const char *name);
void el4ml_archive_free(el4ml_archive *archive);

/* An archive on its way to a file, uncompressed. Start from {0}; clear in any case. A failed allocation is
 * kept until it is written. */
typedef struct el4ml_npz_writer {
    el4ml_builder members, directory;
    size_t count;
} el4ml_npz_writer;

void el4ml_npz_add(el4ml_npz_writer *writer, const char *name, size_t rank, const size_t *shape,
                   const double *values);
/* One-dimensional, of Unicode text; bytes that are not UTF-8 become '?'. */
void el4ml_npz_add_texts(el4ml_npz_writer *writer, const char *name, size_t count, const char *const *texts);
/* Whole or not at all. */
el4ml_status el4ml_npz_write(el4ml_npz_writer *writer, const char *path, el4ml_error *error);
void el4ml_npz_clear(el4ml_npz_writer *writer);

#endif
