/* A .npz archive, written: members stored, a directory at the end (PKWARE's APPNOTE 6.3). Arrays beyond 4 GiB
 * would need zip64 and are refused. */
#include <string.h>
#include <zlib.h>

#include "base/file.h"
#include "base/file_write.h"
#include "base/npy.h"

static void put2(el4ml_builder *b, unsigned value)
{
    const unsigned char bytes[2] = {(unsigned char)(value & 255), (unsigned char)(value >> 8 & 255)};
    el4ml_builder_bytes(b, (const char *)bytes, sizeof bytes);
}

static void put4(el4ml_builder *b, uint32_t value)
{
    put2(b, value & 0xFFFF);
    put2(b, value >> 16);
}

/* What the local header and the directory's entry have in common: needed version 2.0, stored, 1 January 1980,
 * so that the same arrays make the same file. */
static void put_description(el4ml_builder *b, uint32_t crc, size_t size, size_t name_length)
{
    put2(b, 20);
    put2(b, 0);
    put2(b, 0);
    put2(b, 0);
    put2(b, 33);
    put4(b, crc);
    put4(b, (uint32_t)size);
    put4(b, (uint32_t)size);
    put2(b, (unsigned)name_length);
    put2(b, 0);
}

static void add_member(el4ml_npz_writer *w, const char *name, el4ml_builder *array)
{
    const size_t length = strlen(name) + 4, offset = w->members.length;
    if (array->failed || array->length > 0xFFFFFFF0 || offset > 0xFFFFFFF0) {
        w->members.failed = true;
    } else {
        const uint32_t crc = (uint32_t)crc32(0, (const Bytef *)array->data, (uInt)array->length);
        put4(&w->members, 0x04034b50);
        put_description(&w->members, crc, array->length, length);
        el4ml_builder_text(&w->members, name);
        el4ml_builder_text(&w->members, ".npy");
        el4ml_builder_bytes(&w->members, array->data, array->length);
        put4(&w->directory, 0x02014b50);
        put2(&w->directory, 20);
        put_description(&w->directory, crc, array->length, length);
        put2(&w->directory, 0); /* comment, disk, attributes */
        put2(&w->directory, 0);
        put2(&w->directory, 0);
        put4(&w->directory, 0);
        put4(&w->directory, (uint32_t)offset);
        el4ml_builder_text(&w->directory, name);
        el4ml_builder_text(&w->directory, ".npy");
        w->count++;
    }
    el4ml_builder_clear(array);
}

void el4ml_npz_add(el4ml_npz_writer *w, const char *name, size_t rank, const size_t *shape,
                   const double *values)
{
    el4ml_builder array = {0};
    size_t count = 1;
    for (size_t k = 0; k < rank; k++)
        count *= shape[k];
    el4ml_npy_begin(&array, "<f8", rank, shape);
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        char bytes[8];
        memcpy(&bits, &values[i], sizeof bits);
        for (size_t k = 0; k < 8; k++)
            bytes[k] = (char)(unsigned char)(bits >> 8 * k);
        el4ml_builder_bytes(&array, bytes, sizeof bytes);
    }
    add_member(w, name, &array);
}

/* The next code point; text moves on. */
static uint32_t code_point(const unsigned char **text)
{
    const unsigned char *t = *text;
    const unsigned more = t[0] < 0x80 ? 0 : t[0] >= 0xF0 ? 3 : t[0] >= 0xE0 ? 2 : 1;
    uint32_t value = more == 0 ? t[0] : t[0] & (0x3Fu >> more);
    for (unsigned k = 1; k <= more; k++)
        value = value << 6 | (t[k] & 0x3Fu);
    *text = t + more + 1;
    return value;
}

static size_t letters(const char *text)
{
    size_t count = 0;
    const unsigned char *at = (const unsigned char *)text;
    for (; *at; count++)
        code_point(&at);
    return count;
}

static const char *readable(const char *text)
{
    const size_t length = strlen(text);
    return el4ml_utf8_valid(text, length) == length ? text : "?";
}

void el4ml_npz_add_texts(el4ml_npz_writer *w, const char *name, size_t count, const char *const *texts)
{
    char type[32];
    el4ml_builder array = {0}, kind = {0};
    size_t longest = 1;
    for (size_t k = 0; k < count; k++) {
        const size_t length = letters(readable(texts[k]));
        if (length > longest) longest = length;
    }
    el4ml_builder_format(&kind, "<U%zu", longest);
    if (kind.failed || kind.length >= sizeof type) {
        array.failed = true;
    } else {
        memcpy(type, kind.data, kind.length);
        type[kind.length] = '\0';
        el4ml_npy_begin(&array, type, 1, &count);
    }
    for (size_t k = 0; k < count; k++) {
        const unsigned char *at = (const unsigned char *)readable(texts[k]);
        for (size_t i = 0; i < longest; i++)
            put4(&array, *at ? code_point(&at) : 0);
    }
    el4ml_builder_clear(&kind);
    add_member(w, name, &array);
}

el4ml_status el4ml_npz_write(el4ml_npz_writer *w, const char *path, el4ml_error *error)
{
    el4ml_file_writer file = {0};
    el4ml_builder end = {0};
    put4(&end, 0x06054b50);
    put2(&end, 0);
    put2(&end, 0);
    put2(&end, (unsigned)w->count);
    put2(&end, (unsigned)w->count);
    put4(&end, (uint32_t)w->directory.length);
    put4(&end, (uint32_t)w->members.length);
    put2(&end, 0);
    el4ml_status status = EL4ML_OK;
    if (w->members.failed || w->directory.failed || end.failed || w->count > 65534)
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", el4ml_path_for_message(path));
    if (status == EL4ML_OK) status = el4ml_writer_open(&file, path, error);
    if (status == EL4ML_OK) {
        el4ml_writer_bytes(&file, w->members.data, w->members.length);
        el4ml_writer_bytes(&file, w->directory.data, w->directory.length);
        el4ml_writer_bytes(&file, end.data, end.length);
        status = el4ml_writer_finish(&file, error);
    }
    if (status == EL4ML_OK) status = el4ml_writer_place(&file, error);
    el4ml_writer_discard(&file);
    el4ml_builder_clear(&end);
    return status;
}

void el4ml_npz_clear(el4ml_npz_writer *w)
{
    el4ml_builder_clear(&w->members);
    el4ml_builder_clear(&w->directory);
    w->count = 0;
}
