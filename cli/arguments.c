/* What the words of the command line mean: one table of options, each with the field of `arguments` that it
 * fills. */
#include "program.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum kind {
    SWITCH,
    TEXT,
    WHOLE,
    NUMBER,
    DURATION
} kind; /* fields: bool; const char *; given_whole;
            given_number; double, seconds */

typedef struct option {
    const char *name, *also; /* --name, and another spelling or NULL */
    kind kind;
    size_t field;
    unsigned long only;   /* the bit of the commands that take it (program.h); 0: all do */
    double least, most;   /* WHOLE, NUMBER */
    const char *expected; /* what a value should have been */
} option;

#define FIELD(name) offsetof(arguments, name)

static const option options[] = {
    {"--output", "-o", TEXT, FIELD(output), TAKES_OUTPUT, 0, 0, NULL},
    {"--target", NULL, TEXT, FIELD(target), TAKES_TARGET, 0, 0, NULL},
    {"--force", NULL, SWITCH, FIELD(force), TAKES_FORCE, 0, 0, NULL},
    {"--coordinates", NULL, SWITCH, FIELD(coordinates), TAKES_COORDINATES, 0, 0, NULL},
    {"--temperatures", NULL, TEXT, FIELD(temperatures), TAKES_TEMPERATURES, 0, 0, NULL},
    {"--kappa", NULL, WHOLE, FIELD(kappa), TAKES_KAPPA, 0, INT32_MAX, "a whole number from 0"},
    {"--box", NULL, TEXT, FIELD(box), TAKES_BASINS, 0, 0, NULL},
    {"--initialiser", NULL, SWITCH, FIELD(initialiser), TAKES_BASINS, 0, 0, NULL},
    {"--minimum", NULL, TEXT, FIELD(minima), TAKES_BASINS, 0, 0, NULL},
    {"--samples", NULL, WHOLE, FIELD(samples), TAKES_BASINS | TAKES_ADVICE, 1, 9223372036854775807.,
     "a whole number from 1"},
    {"--tolerance", NULL, NUMBER, FIELD(tolerance), TAKES_BASINS, 1e-12, 1, "a number from 1e-12 to 1"},
    {"--compare", NULL, SWITCH, FIELD(compare), TAKES_BASINS, 0, 0, NULL},
    {"--k", NULL, TEXT, FIELD(clusters), TAKES_K, 0, 0, NULL},
    {"--map", NULL, TEXT, FIELD(map), TAKES_BASINS, 0, 0, NULL},
    {"--temperature", NULL, NUMBER, FIELD(temperature), TAKES_TEMPERATURE, 2.3e-308, 1.7e308,
     "a temperature, a positive number"},
    {"--from", NULL, TEXT, FIELD(from), TAKES_SETS, 0, 0, NULL},
    {"--to", NULL, TEXT, FIELD(to), TAKES_SETS, 0, 0, NULL},
    {"--equal-weights", NULL, SWITCH, FIELD(equal_weights), TAKES_RATES, 0, 0, NULL},
    {"--moments", NULL, WHOLE, FIELD(moments), TAKES_RATES, 1, 20, "a number of moments (1 to 20)"},
    {"--check", NULL, SWITCH, FIELD(check), TAKES_RATES, 0, 0, NULL},
    {"--trajectories", NULL, WHOLE, FIELD(trajectories), TAKES_RATES, 2, 1e9,
     "a number of trajectories, at least 2"},
    {"--count", NULL, WHOLE, FIELD(count), TAKES_PATHS, 1, 100000, "a number of paths (1 to 100000)"},
    {"--barriers", NULL, SWITCH, FIELD(barriers), TAKES_PATHS, 0, 0, NULL},
    {"--method", NULL, TEXT, FIELD(method), TAKES_COMMUNITIES, 0, 0, NULL},
    {"--unweighted", NULL, SWITCH, FIELD(unweighted), TAKES_COMMUNITIES, 0, 0, NULL},
    {"--resolution", NULL, NUMBER, FIELD(resolution), TAKES_COMMUNITIES, 1e-100, 1e100, "a positive number"},
    {"--threshold", NULL, NUMBER, FIELD(threshold), TAKES_COMMUNITIES | TAKES_ADVICE, -1e300, 1e300,
     "a number"},
    {"--colour", "--color", TEXT, FIELD(colour), TAKES_COLOUR, 0, 0, NULL},
    {"--evaluations", NULL, WHOLE, FIELD(evaluations), TAKES_ADVICE, 1000, 1e12,
     "a number of evaluations from 1000"},
    {"--threads", NULL, WHOLE, FIELD(threads), 0, 1, 1024, "a number of threads (1 to 1024)"},
    {"--seed", NULL, WHOLE, FIELD(seed), 0, 0, 9223372036854775807., "a whole number from 0"},
    {"--time-limit", NULL, DURATION, FIELD(time_limit), 0, 0, 0, "a time such as 90, 10m, 1h30m"},
    {"--json", NULL, SWITCH, FIELD(json), 0, 0, 0, NULL},
    {"--quiet", "-q", SWITCH, FIELD(quiet), 0, 0, 0, NULL},
    {"--help", "-h", SWITCH, FIELD(help), 0, 0, 0, NULL},
    {"--version", NULL, SWITCH, FIELD(version), 0, 0, 0, NULL},
};

