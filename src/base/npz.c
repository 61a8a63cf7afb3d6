/* The zip archive around .npy files (PKWARE's APPNOTE 6.3). Sizes are taken from the central directory at the
 * end: NumPy writes local headers whose sizes stand in a zip64 field even for small arrays. */
#include "base/npy.h"

#include <stdio.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

typedef struct zip {
    const char *shown;
    const unsigned char *bytes;
    size_t length;
    el4ml_error *error;
} zip;

typedef struct member {
    const unsigned char *name;
    size_t name_length, packed, size, header; /* header: offset of the local header */
    unsigned flags, method;
    uint32_t crc;
} member;

static el4ml_status bad(const zip *z, const char *what)
{
    return el4ml_fail(z->error, EL4ML_BAD_INPUT, "%s: %s", z->shown, what);
}

static unsigned read2(const unsigned char *at)
{
    return at[0] | (unsigned)at[1] << 8;
}

static uint32_t read4(const unsigned char *at)
{
    return read2(at) | (uint32_t)read2(at + 2) << 16;
}

/* The end record: 22 bytes and a comment of at most 65535. */
static el4ml_status find_directory(const zip *z, size_t *offset, size_t *size, size_t *entries)
{
    if (z->length < 22) return bad(z, "this is not a .npz file");
    size_t at = z->length - 22;
    const size_t first = at > 65535 ? at - 65535 : 0;
    while (read4(z->bytes + at) != 0x06054b50 || read2(z->bytes + at + 20) != z->length - 22 - at) {
        if (at == first) return bad(z, "this is not a .npz file, or its end is missing");
        at--;
    }
    const unsigned char *record = z->bytes + at;
    *entries = read2(record + 10);
    *size = read4(record + 12);
    *offset = read4(record + 16);
    if (*entries == 0xFFFF || *size == 0xFFFFFFFF || *offset == 0xFFFFFFFF)
        return bad(z, "archives over 4 GiB (zip64) are not supported");
    if (read2(record + 4) != 0 || read2(record + 6) != 0 || read2(record + 8) != *entries)
        return bad(z, "archives in several parts are not supported");
    if (*offset > at || *size > at - *offset) return bad(z, "malformed archive: directory outside the file");
    return EL4ML_OK;
}

/* The next entry of the directory; *at moves on, `end` is the directory's. */
static el4ml_status read_member(const zip *z, size_t *at, size_t end, member *m)
{
    const unsigned char *entry = z->bytes + *at;
    if (end - *at < 46 || read4(entry) != 0x02014b50) return bad(z, "malformed archive: bad directory entry");
    *m = (member){.name = entry + 46,
                  .name_length = read2(entry + 28),
                  .packed = read4(entry + 20),
                  .size = read4(entry + 24),
                  .header = read4(entry + 42),
                  .flags = read2(entry + 8),
                  .method = read2(entry + 10),
                  .crc = read4(entry + 16)};
    const size_t whole = 46 + m->name_length + read2(entry + 30) + read2(entry + 32);
    if (whole > end - *at) return bad(z, "malformed archive: bad directory entry");
    *at += whole;
    return EL4ML_OK;
}

/* Where the member's data start, all of it checked to lie in the file. */
static el4ml_status find_data(const zip *z, const member *m, const unsigned char **data)
{
    if (m->packed == 0xFFFFFFFF || m->size == 0xFFFFFFFF || m->header == 0xFFFFFFFF)
        return bad(z, "arrays over 4 GiB (zip64) are not supported");
    if (m->header > z->length || z->length - m->header < 30)
        return bad(z, "malformed archive: member outside the file");
    const unsigned char *header = z->bytes + m->header;
    if (read4(header) != 0x04034b50) return bad(z, "malformed archive: bad member header");
    const size_t start = m->header + 30 + read2(header + 26) + read2(header + 28);
    if (start > z->length || m->packed > z->length - start)
        return bad(z, "malformed archive: member outside the file");
    *data = z->bytes + start;
    return EL4ML_OK;
}

static voidpf allocate(voidpf context, uInt count, uInt size)
{
    (void)context;
    return el4ml_allocate(count, size);
}

static void release(voidpf context, voidpf pointer)
{
    (void)context;
    el4ml_release(pointer);
}

