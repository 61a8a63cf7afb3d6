#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "program.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Options that belong to some commands only. The others are harmless where they are of no use. */
enum { OUTPUT = 1, TARGET = 2, FORCE = 4, COORDINATES = 8, TEMPERATURES = 16, KAPPA = 32 };

typedef struct command {
    const char *name;
    command_function function;
    int words;
    unsigned options;
} command;

static const command commands[] = {
    {"run", command_run, 1, OUTPUT},
    {"explore", command_explore, 1, OUTPUT},
    {"connect", command_connect, 1, OUTPUT},
    {"analyse", command_analyse, 1, TEMPERATURES},
    {"report", command_report, 1, TEMPERATURES},
    {"info", command_info, 1, 0},
    {"list", command_list, 2, COORDINATES},
    {"verify", command_verify, 1, 0},
    {"init", command_init, 1, OUTPUT | TARGET | FORCE},
    {"check", command_check, 1, 0},
    {"import", command_import, 2, OUTPUT | KAPPA},
    {"export", command_export, 2, OUTPUT | FORCE | COORDINATES},
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

/* One thread inside a job: a threaded OpenBLAS has started its own before main, so it is told directly. */
static void one_blas_thread(void)
{
    void (*set_threads)(int);
    void *symbol = dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
    if (!symbol) return;
    memcpy(&set_threads, &symbol, sizeof set_threads); /* ISO C has no cast from object to function pointer */
    set_threads(1);
}

static int unknown_command(const char *name)
{
    fprintf(stderr, "el4ml: there is no command '%s'; the commands are:", name);
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++)
        fprintf(stderr, " %s", commands[k].name);
    fprintf(stderr, "\n");
    return EXIT_USAGE;
}

/* An option given that the command does not take, or NULL. */
static const char *stray_option(const arguments *a, unsigned taken)
{
    const struct {
        bool given;
        unsigned option;
        const char *name;
    } options[] = {{a->output != NULL, OUTPUT, "-o"},
                   {a->target != NULL, TARGET, "--target"},
                   {a->force, FORCE, "--force"},
                   {a->coordinates, COORDINATES, "--coordinates"},
                   {a->temperatures != NULL, TEMPERATURES, "--temperatures"},
                   {a->kappa != NULL, KAPPA, "--kappa"}};
    for (size_t k = 0; k < sizeof options / sizeof *options; k++)
        if (options[k].given && !(options[k].option & taken)) return options[k].name;
    return NULL;
}

static int run_command(const command *c, const arguments *a)
{
    if (a->word_count != c->words) {
        fprintf(stderr, "el4ml: %s takes %d argument%s, not %d; see el4ml %s --help\n", c->name, c->words,
                c->words == 1 ? "" : "s", a->word_count, c->name);
        return EXIT_USAGE;
    }
    const char *stray = stray_option(a, c->options);
    if (stray) {
        fprintf(stderr, "el4ml: %s does not take %s; see el4ml %s --help\n", c->name, stray, c->name);
        return EXIT_USAGE;
    }
    catch_signals();
    return c->function(a);
}

int main(int count, char **words)
{
    one_blas_thread();
    arguments args;
    int status = parse_arguments(count, words, &args);
    if (status < 0) {
        const command *found = NULL;
        for (size_t k = 0; k < sizeof commands / sizeof *commands; k++)
            if (strcmp(args.command, commands[k].name) == 0) found = &commands[k];
        status = found ? run_command(found, &args) : unknown_command(args.command);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (status != EXIT_DONE) return status; /* said already what is wrong */
        fprintf(stderr, "el4ml: cannot write to standard output\n");
        return EXIT_FAILED;
    }
    return status;
}
