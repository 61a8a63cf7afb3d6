/* Start and end of the program: signals, errors, exit status. */
#include "program.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

volatile bool interrupted = false;

static void on_signal(int number)
{
    if (interrupted) _exit(EXIT_INTERRUPTED);
    interrupted = true;
    (void)number;
}

void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN); /* these two are reported where the write fails */
    signal(SIGXFSZ, SIG_IGN);
}

int report_error(const el4ml_error *error)
{
    fprintf(stderr, "el4ml: %s\n", el4ml_error_message(error));
    switch (error->status) {
    case EL4ML_BAD_INPUT:
    case EL4ML_INVALID_ARGUMENT:
    case EL4ML_NOT_SUPPORTED:
    case EL4ML_BUSY:
        return EXIT_USAGE;
    case EL4ML_INTERRUPTED:
        return EXIT_INTERRUPTED;
    default:
        return EXIT_FAILED;
    }
}

int main(int count, char **words)
{
    arguments args;
    int status = parse_arguments(count, words, &args);
    if (status < 0) status = run_command(&args);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (status != EXIT_DONE) return status; /* said already what is wrong */
        fprintf(stderr, "el4ml: cannot write to standard output\n");
        return EXIT_FAILED;
    }
    return status;
}