static el4ml_status unpack(const zip *z, const member *m, const unsigned char *data, unsigned char *out)
{
    z_stream stream = {.zalloc = allocate, .zfree = release};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        return el4ml_fail(z->error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", z->shown);
    stream.next_in = data;
    stream.avail_in = (uInt)m->packed;
    stream.next_out = out;
    stream.avail_out = (uInt)m->size;
    const int result = inflate(&stream, Z_FINISH);
    const bool whole = result == Z_STREAM_END && stream.total_out == m->size && stream.avail_in == 0;
    inflateEnd(&stream);
    if (result == Z_MEM_ERROR)
        return el4ml_fail(z->error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", z->shown);
    return whole ? EL4ML_OK : bad(z, "malformed archive: damaged compressed data");
}

/* The member's bytes: in the file itself when stored, else in *made. */
static el4ml_status extract(const zip *z, const member *m, const unsigned char **data, unsigned char **made)
{
    if (m->flags & 1) return bad(z, "encrypted archives are not supported");
    if (m->method != 0 && m->method != 8) return bad(z, "malformed archive: unknown compression method");
    el4ml_status status = find_data(z, m, data);
    if (status != EL4ML_OK) return status;
    if (m->method == 0 && m->packed != m->size) return bad(z, "malformed archive: sizes disagree");
    if (m->method == 8) {
        if (m->size / 1033 > m->packed)
            return bad(z, "malformed archive: sizes disagree"); /* deflate's limit */
        *made = EL4ML_NEW(unsigned char, m->size);
        if (!*made) return el4ml_fail(z->error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", z->shown);
        status = unpack(z, m, *data, *made);
        if (status != EL4ML_OK) return status;
        *data = *made;
    }
    if (crc32(0, *data, (uInt)m->size) != m->crc) return bad(z, "malformed archive: checksum differs");
    return EL4ML_OK;
}

static el4ml_status member_name(const zip *z, const member *m, char **name)
{
    if (m->name_length < 5 || memcmp(m->name + m->name_length - 4, ".npy", 4) != 0 ||
        memchr(m->name, '\0', m->name_length))
        return bad(z, "a member of the archive is no .npy file");
    *name = EL4ML_NEW(char, m->name_length);
    if (!*name) return el4ml_fail(z->error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", z->shown);
    memcpy(*name, m->name, m->name_length - 4);
    return EL4ML_OK;
}

/* Leaves *array without a name where the member is of text. */
static el4ml_status read_array(const zip *z, const member *m, el4ml_array *array)
{
    char *name = NULL;
    unsigned char *made = NULL;
    const unsigned char *data = NULL;
    el4ml_status status = member_name(z, m, &name);
    if (status == EL4ML_OK) status = extract(z, m, &data, &made);
    if (status == EL4ML_OK && el4ml_npy_is_text(data, m->size)) {
        el4ml_release(made);
        el4ml_release(name);
        return EL4ML_OK;
    }
    if (status == EL4ML_OK) {
        char shown[640];
        snprintf(shown, sizeof shown, "%s: %s.npy", z->shown, el4ml_excerpt_of(name).text);
        status = el4ml_npy_parse(shown, data, m->size, array, z->error);
    }
    el4ml_release(made);
    if (status == EL4ML_OK)
        array->name = name;
    else
        el4ml_release(name);
    return status;
}

static el4ml_status read_arrays(const zip *z, el4ml_archive *archive)
{
    size_t at = 0, size = 0, entries = 0, total = 0;
    el4ml_status status = find_directory(z, &at, &size, &entries);
    if (status != EL4ML_OK) return status;
    archive->arrays = EL4ML_NEW(el4ml_array, entries);
    if (!archive->arrays) return el4ml_fail(z->error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", z->shown);
    const size_t end = at + size;
    for (size_t k = 0; k < entries; k++) {
        member m = {0};
        el4ml_array array = {0};
        status = read_member(z, &at, end, &m);
        total += m.size;
        if (total / 1033 > z->length) status = bad(z, "malformed archive: more data than it can hold");
        if (status == EL4ML_OK) status = read_array(z, &m, &array);
        if (status != EL4ML_OK) return status;
        if (!array.name) continue;
        const bool twice = el4ml_archive_find(archive, array.name) != NULL;
        archive->arrays[archive->count++] = array;
        if (twice)
            return el4ml_fail(z->error, EL4ML_BAD_INPUT, "%s: two arrays are named '%s'", z->shown,
                              el4ml_excerpt_of(array.name).text);
    }
    return EL4ML_OK;
}

el4ml_status el4ml_npz_parse(const char *name, const void *bytes, size_t length, el4ml_archive **archive,
                             el4ml_error *error)
{
    const zip z = {.shown = el4ml_path_for_message(name), .bytes = bytes, .length = length, .error = error};
    el4ml_archive *made = EL4ML_NEW(el4ml_archive, 1);
    if (!made) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", z.shown);
    const el4ml_status status = read_arrays(&z, made);
    if (status == EL4ML_OK)
        *archive = made;
    else
        el4ml_archive_free(made);
    return status;
}

const el4ml_array *el4ml_archive_find(const el4ml_archive *archive, const char *name)
{
    for (size_t i = 0; i < archive->count; i++)
        if (strcmp(archive->arrays[i].name, name) == 0) return &archive->arrays[i];
    return NULL;
}

void el4ml_archive_free(el4ml_archive *archive)
{
    if (!archive) return;
    for (size_t i = 0; i < archive->count; i++)
        el4ml_array_clear(&archive->arrays[i]);
    el4ml_release(archive->arrays);
    el4ml_release(archive);
}
