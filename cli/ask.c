/* What the commands that answer share: a folder opened, sets of minima, temperatures. */
#include "program.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool set_temperatures(el4ml_study *study, const char *text)
{
    double from, to;
    unsigned long long count;
    char rest;
    if (sscanf(text, "%lf,%lf,%llu%c", &from, &to, &count, &rest) != 3) return false;
    if (!(from > 0) || !(to > from) || !isfinite(to) || count < 2 || count > 100000) return false;
    study->temperature_from = from;
    study->temperature_to = to;
    study->temperature_count = count;
    return true;
}

el4ml_status open_folder(const arguments *args, el4ml_landscape **l, el4ml_study **study, el4ml_error *error)
{
    const char *folder = args->words[0];
    el4ml_status status = el4ml_landscape_read(folder, l, error);
    if (status != EL4ML_OK) return status;
    status = el4ml_folder_study(folder, *l, study, error);
    if (status == EL4ML_OK && args->temperatures && !set_temperatures(*study, args->temperatures)) {
        el4ml_study_free(*study);
        status =
            el4ml_fail(error, EL4ML_BAD_INPUT, "--temperatures: '%s' is not FROM,TO,COUNT with 0 < FROM < TO",
                       args->temperatures);
    }
    if (status != EL4ML_OK) {
        el4ml_landscape_close(*l);
        *l = NULL;
        *study = NULL;
    }
    return status;
}

void close_asked(asked *a)
{
    el4ml_minimum_set_free(a->from);
    el4ml_minimum_set_free(a->to);
    el4ml_merge_tree_free(a->tree);
    el4ml_network_free(a->network);
    el4ml_study_free(a->study);
    el4ml_landscape_close(a->landscape);
    *a = (asked){0};
}

static el4ml_status read_set(const char *option, const char *text, el4ml_landscape *l,
                             const el4ml_network *network, el4ml_minimum_set **set, el4ml_error *error)
{
    el4ml_error inner = {0};
    const el4ml_status status = el4ml_select_minima(l, network, text, set, &inner);
    return status == EL4ML_OK ? EL4ML_OK : el4ml_fail(error, status, "%s: %s", option, inner.message);
}

el4ml_status read_sets(const arguments *args, el4ml_landscape *l, const el4ml_network *network,
                       el4ml_minimum_set **from, el4ml_minimum_set **to, el4ml_error *error)
{
    if ((args->from != NULL) != (args->to != NULL))
        return el4ml_fail(error, EL4ML_BAD_INPUT,
                          "--from and --to come together: the set to start from and the set to reach");
    if (!args->from) return EL4ML_OK;
    const el4ml_status status = read_set("--from", args->from, l, network, from, error);
    return status == EL4ML_OK ? read_set("--to", args->to, l, network, to, error) : status;
}

el4ml_status open_asked(const arguments *args, asked *a, el4ml_error *error)
{
    el4ml_status status = open_folder(args, &a->landscape, &a->study, error);
    if (status == EL4ML_OK) status = el4ml_landscape_network(a->landscape, &a->network, error);
    if (status == EL4ML_OK) status = el4ml_merge_tree_new(a->network, &a->tree, error);
    return status == EL4ML_OK ? read_sets(args, a->landscape, a->network, &a->from, &a->to, error) : status;
}

el4ml_status find_temperature(const arguments *args, const asked *a, double *temperature, el4ml_error *error)
{
    *temperature = args->temperature.value;
    if (args->temperature.given) return EL4ML_OK;
    return el4ml_usual_temperature(a->network, a->tree, a->study, temperature, error);
}

void describe_set(const el4ml_minimum_set *set, char *text, size_t size)
{
    if (set->count == 1)
        snprintf(text, size, "minimum %zu", set->members[0] + 1);
    else
        snprintf(text, size, "%zu minima (%s)", set->count, set->name);
}

void format_log(double log_value, int digits, char *text, size_t size)
{
    if (isnan(log_value))
        snprintf(text, size, "-");
    else if (fabs(log_value) < 690 || isinf(log_value))
        snprintf(text, size, "%.*g", digits, exp(log_value));
    else
        snprintf(text, size, "10^%.*f", digits > 4 ? digits - 4 : 1, log_value / log(10));
}

void print_missing_kappa(el4ml_landscape *l)
{
    if (isnan(el4ml_landscape_kappa(l)))
        printf("kappa is not known: heat capacities and energies are without it and without kappa T; import "
               "again "
               "with --kappa\n");
}
