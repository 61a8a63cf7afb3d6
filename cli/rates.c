/* rates: how fast from one set of minima to another. */
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static el4ml_status check_options(const arguments *a, el4ml_error *error)
{
    if (!a->from)
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "%s: say with --from and --to between which minima; see el4ml %s --help",
                          a->command, a->command);
    if (a->temperature.given && a->temperatures)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "%s: either --temperature or --temperatures", a->command);
    return EL4ML_OK;
}

/* ---- One temperature ---- */

static void print_line(const char *what, double ab, double ba)
{
    char text[2][64];
    format_log(ab, 10, text[0], sizeof text[0]);
    format_log(ba, 10, text[1], sizeof text[1]);
    printf("  %-42s %18s %18s\n", what, text[0], text[1]);
}

static double slowest(const el4ml_direction *d)
{
    return d->slowest_found ? d->slowest.log_rate : (double)NAN;
}

/* ln of the standard deviation of the time over its mean. */
static double spread(const el4ml_direction *d)
{
    const double ratio = exp(d->passage.log_second_moment - 2 * d->passage.log_mfpt);
    return ratio > 1 ? log(ratio - 1) / 2 : -INFINITY;
}

static void print_sampled(const char *direction, size_t trajectories, const el4ml_direction *d)
{
    char text[64];
    if (!d->sampled_found) return;
    format_log(d->sampled.log_mean, 6, text, sizeof text);
    printf("  check %s: %zu sampled trajectories, mean time %s +- %.2g %%, %.2f standard errors from the "
           "exact one\n",
           direction, trajectories, text, 100 * d->sampled.mean_error, d->deviation);
}

static void print_row(const el4ml_rates *r, const el4ml_rates_row *row)
{
    const el4ml_transition *ab = &row->ab.passage, *ba = &row->ba.passage;
    printf("T = %g, network of %zu minima (%zu left out)\n", row->temperature, r->states, r->left_out);
    printf("  %-42s %18s %18s\n", "", "A to B", "B to A");
    print_line("mean first-passage time", ab->log_mfpt, ba->log_mfpt);
    print_line("  standard deviation over mean", spread(&row->ab), spread(&row->ba));
    print_line("rate, mean of 1/time", ab->log_rate, ba->log_rate);
    print_line("rate, 1/mean time", ab->log_rate_mfpt, ba->log_rate_mfpt);
    print_line("rate, steady state", ab->log_rate_ss, ba->log_rate_ss);
    print_line("rate, non-steady state", ab->log_rate_nss, ba->log_rate_nss);
    print_line("rate, slowest decay", slowest(&row->ab), slowest(&row->ba));
    print_line("equilibrium probability of A, of B", row->log_p_a, row->log_p_b);
    char text[64];
    format_log(row->log_kemeny, 10, text, sizeof text);
    printf("  %-42s %18s\n", "Kemeny's constant", text);
    print_sampled("A to B", r->trajectories, &row->ab);
    print_sampled("B to A", r->trajectories, &row->ba);
}

/* ---- Several ---- */

static void print_table(const el4ml_rates *r)
{
    printf("%12s %16s %16s %16s %16s\n", "T", "time A to B", "time B to A", "rate A to B", "rate B to A");
    for (size_t k = 0; k < r->count; k++) {
        const el4ml_rates_row *row = &r->rows[k];
        const double values[4] = {row->ab.passage.log_mfpt, row->ba.passage.log_mfpt,
                                  row->ab.passage.log_rate, row->ba.passage.log_rate};
        printf("%12.6g", row->temperature);
        for (int c = 0; c < 4; c++) {
            char text[64];
            format_log(values[c], 8, text, sizeof text);
            printf(" %16s", text);
        }
        printf("\n");
    }
}

static void print_rates(const asked *q, const el4ml_rates *r)
{
    char from[128], to[128];
    describe_set(q->from, from, sizeof from);
    describe_set(q->to, to, sizeof to);
    printf("from A, %s, to B, %s\n", from, to);
    if (r->count == 1)
        print_row(r, &r->rows[0]);
    else
        print_table(r);
}

/* ---- The command ---- */

static el4ml_status compute(const arguments *a, const asked *q, el4ml_rates **rates, el4ml_error *error)
{
    el4ml_rates_options options = el4ml_rates_options_default();
    const bool table = a->temperatures != NULL;
    options.temperature_count = table ? (size_t)q->study->temperature_count : 1;
    options.equal_weights = a->equal_weights;
    if (a->moments.given) options.moments = (size_t)a->moments.value;
    if (a->check) options.trajectories = 1000;
    if (a->trajectories.given) options.trajectories = (size_t)a->trajectories.value;
    if (a->seed.given) options.seed = a->seed.value;
    options.cancel = &interrupted;
    double *temperatures = malloc(options.temperature_count * sizeof *temperatures);
    if (!temperatures) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "out of memory");
    el4ml_status status = EL4ML_OK;
    if (table)
        el4ml_log_temperatures(q->study->temperature_from, q->study->temperature_to,
                               options.temperature_count, temperatures);
    else
        status = find_temperature(a, q, temperatures, error);
    options.temperatures = temperatures;
    if (status == EL4ML_OK) status = el4ml_rates_between(q->network, q->from, q->to, &options, rates, error);
    free(temperatures);
    return status;
}

int command_rates(const arguments *a)
{
    el4ml_error error = {0};
    asked q = {0};
    el4ml_rates *rates = NULL;
    el4ml_status status = check_options(a, &error);
    if (status == EL4ML_OK) status = open_asked(a, &q, &error);
    if (status == EL4ML_OK) status = compute(a, &q, &rates, &error);
    int code = status == EL4ML_OK ? EXIT_DONE : report_error(&error);
    const el4ml_question question = {q.landscape, q.network, q.from, q.to};
    if (status == EL4ML_OK && a->json)
        code = print_json(el4ml_rates_json(&question, rates));
    else if (status == EL4ML_OK)
        print_rates(&q, rates);
    el4ml_rates_free(rates);
    close_asked(&q);
    return code;
}
