/* Rate networks for tests: the 32-state network of tests/data/pygt32 with its 40-digit answers, random ones,
 * and dense linear algebra in long double. */
#ifndef EL4ML_TESTS_KINETICS_HELP_H
#define EL4ML_TESTS_KINETICS_HELP_H

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "el4ml/kinetics.h"
#include "el4ml/random.h"
#include "network_help.h"

static inline void close_to(double a, double b, double relative)
{
    ck_assert_msg(fabs(a - b) <= relative * fabs(b) || a == b, "%.17g and %.17g differ by more than %g of it",
                  a, b, relative);
}

/* Logarithms, of numbers that agree to `relative`. */
static inline void log_close_to(double a, double b, double relative)
{
    ck_assert_msg(a == b || fabs(a - b) <= relative, "ln: %.17g and %.17g differ by more than %g", a, b,
                  relative);
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
        nodes[minima] = (el4ml_node){.id = (int64_t)minima + 1,
                                     .energy = energy,
                                     .log_product = log_product,
                                     .log_multiplicity = -log(order)};
        minima++;
    }
    fclose(file);
    size_t a, b;
    file = pygt_open("ts.data");
    while (fscanf(file, "%lf %lf %lf %zu %zu %*f %*f %*f", &energy, &log_product, &order, &a, &b) == 5) {
        edges[transition_states] = (el4ml_edge){.id = (int64_t)transition_states + 1,
                                                .energy = energy,
                                                .log_product = log_product,
                                                .log_multiplicity = -log(order),
                                                .a = a - 1,
                                                .b = b - 1};
        transition_states++;
    }
    fclose(file);
    ck_assert_uint_eq(minima, PYGT_STATES);
    ck_assert_uint_eq(transition_states, 70);
    ck_assert_int_eq(el4ml_network_new(nodes, minima, edges, transition_states, 1, &p->network, NULL),
                     EL4ML_OK);
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

/* ---- Brute force: the definitions in long double ---- */

typedef struct brute_chain {
    size_t n;
    long double w[HELP_MOST], k[HELP_MOST][HELP_MOST], out[HELP_MOST]; /* k[i][j]: from i to j */
} brute_chain;

/* From the formula of harmonic transition state theory; states are those of `rates`. */
static inline void brute_fill(const help_graph *graph, const el4ml_rate_network *rates, double temperature,
                              brute_chain *c)
{
    const long double t = temperature, two_pi = 2 * acosl(-1);
    *c = (brute_chain){.n = rates->state_count};
    for (size_t i = 0; i < c->n; i++) {
        const el4ml_node *node = &graph->node[rates->minimum[i]];
        c->w[i] =
            expl((long double)node->log_multiplicity - (long double)node->log_product / 2 - node->energy / t);
    }
    for (size_t e = 0; e < graph->edges; e++) {
        const el4ml_edge *edge = &graph->edge[e];
        if (edge->a == edge->b || graph->node[edge->a].flagged || graph->node[edge->b].flagged) continue;
        for (size_t way = 0; way < 2; way++) {
            const size_t from = way ? edge->b : edge->a, to = way ? edge->a : edge->b;
            const el4ml_node *node = &graph->node[from];
            const size_t i = el4ml_rate_state(rates, from), j = el4ml_rate_state(rates, to);
            if (i == EL4ML_NONE) continue;
            c->k[i][j] += expl((long double)edge->log_multiplicity - node->log_multiplicity) / two_pi *
                          expl(((long double)node->log_product - edge->log_product) / 2 -
                               ((long double)edge->energy - node->energy) / t);
        }
    }
    for (size_t i = 0; i < c->n; i++)
        for (size_t j = 0; j < c->n; j++)
            c->out[i] += c->k[i][j];
}

/* Gauss with partial pivoting; x: right-hand side in, solution out. Rows with `fixed` are x_i = given. */
static inline void brute_solve(const brute_chain *c, const bool *fixed, long double *x)
{
    static long double m[HELP_MOST][HELP_MOST];
    const size_t n = c->n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            m[i][j] = fixed[i] ? i == j : i == j ? c->out[i] : -c->k[i][j];
    for (size_t k = 0; k < n; k++) {
        size_t pivot = k;
        for (size_t i = k + 1; i < n; i++)
            if (fabsl(m[i][k]) > fabsl(m[pivot][k])) pivot = i;
        for (size_t j = 0; j < n; j++) {
            const long double swap = m[k][j];
            m[k][j] = m[pivot][j];
            m[pivot][j] = swap;
        }
        const long double swap = x[k];
        x[k] = x[pivot];
        x[pivot] = swap;
        for (size_t i = k + 1; i < n; i++) {
            const long double factor = m[i][k] / m[k][k];
            for (size_t j = k; j < n; j++)
                m[i][j] -= factor * m[k][j];
            x[i] -= factor * x[k];
        }
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t j = i + 1; j < n; j++)
            x[i] -= m[i][j] * x[j];
        x[i] /= m[i][i];
    }
}

