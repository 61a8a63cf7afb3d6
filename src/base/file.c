#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

el4ml_errno_text el4ml_errno_text_of(int number)
{
    el4ml_errno_text text;
    if (strerror_r(number, text.text, sizeof text.text) != 0)
        snprintf(text.text, sizeof text.text, "error %d", number);
    return text;
}

const char *el4ml_path_for_message(const char *path)
{
    const size_t length = strlen(path), limit = 400;
    return length > limit ? path + (length - limit) : path;
}

static el4ml_status read_all(int descriptor, const char *path, char **bytes, size_t *length,
                             el4ml_error *error)
{
    const char *shown = el4ml_path_for_message(path);
    struct stat about;
    if (fstat(descriptor, &about) != 0)
        return el4ml_fail(error, EL4ML_IO, "%s: %s", shown, el4ml_errno_text_of(errno).text);
    if (!S_ISREG(about.st_mode)) return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: not a regular file", shown);
    const size_t size = (size_t)about.st_size;
    char *made = EL4ML_NEW(char, size + 1);
    if (!made)
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory for its %zu bytes", shown, size);
    size_t at = 0;
    while (at < size) {
        const ssize_t got = read(descriptor, made + at, size - at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            const int number = errno;
            el4ml_release(made);
            return el4ml_fail(error, EL4ML_IO, "%s: %s", shown, el4ml_errno_text_of(number).text);
        }
        if (got == 0) break; /* it shrank while being read */
        at += (size_t)got;
    }
    *bytes = made;
    *length = at;
    return EL4ML_OK;
}

el4ml_status el4ml_file_read(const char *path, char **bytes, size_t *length, el4ml_error *error)
{
    const int descriptor =
        open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* do not wait for a pipe's writer */
    if (descriptor < 0)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: %s", el4ml_path_for_message(path),
                          el4ml_errno_text_of(errno).text);
    const el4ml_status status = read_all(descriptor, path, bytes, length, error);
    close(descriptor);
    return status;
}

const char *el4ml_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool el4ml_path_ends(const char *path, const char *ending)
{
    const size_t length = strlen(path), tail = strlen(ending);
    return length >= tail && strcasecmp(path + length - tail, ending) == 0;
}

static bool add_working_folder(el4ml_builder *path)
{
    char folder[4096];
    if (!getcwd(folder, sizeof folder)) return false;
    el4ml_builder_text(path, folder);
    el4ml_builder_text(path, "/");
    return true;
}

char *el4ml_path_absolute(const char *path, const char *beside)
{
    el4ml_builder built = {0};
    const size_t folder = beside ? (size_t)(el4ml_path_base(beside) - beside) : 0;
    if (path[0] != '/') {
        if ((folder == 0 || beside[0] != '/') && !add_working_folder(&built)) return NULL;
        if (folder > 0) el4ml_builder_bytes(&built, beside, folder);
    }
    while (path[0] == '.' && path[1] == '/') /* "./x" is "x"; ".." stays, since a folder may be a link */
        for (path += 2; path[0] == '/';)
            path++;
    el4ml_builder_text(&built, path);
    return el4ml_builder_take(&built);
}