enum { OPTIONS = sizeof options / sizeof *options };

static int wrong(const char *name, const char *value, const char *expected)
{
    fprintf(stderr, "el4ml: %s: '%s' is not %s\n", name, value, expected);
    return EXIT_USAGE;
}

static bool parse_whole(const char *text, double most, uint64_t *value)
{
    char *end;
    errno = 0;
    const unsigned long long number = strtoull(text, &end, 10);
    *value = number;
    return end != text && *end == '\0' && errno == 0 && text[0] != '-' && text[0] != '+' &&
           number <= INT64_MAX && (double)number <= most;
}

static bool parse_number(const char *text, double *value)
{
    char *end;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*value);
}

/* 90, 90s, 10m, 2h, 1d; parts may follow each other: 1h30m. */
static bool parse_duration(const char *text, double *seconds)
{
    static const struct {
        char letter;
        double seconds;
    } units[] = {{'\0', 1}, {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    *seconds = 0;
    while (*text) {
        char *end;
        const double number = strtod(text, &end);
        if (end == text || !(number >= 0) || !isfinite(number)) return false;
        size_t unit = 0;
        while (unit < sizeof units / sizeof *units && units[unit].letter != *end)
            unit++;
        if (unit == sizeof units / sizeof *units) return false;
        *seconds += number * units[unit].seconds;
        text = *end ? end + 1 : end;
    }
    return *seconds > 0;
}

/* 0 when taken, an exit status when the value is wrong. */
static int set_value(arguments *a, const option *o, const char *name, const char *value)
{
    void *field = (char *)a + o->field;
    if (!*value) {
        fprintf(stderr, "el4ml: %s: a value is missing\n", name);
        return EXIT_USAGE;
    }
    bool good = true;
    if (o->kind == TEXT) *(const char **)field = value;
    if (o->kind == DURATION) good = parse_duration(value, field);
    if (o->kind == WHOLE) {
        given_whole *g = field;
        good = parse_whole(value, o->most, &g->value) && (double)g->value >= o->least;
        g->given = true;
    }
    if (o->kind == NUMBER) {
        given_number *g = field;
        good = parse_number(value, &g->value) && g->value >= o->least && g->value <= o->most;
        g->given = true;
    }
    return good ? 0 : wrong(name, value, o->expected);
}

static const option *find(const char *name, size_t length)
{
    for (size_t k = 0; k < OPTIONS; k++) {
        const option *o = &options[k];
        if (strlen(o->name) == length && strncmp(o->name, name, length) == 0) return o;
        if (o->also && strlen(o->also) == length && strncmp(o->also, name, length) == 0) return o;
    }
    return NULL;
}

/* --name=value, --name value, or --name. */
static int take_option(arguments *a, int count, char **words, int *at)
{
    char name[64];
    const char *word = words[*at], *equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
    const option *o = find(word, equals ? (size_t)(equals - word) : strlen(word));
    if (!o || (equals && o->kind == SWITCH)) {
        fprintf(stderr, "el4ml: unknown option '%s'; see el4ml --help\n", word);
        return EXIT_USAGE;
    }
    const char *spelt = word;
    if (equals) {
        snprintf(name, sizeof name, "%.*s", (int)(equals - word), word);
        spelt = name;
    }
    if (!a->only[o - options]) a->only[o - options] = o->also == NULL || equals ? o->name : o->also;
    if (o->kind == SWITCH) {
        *(bool *)((char *)a + o->field) = true;
        return 0;
    }
    if (equals) return set_value(a, o, spelt, equals + 1);
    if (*at + 1 >= count) return set_value(a, o, spelt, "");
    return set_value(a, o, spelt, words[++*at]);
}

const char *stray_option(const arguments *a, unsigned long taken)
{
    for (size_t k = 0; k < OPTIONS; k++)
        if (a->only[k] && options[k].only && !(options[k].only & taken))
            return options[k].also ? options[k].also : options[k].name;
    return NULL;
}

int parse_arguments(int count, char **words, arguments *a)
{
    bool options_end = false;
    *a = (arguments){0};
    for (int k = 1; k < count; k++) {
        const char *word = words[k];
        if (!options_end && strcmp(word, "--") == 0) {
            options_end = true;
        } else if (!options_end && word[0] == '-' && word[1] != '\0') {
            const int status = take_option(a, count, words, &k);
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
    if (a->version) {
        printf("el4ml %s\n", el4ml_version());
        return EXIT_DONE;
    }
    if (a->help && print_help(a->command)) return EXIT_DONE;
    if (!a->command) {
        fprintf(stderr, "el4ml: no command given; see el4ml --help\n");
        return EXIT_USAGE;
    }
    return -1; /* also --help of an unknown command, for main to say so */
}
