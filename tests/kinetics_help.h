/* Rate networks for tests: the 32-state network of tests/data/pygt32 with its 40-digit answers, random ones, and
 * dense linear algebra in long double. */
#ifndef EL4ML_TESTS_KINETICS_HELP_H
#define EL4ML_TESTS_KINETICS_HELP_H

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "el4ml/kinetics.h"
#include "el4ml/random.h"

static inline void close_to(double a, double b, double relative)
{
    ck_assert_msg(fabs(a - b) <= relative * fabs(b) || a == b, "%.17g and %.17g differ by more than %g of it", a,
                  b, relative);
}

/* Logarithms, of numbers that agree to `relative`. */
static inline void log_close_to(double a, double b, double relative)
{
    ck_assert_msg(a == b || fabs(a - b) <= relative, "ln: %.17g and %.17g differ by more than %g", a, b, relative);
}

/* ---- The 32-state network ---- */

enum { PYGT_STATES = 32, PYGT_MOST_EDGES = 128 };

typedef struct pygt {
    el4ml_network *network;
    size_t a[PYGT_STATES], b[PYGT_STATES];
    el4ml_state_sets sets;
} pygt;

static inline FILE *pygt_open(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/tests/data/pygt32/%s", EL4ML_SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    return file;
}

static inline size_t pygt_set(const char *name, size_t *states)
{
    FILE *file = pygt_open(name);
    size_t count = 0;
    ck_assert_int_eq(fscanf(file, "%zu", &count), 1);
    for (size_t k = 0; k < count; k++) {
        ck_assert_int_eq(fscanf(file, "%zu", &states[k]), 1);
        states[k]--;
    }
    fclose(file);
    return count;
}

static inline void pygt_load(pygt *p)
{
    el4ml_node nodes[PYGT_STATES];
    el4ml_edge edges[PYGT_MOST_EDGES];
    size_t minima = 0, transition_states = 0;
    double energy, log_product, order;
    FILE *file = pygt_open("min.data");
    while (fscanf(file, "%lf %lf %lf %*f %*f %*f", &energy, &log_product, &order) == 3) {
        nodes[minima] = (el4ml_node){.id = (int64_t)minima + 1, .energy = energy, .log_product = log_product,
                                     .log_multiplicity = -log(order)};
        minima++;
    }
    fclose(file);
    size_t a, b;
    file = pygt_open("ts.data");
    while (fscanf(file, "%lf %lf %lf %zu %zu %*f %*f %*f", &energy, &log_product, &order, &a, &b) == 5) {
        edges[transition_states] =
            (el4ml_edge){.id = (int64_t)transition_states + 1, .energy = energy, .log_product = log_product,
                         .log_multiplicity = -log(order), .a = a - 1, .b = b - 1};
        transition_states++;
    }
    fclose(file);
    ck_assert_uint_eq(minima, PYGT_STATES);
    ck_assert_uint_eq(transition_states, 70);
    ck_assert_int_eq(el4ml_network_new(nodes, minima, edges, transition_states, 1, &p->network, NULL), EL4ML_OK);
    p->sets = (el4ml_state_sets){.a = p->a, .b = p->b};
    p->sets.a_count = pygt_set("min.A", p->a);
    p->sets.b_count = pygt_set("min.B", p->b);
}

static inline void pygt_clear(pygt *p)
{
    el4ml_network_free(p->network);
}

static inline el4ml_rate_network *rates_at(const el4ml_network *network, double temperature)
{
    const el4ml_rate_options options = {.temperature = temperature};
    el4ml_rate_network *rates = NULL;
    el4ml_error error = {0};
    const el4ml_status status = el4ml_rate_network_new(network, &options, &rates, &error);
    ck_assert_msg(status == EL4ML_OK, "%s", error.message);
    return rates;
}

/* ln of the 40-digit answer; state from 0, or -1 for numbers of the whole network. */
static inline double pygt_expected(double temperature, const char *name, int state)
{
    FILE *file = pygt_open("expected.dat");
    char line[256], found[64];
    while (fgets(line, sizeof line, file)) {
        double t, value;
        int i;
        if (sscanf(line, "%lf %63s %d %lf", &t, found, &i, &value) != 4) continue;
        if (t != temperature || i != state + 1 || strcmp(found, name) != 0) continue;
        fclose(file);
        return log(value);
    }
    ck_abort_msg("no %s at T = %g in expected.dat", name, temperature);
    return NAN;
}

#endif
