#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "program.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct command {
    const char *name;
    command_function function;
    int least_words, most_words;
} command;

static const command commands[] = {
    {"run", command_run, 1, 1},         {"explore", command_explore, 1, 1}, {"connect", command_connect, 1, 1},
    {"analyse", command_analyse, 1, 1}, {"report", command_report, 1, 1},   {"info", command_info, 1, 1},
    {"list", command_list, 2, 2},       {"verify", command_verify, 1, 1},   {"init", command_init, 1, 1},
    {"check", command_check, 1, 1},
};

volatile bool interrupted = false;

static void on_signal(int number)
{
    if (interrupted) _exit(EXIT_INTERRUPTED);
    interrupted = true;
    (void)number;
}

void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
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

static int unknown_command(const char *name)
{
    fprintf(stderr, "el4ml: there is no command '%s'; the commands are:", name);
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++) fprintf(stderr, " %s", commands[k].name);
    fprintf(stderr, "\n");
    return EXIT_USAGE;
}

/* One thread inside a job. The variable OPENBLAS_NUM_THREADS would come too late: OpenBLAS reads it before main. */
static void one_thread_in_blas(void)
{
    void (*set_threads)(int) = NULL;
    void *symbol = dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
    memcpy(&set_threads, &symbol, sizeof symbol); /* C has no cast from an object's address to a function's */
    if (set_threads) set_threads(1);
}

int main(int count, char **words)
{
    one_thread_in_blas();
    arguments args;
    const int done = parse_arguments(count, words, &args);
    if (done >= 0) return done;
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++) {
        const command *c = &commands[k];
        if (strcmp(args.command, c->name) != 0) continue;
        if (args.word_count < c->least_words || args.word_count > c->most_words) {
            fprintf(stderr, "el4ml %s: it takes %d argument%s, not %d; see el4ml %s --help\n", c->name, c->least_words,
                    c->least_words == 1 ? "" : "s", args.word_count, c->name);
            return EXIT_USAGE;
        }
        catch_signals();
        const int status = c->function(&args);
        if (fflush(stdout) != 0 && status == EXIT_DONE) {
            fprintf(stderr, "el4ml: cannot write to standard output\n");
            return EXIT_FAILED;
        }
        return status;
    }
    return unknown_command(args.command);
}
