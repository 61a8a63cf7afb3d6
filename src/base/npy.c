/* The .npy format: magic, version, header length, a Python dictionary as text, the elements
 * (numpy.lib.format). */
#include "base/npy.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

typedef struct npy {
    const char *shown;
    const unsigned char *at, *end;
    el4ml_error *error;
    char type;   /* f i u b */
    size_t size; /* bytes of an element */
    bool big_endian, column_major;
    bool has_type, has_order, has_shape;
    el4ml_array *array;
} npy;

static el4ml_status bad(const npy *p, const char *what)
{
    return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s: %s", p->shown, what);
}

/* ---- the header's dictionary ---- */

static void skip_spaces(npy *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r'))
        p->at++;
}

static bool pass(npy *p, char c)
{
    skip_spaces(p);
    if (p->at == p->end || *p->at != (unsigned char)c) return false;
    p->at++;
    return true;
}

/* A quoted text without escapes; false when there is none or it does not fit. */
static bool read_quoted(npy *p, char *text, size_t size)
{
    skip_spaces(p);
    if (p->at == p->end || (*p->at != '\'' && *p->at != '"')) return false;
    const unsigned char quote = *p->at++;
    size_t length = 0;
    while (p->at < p->end && *p->at != quote) {
        if (length + 1 >= size || *p->at == '\\' || *p->at == '\0') return false;
        text[length++] = (char)*p->at++;
    }
    text[length] = '\0';
    if (p->at == p->end) return false;
    p->at++;
    return true;
}

static bool read_word(npy *p, const char *word)
{
    skip_spaces(p);
    const size_t length = strlen(word);
    if ((size_t)(p->end - p->at) < length || memcmp(p->at, word, length) != 0) return false;
    p->at += length;
    return true;
}

static el4ml_status read_type(npy *p)
{
    static const char *const known[] = {"f2", "f4", "f8", "i1", "i2", "i4",
                                        "i8", "u1", "u2", "u4", "u8", "b1"};
    char text[32];
    if (!read_quoted(p, text, sizeof text))
        return bad(p, "element type is not a plain number (a structured array?): not supported");
    const bool order = text[0] == '<' || text[0] == '>' || text[0] == '|' || text[0] == '=';
    const char *code = text + order;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (strcmp(code, known[k]) == 0) p->type = code[0];
    if (p->type == '\0')
        return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s: elements of type '%s' are not supported", p->shown,
                          el4ml_excerpt_of(text).text);
    p->size = (size_t)(code[1] - '0');
    p->big_endian = text[0] == '>';
    p->has_type = true;
    return EL4ML_OK;
}

static el4ml_status read_order(npy *p)
{
    p->column_major = read_word(p, "True");
    if (!p->column_major && !read_word(p, "False"))
        return bad(p, "malformed header: fortran_order is no boolean");
    p->has_order = true;
    return EL4ML_OK;
}

static bool read_extent(npy *p, size_t *extent)
{
    skip_spaces(p);
    if (p->at == p->end || *p->at < '0' || *p->at > '9') return false;
    size_t value = 0;
    for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++) {
        const size_t digit = (size_t)(*p->at - '0');
        if (value > (SIZE_MAX - digit) / 10) return false;
        value = 10 * value + digit;
    }
    if (p->at < p->end && *p->at == 'L') p->at++; /* Python 2 */
    *extent = value;
    return true;
}

static el4ml_status read_shape(npy *p)
{
    el4ml_array *a = p->array;
    if (!pass(p, '(')) return bad(p, "malformed header: the shape is no tuple");
    while (!pass(p, ')')) {
        if (a->rank == EL4ML_NPY_MAX_RANK) return bad(p, "too many dimensions");
        if (!read_extent(p, &a->shape[a->rank])) return bad(p, "malformed header: impossible shape");
        a->rank++;
        if (pass(p, ',')) continue;
        if (!pass(p, ')')) return bad(p, "malformed header: the shape is no tuple");
        break;
    }
    p->has_shape = true;
    return EL4ML_OK;
}

static el4ml_status read_entry(npy *p)
{
    char key[32];
    if (!read_quoted(p, key, sizeof key) || !pass(p, ':')) return bad(p, "malformed header: no dictionary");
    if (strcmp(key, "descr") == 0 && !p->has_type) return read_type(p);
    if (strcmp(key, "fortran_order") == 0 && !p->has_order) return read_order(p);
    if (strcmp(key, "shape") == 0 && !p->has_shape) return read_shape(p);
    return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s: malformed header: unexpected key '%s'", p->shown,
                      el4ml_excerpt_of(key).text);
}