/* Moment `order` of the time to the states with target[i]; `last` is the one before (1 for the first), in
 * place. */
static inline void brute_moment(const brute_chain *c, const bool *target, size_t order, long double *moment)
{
    for (size_t i = 0; i < c->n; i++)
        moment[i] = target[i] ? 0 : (long double)order * moment[i];
    brute_solve(c, target, moment);
}

static inline void brute_committor(const brute_chain *c, const bool *a, const bool *b, long double *q)
{
    bool fixed[HELP_MOST];
    for (size_t i = 0; i < c->n; i++) {
        fixed[i] = a[i] || b[i];
        q[i] = b[i];
    }
    brute_solve(c, fixed, q);
}

/* ---- Random networks ---- */

/* A connected one, of which elimination with subtractions in long double keeps twelve digits at temperatures
 * of 0.5 and more: with wider spread products it does not (the library does: tools/kinetics-reference). */
static inline void help_kinetic_graph(uint64_t seed, size_t nodes, help_graph *graph)
{
    help_random_graph(seed, nodes, 2 * nodes, false, graph);
    for (size_t i = 0; i < nodes; i++)
        graph->node[i].log_product /= 4;
    for (size_t i = 1; i < nodes; i++) { /* the first edges make a tree */
        graph->edge[i].a = i;
        graph->edge[i].b = (size_t)((seed * 7919 + i * 104729) % i);
        graph->edge[i].energy =
            fmax(graph->node[graph->edge[i].a].energy, graph->node[graph->edge[i].b].energy) + 0.1 +
            0.01 * (double)(i % 17);
    }
}

static inline el4ml_network *help_network(const help_graph *graph)
{
    el4ml_network *network = NULL;
    ck_assert_int_eq(
        el4ml_network_new(graph->node, graph->nodes, graph->edge, graph->edges, 3, &network, NULL), EL4ML_OK);
    return network;
}

/* One of them, with A and B of one or two states at its ends. */
typedef struct random_case {
    help_graph graph;
    el4ml_network *network;
    el4ml_rate_network *rates;
    size_t a[2], b[2];
    bool in_a[HELP_MOST], in_b[HELP_MOST];
    el4ml_state_sets sets;
} random_case;

static inline void case_init(random_case *c, int k, size_t nodes, double temperature)
{
    *c = (random_case){0};
    help_kinetic_graph((uint64_t)k + 1, nodes, &c->graph);
    c->network = help_network(&c->graph);
    c->rates = rates_at(c->network, temperature);
    c->sets = (el4ml_state_sets){.a = c->a,
                                 .b = c->b,
                                 .a_count = 1 + (size_t)k % 2,
                                 .b_count = 1 + (size_t)k / 2 % 2,
                                 .equal_weights = k % 3 == 1};
    for (size_t i = 0; i < 2; i++) {
        c->a[i] = nodes - 1 - i;
        c->b[i] = i;
        c->in_a[c->a[i]] = i < c->sets.a_count;
        c->in_b[c->b[i]] = i < c->sets.b_count;
    }
}

static inline void case_clear(random_case *c)
{
    el4ml_rate_network_free(c->rates);
    el4ml_network_free(c->network);
}

static inline el4ml_kinetics *kinetics_of(const el4ml_rate_network *rates, const el4ml_state_sets *sets)
{
    el4ml_kinetics *kinetics = NULL;
    el4ml_error error = {0};
    const el4ml_status status = el4ml_kinetics_new(rates, sets, &kinetics, &error);
    ck_assert_msg(status == EL4ML_OK, "%s", error.message);
    return kinetics;
}

static inline el4ml_rate_network *given_rates(size_t states, const el4ml_rate *rate, size_t count)
{
    el4ml_rate_network *rates = NULL;
    el4ml_error error = {0};
    const el4ml_status status = el4ml_rate_network_from_rates(states, rate, count, NULL, &rates, &error);
    ck_assert_msg(status == EL4ML_OK, "%s", error.message);
    return rates;
}

/* ---- What is refused ---- */

static inline void refused(el4ml_status status, const el4ml_error *error, const char *text)
{
    ck_assert_int_eq(status, EL4ML_BAD_INPUT);
    ck_assert_msg(strstr(error->message, text) != NULL, "no \"%s\" in \"%s\"", text, error->message);
    ck_assert(strchr(error->message, '\n') == NULL);
}

/* Fail each allocation of `run` in turn; returns how many there are. */
static inline size_t fail_each(el4ml_status (*run)(const random_case *c), const random_case *c)
{
    for (size_t after = 0;; after++) {
        el4ml_fail_allocation_after(after);
        const el4ml_status status = run(c);
        el4ml_fail_allocation_after(SIZE_MAX);
        if (status == EL4ML_OK) return after;
        ck_assert_int_eq(status, EL4ML_OUT_OF_MEMORY);
    }
}

#endif
