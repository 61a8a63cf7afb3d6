#include "program.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const help_texts[][2] = {
    {"", "el4ml maps the solution space of machine-learning models: minima, transition states, "
         "disconnectivity graphs.\n"
         "\n"
         "  el4ml init DATA.csv --target COLUMN      write a commented study file for this data\n"
         "  el4ml run STUDY.toml [-o DIR]            the whole job: explore, connect, analyse, report\n"
         "  el4ml explore|connect STUDY.toml         one stage\n"
         "  el4ml analyse DIR                        thermodynamics and network of what was found\n"
         "  el4ml report DIR                         report.html and the figures\n"
         "  el4ml info DIR                           counts, global minimum, connectivity, completeness\n"
         "  el4ml list DIR minima|transition-states  the tables\n"
         "  el4ml verify DIR                         recompute every stationary point\n"
         "  el4ml check STUDY.toml                   derivatives, symmetry and cost of the surface\n"
         "  el4ml import FORMAT PATH -o DIR          a database of pathsample, topsearch or pele\n"
         "  el4ml export FORMAT DIR -o PATH          for pathsample, or as graphml or json\n"
         "\n"
         "options: -o DIR, --threads N (all cores), --seed N, --time-limit 10m, --quiet, --json, --version, "
         "--help\n"
         "el4ml COMMAND --help tells more of one command.\n"},
    {"run",
     "el4ml run STUDY.toml [-o DIR] [--threads N] [--seed N] [--time-limit T] [--quiet] [--json]\n"
     "Explore, connect, analyse and report. DIR is ./NAME of the study; an interrupted DIR is continued.\n"},
    {"explore", "el4ml explore STUDY.toml [-o DIR] [--threads N] [--seed N] [--time-limit T]\n"
                "Minimisations only: basin-hopping or random starts up to [explore] steps.\n"},
    {"connect", "el4ml connect STUDY.toml [-o DIR] [--threads N] [--seed N] [--time-limit T]\n"
                "Transition-state searches between the minima that DIR holds, up to [connect] budget.\n"},
    {"analyse", "el4ml analyse DIR [--temperatures FROM,TO,COUNT] [--json]\n"
                "Heat capacity, entropy, frustration, barriers; the folder is only read.\n"},
    {"report", "el4ml report DIR [--json]\nWrite report.html, disconnectivity.svg, heat_capacity.svg and "
               "summary.json.\n"},
    {"info", "el4ml info DIR [--json]\nCounts, global minimum, connectivity, completeness, cost.\n"},
    {"list", "el4ml list DIR minima|transition-states [--json] [--coordinates]\n"
             "The stationary points, one on a line; with --coordinates their coordinates too.\n"},
    {"verify",
     "el4ml verify DIR [--threads N] [--json]\n"
     "Recompute energy, gradient, Hessian index and both sides of every transition state from the data.\n"
     "Exit status 1 and the list if any fails.\n"},
    {"init", "el4ml init DATA.csv --target COLUMN [-o FILE.toml] [--force] [--json]\n"
             "Write a commented study file with sensible defaults for this data; -o - prints it.\n"},
    {"check", "el4ml check STUDY.toml [--json]\n"
              "Gradient, Hessian-vector product, Hessian and symmetry of the surface; cost per call.\n"},
    {"import", "el4ml import pathsample|topsearch|pele PATH -o DIR [--kappa K] [--quiet] [--json]\n"
               "Read another program's database into a new DIR, to be analysed without its surface. PATH: "
               "the folder of\n"
               "min.data and its like (or that min.data), of pele the SQLite file. --kappa: positive Hessian "
               "eigenvalues\n"
               "of a minimum; otherwise 3N - 6 where PATHSAMPLE's points tell the number N of atoms.\n"},
    {"export",
     "el4ml export pathsample|graphml|json DIR -o PATH [--force] [--coordinates] [--quiet] [--json]\n"
     "Write the landscape for other programs: min.data, ts.data, points.min, points.ts, min.A and min.B in "
     "the\n"
     "folder PATH, or the file PATH; json with --coordinates holds those too. --force replaces what is "
     "there.\n"},
};

bool print_help(const char *command)
{
    for (size_t k = 0; k < sizeof help_texts / sizeof *help_texts; k++)
        if (strcmp(help_texts[k][0], command) == 0) {
            fputs(help_texts[k][1], stdout);
            return true;
        }
    return false;
}

static int wrong(const char *option, const char *value, const char *expected)
{
    fprintf(stderr, "el4ml: %s: '%s' is not %s\n", option, value, expected);
    return EXIT_USAGE;
}

static int missing(const char *option)
{
    fprintf(stderr, "el4ml: %s: a value is missing\n", option);
    return EXIT_USAGE;
}

static bool parse_integer(const char *text, unsigned long long most, unsigned long long *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && text[0] != '-' && text[0] != '+' && *value <= most;
}