static el4ml_status read_dictionary(npy *p)
{
    if (!pass(p, '{')) return bad(p, "malformed header: no dictionary");
    while (!pass(p, '}')) {
        const el4ml_status status = read_entry(p);
        if (status != EL4ML_OK) return status;
        if (pass(p, ',')) continue;
        if (!pass(p, '}')) return bad(p, "malformed header: no dictionary");
        break;
    }
    skip_spaces(p);
    if (p->at != p->end) return bad(p, "malformed header: text after the dictionary");
    if (!p->has_type || !p->has_order || !p->has_shape)
        return bad(p, "malformed header: descr, fortran_order or shape is missing");
    return EL4ML_OK;
}

/* Leaves p->at at the first element. */
static el4ml_status read_header(npy *p)
{
    const unsigned char *const end = p->end;
    if (end - p->at < 10 || memcmp(p->at, "\x93NUMPY", 6) != 0) return bad(p, "this is not a .npy file");
    const unsigned major = p->at[6];
    if (major < 1 || major > 3)
        return el4ml_fail(p->error, EL4ML_BAD_INPUT, "%s: .npy format version %u is not supported", p->shown,
                          major);
    const size_t start = major == 1 ? 10 : 12;
    if ((size_t)(end - p->at) < start) return bad(p, "the file ends within its header");
    size_t length = (size_t)p->at[8] | (size_t)p->at[9] << 8;
    if (major > 1) length |= (size_t)p->at[10] << 16 | (size_t)p->at[11] << 24;
    if (length > (size_t)(end - p->at) - start) return bad(p, "the file ends within its header");
    p->at += start;
    p->end = p->at + length;
    const el4ml_status status = read_dictionary(p);
    p->at = p->end;
    p->end = end;
    return status;
}

/* ---- the elements ---- */

static double half(uint64_t bits)
{
    const int exponent = (int)(bits >> 10 & 31);
    const double fraction = (double)(bits & 1023);
    const double size = exponent == 31  ? (fraction > 0 ? NAN : INFINITY)
                        : exponent == 0 ? ldexp(fraction, -24)
                                        : ldexp(fraction + 1024, exponent - 25);
    return bits >> 15 ? -size : size;
}

