/* What the tests of input files share: scratch files, message checks, mutations of valid inputs. */
#ifndef EL4ML_TESTS_INPUT_TEST_H
#define EL4ML_TESTS_INPUT_TEST_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "el4ml/random.h"
#include "el4ml/status.h"

static char scratch_folder[64];

static inline void make_scratch(void)
{
    strcpy(scratch_folder, "/tmp/el4ml-test-XXXXXX");
    if (!mkdtemp(scratch_folder)) abort();
}

/* Writes a file into the scratch folder. The path is good until the next call. */
static inline const char *scratch_file(const char *name, const void *bytes, size_t length)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", scratch_folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) abort();
    return path;
}

static inline const char *scratch_text(const char *name, const char *text)
{
    return scratch_file(name, text, strlen(text));
}

static inline void remove_scratch(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", scratch_folder);
    if (system(command) != 0) abort();
}

/* A whole file of the source tree. To be freed with el4ml_release. */
static inline char *source_file(const char *name, size_t *length)
{
    char path[512], *bytes = NULL;
    snprintf(path, sizeof path, "%s/%s", EL4ML_SOURCE_DIR, name);
    el4ml_error error = {0};
    if (el4ml_file_read(path, &bytes, length, &error) != EL4ML_OK) ck_abort_msg("%s", error.message);
    return bytes;
}

/* The message is one line, and holds every one of the parts, which are separated by '|'. */
static inline void expect_message(const el4ml_error *error, const char *parts)
{
    char part[256];
    ck_assert_msg(error->message[0] != '\0', "no message");
    ck_assert_msg(!strchr(error->message, '\n'), "more than one line: %s", error->message);
    while (*parts) {
        const size_t length = strcspn(parts, "|");
        snprintf(part, sizeof part, "%.*s", (int)length, parts);
        ck_assert_msg(strstr(error->message, part) != NULL, "\"%s\" is not in: %s", part, error->message);
        parts += length + (parts[length] == '|');
    }
}

/* A copy of `bytes` with a few bytes changed, removed, repeated or moved. To be freed with free: malloc, so
 * that a sanitizer sees every byte read past the end. */
static inline char *mutate(el4ml_random *random, const char *bytes, size_t length, size_t *mutated)
{
    static const char special[] = "\"'\\,;\t\r\n=[]{}.#0e-+ \xff\xef\xc3";
    const size_t room = length + 256;
    char *copy = malloc(room);
    if (!copy) abort();
    memcpy(copy, bytes, length);
    size_t size = length;
    for (uint64_t n = 1 + el4ml_random_below(random, 4); n > 0; n--) {
        const size_t at = (size_t)el4ml_random_below(random, size + 1), rest = size - at;
        const size_t span = (size_t)el4ml_random_below(random, rest < 16 ? rest + 1 : 16);
        switch (el4ml_random_below(random, 5)) {
        case 0: /* a byte of any value */
            if (rest > 0) copy[at] = (char)el4ml_random_below(random, 256);
            break;
        case 1: /* a byte that means something */
            if (rest > 0) copy[at] = special[el4ml_random_below(random, sizeof special)];
            break;
        case 2: /* a piece removed */
            memmove(copy + at, copy + at + span, rest - span);
            size -= span;
            break;
        case 3: /* a piece repeated */
            if (size + span > room) break;
            memmove(copy + at + span, copy + at, rest);
            size += span;
            break;
        default: /* the end cut off */
            if (el4ml_random_below(random, 4) == 0) size = at;
        }
    }
    char *exact = malloc(size > 0 ? size : 1);
    if (!exact) abort();
    memcpy(exact, copy, size);
    free(copy);
    *mutated = size;
    return exact;
}

static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    make_scratch();
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    remove_scratch();
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}

#endif
