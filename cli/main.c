/* Start and end of the program: signals, errors, exit status. */
#include "program.h"

#include <signal.h>
#include <stdatomic.h>
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

/* In a plug-in's code: one line, and the end. What was committed is safe. Anywhere else the signal does what
 * it always does. Only functions that a handler may call. */
static void on_crash(int number)
{
    static atomic_flag told = ATOMIC_FLAG_INIT;
    const char *file = el4ml_plugin_running();
    while (file && atomic_flag_test_and_set(&told)) /* another thread is on its way to the end */
        pause();
    if (!file) {
        signal(number, SIG_DFL);
        raise(number);
        return;
    }
    const char *what = number == SIGFPE    ? "an arithmetic error such as a division by zero"
                       : number == SIGABRT ? "abort"
                       : number == SIGILL  ? "an illegal instruction"
                                           : "a wrong memory address";
    const char *const parts[] = {"el4ml: ", file, ": the plug-in crashed in its own code: ", what,
                                 "; what was committed is safe\n"};
    char line[4600];
    size_t used = 0;
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        for (const char *c = parts[k]; *c && used < sizeof line; c++)
            line[used++] = *c;
    const ssize_t written = write(STDERR_FILENO, line, used);
    (void)written;
    _exit(EXIT_FAILED);
}

void catch_crashes(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    struct sigaction action = {.sa_handler = on_crash};
    for (size_t k = 0; k < sizeof signals / sizeof *signals; k++)
        sigaction(signals[k], &action, NULL);
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
