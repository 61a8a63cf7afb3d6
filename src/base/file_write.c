#include "base/file_write.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#define ENDING ".new"

static el4ml_status report(const el4ml_file_writer *w, el4ml_error *error)
{
    const int number = w->number;
    const bool users = number == EACCES || number == EROFS || number == ENOENT || number == ENOTDIR ||
                       number == EISDIR || number == EPERM || number == ENAMETOOLONG || number == ELOOP;
    const bool room = number == ENOSPC || number == EDQUOT || number == EFBIG;
    return el4ml_fail(error, users ? EL4ML_BAD_INPUT : EL4ML_IO, "%s: cannot write: %s%s",
                      el4ml_path_for_message(w->path), el4ml_errno_text_of(number).text,
                      room ? "; make room, and run again" : "");
}

el4ml_status el4ml_writer_open(el4ml_file_writer *w, const char *path, el4ml_error *error)
{
    const size_t length = strlen(path);
    *w = (el4ml_file_writer){.path = el4ml_copy_text(path)};
    w->beside = EL4ML_NEW(char, length + sizeof ENDING);
    if (!w->path || !w->beside) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "%s: out of memory", path);
    memcpy(w->beside, path, length);
    memcpy(w->beside + length, ENDING, sizeof ENDING);
    w->file = fopen(w->beside, "wb");
    if (!w->file) {
        w->number = errno;
        return report(w, error);
    }
    w->there = true;
    return EL4ML_OK;
}

void el4ml_writer_bytes(el4ml_file_writer *w, const void *bytes, size_t length)
{
    if (w->number == 0 && length > 0 && fwrite(bytes, 1, length, w->file) != length) w->number = errno;
}

void el4ml_writer_text(el4ml_file_writer *w, const char *text)
{
    el4ml_writer_bytes(w, text, strlen(text));
}

void el4ml_writer_number(el4ml_file_writer *w, double value)
{
    char text[32];
    el4ml_format_exact(value, text);
    el4ml_writer_text(w, text);
}

void el4ml_writer_format(el4ml_file_writer *w, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    el4ml_writer_text(w, text);
}

el4ml_status el4ml_writer_finish(el4ml_file_writer *w, el4ml_error *error)
{
    if (w->number == 0 && (fflush(w->file) != 0 || fsync(fileno(w->file)) != 0)) w->number = errno;
    if (fclose(w->file) != 0 && w->number == 0) w->number = errno;
    w->file = NULL;
    return w->number == 0 ? EL4ML_OK : report(w, error);
}

el4ml_status el4ml_writer_place(el4ml_file_writer *w, el4ml_error *error)
{
    if (rename(w->beside, w->path) != 0) {
        w->number = errno;
        return report(w, error);
    }
    w->placed = true;
    return EL4ML_OK;
}

void el4ml_writer_discard(el4ml_file_writer *w)
{
    if (w->file) fclose(w->file);
    if (w->there && !w->placed) unlink(w->beside);
    el4ml_release(w->path);
    el4ml_release(w->beside);
    *w = (el4ml_file_writer){0};
}

el4ml_status el4ml_file_write(const char *path, const char *text, el4ml_error *error)
{
    el4ml_file_writer w = {0};
    el4ml_status status = el4ml_writer_open(&w, path, error);
    if (status == EL4ML_OK) {
        el4ml_writer_text(&w, text);
        status = el4ml_writer_finish(&w, error);
    }
    if (status == EL4ML_OK) status = el4ml_writer_place(&w, error);
    el4ml_writer_discard(&w);
    return status;
}