/* 90, 90s, 10m, 2h, 1d; parts may follow each other: 1h30m. */
static bool parse_duration(const char *text, double *seconds)
{
    *seconds = 0;
    if (!*text) return false;
    while (*text) {
        char *end;
        const double number = strtod(text, &end);
        if (end == text || !(number >= 0) || !isfinite(number)) return false;
        double unit = 1;
        switch (*end) {
        case '\0':
        case 's':
            break;
        case 'm':
            unit = 60;
            break;
        case 'h':
            unit = 3600;
            break;
        case 'd':
            unit = 86400;
            break;
        default:
            return false;
        }
        *seconds += number * unit;
        text = *end ? end + 1 : end;
    }
    return *seconds > 0;
}

/* An option with a value: 0 when taken, an exit status when the value is wrong. */
static int set_value(arguments *a, const char *option, const char *value)
{
    unsigned long long number;
    if (!*value) return missing(option);
    if (strcmp(option, "-o") == 0 || strcmp(option, "--output") == 0) {
        a->output = value;
    } else if (strcmp(option, "--target") == 0) {
        a->target = value;
    } else if (strcmp(option, "--temperatures") == 0) {
        a->temperatures = value;
    } else if (strcmp(option, "--kappa") == 0) {
        a->kappa = value;
    } else if (strcmp(option, "--threads") == 0) {
        if (!parse_integer(value, 1024, &number) || number < 1)
            return wrong(option, value, "a number of threads (1 to 1024)");
        a->threads = (unsigned)number;
    } else if (strcmp(option, "--seed") == 0) {
        if (!parse_integer(value, INT64_MAX, &number)) return wrong(option, value, "a whole number from 0");
        a->seed = number;
        a->seed_given = true;
    } else if (strcmp(option, "--time-limit") == 0) {
        if (!parse_duration(value, &a->time_limit))
            return wrong(option, value, "a time such as 90, 10m, 1h30m");
    }
    return 0;
}

static bool takes_value(const char *option)
{
    static const char *const names[] = {"-o",        "--output", "--target",     "--temperatures",
                                        "--threads", "--seed",   "--time-limit", "--kappa"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (strcmp(option, names[k]) == 0) return true;
    return false;
}

static bool set_switch(arguments *a, const char *option, bool *help, bool *version)
{
    if (strcmp(option, "--json") == 0)
        a->json = true;
    else if (strcmp(option, "--quiet") == 0 || strcmp(option, "-q") == 0)
        a->quiet = true;
    else if (strcmp(option, "--coordinates") == 0)
        a->coordinates = true;
    else if (strcmp(option, "--force") == 0)
        a->force = true;
    else if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0)
        *help = true;
    else if (strcmp(option, "--version") == 0)
        *version = true;
    else
        return false;
    return true;
}

/* --name=value or --name value. */
static int take_option(arguments *a, int count, char **words, int *at, bool *help, bool *version)
{
    char name[32];
    const char *word = words[*at], *equals = strchr(word, '=');
    if (equals && strncmp(word, "--", 2) == 0 && (size_t)(equals - word) < sizeof name) {
        snprintf(name, sizeof name, "%.*s", (int)(equals - word), word);
        if (takes_value(name)) return set_value(a, name, equals + 1);
    } else if (takes_value(word)) {
        if (*at + 1 >= count) return missing(word);
        return set_value(a, word, words[++*at]);
    } else if (set_switch(a, word, help, version)) {
        return 0;
    }
    fprintf(stderr, "el4ml: unknown option '%s'; see el4ml --help\n", word);
    return EXIT_USAGE;
}

int parse_arguments(int count, char **words, arguments *a)
{
    bool help = false, version = false, options_end = false;
    *a = (arguments){0};
    for (int k = 1; k < count; k++) {
        const char *word = words[k];
        if (!options_end && strcmp(word, "--") == 0) {
            options_end = true;
        } else if (!options_end && word[0] == '-' && word[1] != '\0') {
            const int status = take_option(a, count, words, &k, &help, &version);
            if (status != 0) return status;
        } else if (!*word) {
            fprintf(stderr, "el4ml: an argument is empty\n");
            return EXIT_USAGE;
        } else if (!a->command) {
            a->command = word;
        } else if (a->word_count == MAX_WORDS) {
            fprintf(stderr, "el4ml: too many arguments\n");
            return EXIT_USAGE;
        } else {
            a->words[a->word_count++] = word;
        }
    }
    if (version) {
        printf("el4ml %s\n", el4ml_version());
        return EXIT_DONE;
    }
    if (help && print_help(a->command ? a->command : "")) return EXIT_DONE;
    if (!a->command) {
        fprintf(stderr, "el4ml: no command given; see el4ml --help\n");
        return EXIT_USAGE;
    }
    return -1; /* also --help of an unknown command, for main to say so */
}