static double element(const npy *p, const unsigned char *at)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < p->size; i++)
        bits |= (uint64_t)at[p->big_endian ? p->size - 1 - i : i] << 8 * i;
    if (p->type == 'b') return bits != 0;
    if (p->type == 'u') return (double)bits;
    if (p->type == 'i') {
        const unsigned shift = (unsigned)(64 - 8 * p->size);
        return (double)((int64_t)(bits << shift) >> shift); /* the sign spreads */
    }
    if (p->size == 2) return half(bits);
    if (p->size == 4) {
        const uint32_t narrow = (uint32_t)bits;
        float value;
        memcpy(&value, &narrow, sizeof value);
        return (double)value;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Steps through the array in row-major order; offset[k] is what one step along dimension k means in the file.
 */
static void convert(const npy *p)
{
    const el4ml_array *a = p->array;
    size_t step[EL4ML_NPY_MAX_RANK], index[EL4ML_NPY_MAX_RANK] = {0}, product = 1, from = 0;
    for (size_t k = 0; k < a->rank; k++) {
        const size_t d = p->column_major ? k : a->rank - 1 - k;
        step[d] = product;
        product *= a->shape[d];
    }
    for (size_t i = 0; i < a->count; i++) {
        a->values[i] = element(p, p->at + from * p->size);
        for (size_t k = a->rank; k-- > 0;) {
            from += step[k];
            if (++index[k] < a->shape[k]) break;
            from -= step[k] * a->shape[k];
            index[k] = 0;
        }
    }
}

static el4ml_status check_size(const npy *p)
{
    el4ml_array *a = p->array;
    a->count = 1;
    for (size_t k = 0; k < a->rank; k++) {
        if (a->shape[k] == 0) {
            a->count = 0;
            break;
        }
        if (a->count > SIZE_MAX / 16 / a->shape[k]) return bad(p, "impossible size");
        a->count *= a->shape[k];
    }
    const size_t needed = a->count * p->size, there = (size_t)(p->end - p->at);
    if (needed != there)
        return el4ml_fail(p->error, EL4ML_BAD_INPUT,
                          "%s: the shape needs %zu bytes of elements, the file has %zu", p->shown, needed,
                          there);
    return EL4ML_OK;
}

el4ml_status el4ml_npy_parse(const char *name, const void *bytes, size_t length, el4ml_array *array,
                             el4ml_error *error)
{
    *array = (el4ml_array){0};
    npy p = {.shown = el4ml_path_for_message(name), .at = bytes, .error = error, .array = array};
    if (length == 0) return bad(&p, "the file is empty");
    p.end = p.at + length;
    el4ml_status status = read_header(&p);
    if (status == EL4ML_OK) status = check_size(&p);
    if (status == EL4ML_OK) {
        array->values = EL4ML_NEW(double, array->count);
        if (!array->values) status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", p.shown);
    }
    if (status != EL4ML_OK) {
        *array = (el4ml_array){0};
        return status;
    }
    convert(&p);
    return EL4ML_OK;
}

bool el4ml_npy_is_text(const void *bytes, size_t length)
{
    static const char *const kinds[] = {"'<U", "'>U", "'|S"};
    const unsigned char *at = bytes;
    if (length < 12 || memcmp(at, "\x93NUMPY", 6) != 0) return false;
    const size_t start = at[6] == 1 ? 10 : 12, said = (size_t)at[8] | (size_t)at[9] << 8;
    const size_t end = said < length - start ? start + said : length;
    for (size_t i = start; i + 3 <= end; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            if (memcmp(at + i, kinds[k], 3) == 0) return true;
    return false;
}

void el4ml_array_clear(el4ml_array *array)
{
    el4ml_release(array->name);
    el4ml_release(array->values);
    *array = (el4ml_array){0};
}

/* ---- writing ---- */

void el4ml_npy_begin(el4ml_builder *text, const char *type, size_t rank, const size_t *shape)
{
    el4ml_builder header = {0};
    el4ml_builder_format(&header, "{'descr': '%s', 'fortran_order': False, 'shape': (", type);
    for (size_t k = 0; k < rank; k++)
        el4ml_builder_format(&header, "%s%zu%s", k > 0 ? " " : "", shape[k],
                             k + 1 < rank || rank == 1 ? "," : "");
    el4ml_builder_text(&header, "), }");
    while ((10 + header.length + 1) % 64 != 0 && !header.failed)
        el4ml_builder_text(&header, " ");
    el4ml_builder_text(&header, "\n");
    const unsigned char start[10] = {0x93,
                                     'N',
                                     'U',
                                     'M',
                                     'P',
                                     'Y',
                                     1,
                                     0,
                                     (unsigned char)(header.length & 255),
                                     (unsigned char)(header.length >> 8)};
    el4ml_builder_bytes(text, (const char *)start, sizeof start);
    if (header.failed)
        text->failed = true;
    else
        el4ml_builder_bytes(text, header.data, header.length);
    el4ml_builder_clear(&header);
}

static bool write_values(FILE *file, size_t count, const double *values)
{
    bool good = true;
    for (size_t i = 0; i < count && good; i++) {
        uint64_t bits;
        unsigned char bytes[8];
        memcpy(&bits, &values[i], sizeof bits);
        for (size_t k = 0; k < 8; k++)
            bytes[k] = (unsigned char)(bits >> 8 * k);
        good = fwrite(bytes, sizeof bytes, 1, file) == 1;
    }
    return good;
}

el4ml_status el4ml_npy_write(const char *path, size_t rank, const size_t *shape, const double *values,
                             el4ml_error *error)
{
    const char *shown = el4ml_path_for_message(path);
    size_t count = 1;
    for (size_t k = 0; k < rank; k++)
        count *= shape[k];
    el4ml_builder header = {0};
    el4ml_npy_begin(&header, "<f8", rank, shape);
    if (header.failed) {
        el4ml_builder_clear(&header);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", shown);
    }
    FILE *file = fopen(path, "wb");
    bool good = file != NULL;
    if (good) {
        good = fwrite(header.data, header.length, 1, file) == 1 && write_values(file, count, values);
        good = fclose(file) == 0 && good;
    }
    el4ml_builder_clear(&header);
    if (!good) return el4ml_fail(error, EL4ML_IO, "%s: %s", shown, el4ml_errno_text_of(errno).text);
    return EL4ML_OK;
}
