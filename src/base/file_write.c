#include "base/file_write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

el4ml_status el4ml_file_write(const char *path, const char *text, el4ml_error *error)
{
    char beside[4096];
    if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) >= sizeof beside)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: the path is too long", path);
    FILE *file = fopen(beside, "wb");
    const bool made = file != NULL;
    int number = made ? 0 : errno;
    if (file) {
        if (fputs(text, file) < 0 || fflush(file) != 0 || fsync(fileno(file)) != 0) number = errno;
        if (fclose(file) != 0 && number == 0) number = errno;
    }
    if (number == 0 && rename(beside, path) != 0) number = errno;
    if (number == 0) return EL4ML_OK;
    if (made) unlink(beside);
    const bool users = number == EACCES || number == EROFS || number == ENOENT || number == ENOTDIR ||
                       number == EISDIR || number == EPERM || number == ENAMETOOLONG || number == ELOOP;
    const bool room = number == ENOSPC || number == EDQUOT || number == EFBIG;
    return el4ml_fail(error, users ? EL4ML_BAD_INPUT : EL4ML_IO, "%s: cannot write: %s%s", path,
                      el4ml_errno_text_of(number).text, room ? "; make room, and run again" : "");
}
