/* gp-advice: how to use a Gaussian process, from the landscape of its hyperparameters. */
#include "program.h"

#include <math.h>
#include <stdio.h>

static void show(void *context, const char *name, bool guided)
{
    const arguments *a = context;
    if (!a->quiet) fprintf(stderr, "sampling: %s%s\n", name, guided ? ", with the landscape" : "");
}

static void print_number(const char *format, int width, double value)
{
    if (isfinite(value))
        printf(format, value);
    else
        printf(" %*s", width, "-");
}

static void print_landscape(const el4ml_gp_advice *a)
{
    printf("%zu minim%s (%zu on a bound), %zu funnel%s\noccupation at T = 1:", a->minima,
           a->minima == 1 ? "um" : "a", a->on_bounds, a->funnels, a->funnels == 1 ? "" : "s");
    for (size_t k = 0; k < a->minima; k++)
        if (a->occupation[k] >= 1e-4) printf(" %zu (%.4g %%)", k + 1, 100 * a->occupation[k]);
    printf("; as many as %.3g equally probable\n", a->effective_minima);
}

static void print_ways(const el4ml_gp_advice *a)
{
    printf("%-12s %-9s %9s %9s %8s %9s %7s %10s", "predict by", "landscape", "V", "gradients", "CPU s",
           "effective", "r_hat", "lost/nats");
    if (a->test_rows > 0) printf(" %12s %21s %10s", "test density", "gain on the point", "test RMSE");
    printf("\n");
    for (size_t k = 0; k < EL4ML_GP_WAYS; k++) {
        const el4ml_gp_way *w = &a->way[k];
        printf("%-12s %-9s", w->name, w->guided ? "yes" : "no");
        if (w->failed) {
            printf(" failed: no point of finite likelihood, or no sample within the budget\n");
            continue;
        }
        printf(" %9llu %9llu", (unsigned long long)w->evaluations, (unsigned long long)w->gradients);
        print_number(" %8.2f", 8, k < 2 ? (double)NAN : w->seconds);
        print_number(" %9.0f", 9, w->effective);
        print_number(" %7.4f", 7, w->r_hat);
        if (k == a->reference)
            printf(" %10s", "reference");
        else
            print_number(" %10.5f", 10, w->divergence);
        if (a->test_rows > 0) {
            print_number(" %12.5f", 12, w->log_density);
            print_number(" %9.5f", 9, w->gain);
            print_number(" +- %8.5f", 11, w->gain_error);
            print_number(" %10.5g", 10, w->rmse);
        }
        if (w->missed != EL4ML_NONE)
            printf("  misses minimum %zu\n", w->missed + 1);
        else
            printf("%s\n", k < 2 || w->converged ? "" : "  not converged");
    }
}

/* What the samples wanted cost, with the landscape and without. */
static void print_cost(const el4ml_gp_advice *a, const char *name, size_t cold, size_t warm)
{
    const double without = el4ml_gp_cost(a, cold, false), with = el4ml_gp_cost(a, warm, false),
                 whole = el4ml_gp_cost(a, warm, true);
    printf("  %-12s", name);
    print_number(" %10.0f", 10, without);
    print_number(" %10.0f", 10, with);
    print_number(" %10.0f", 10, whole);
    const char *said = "nothing follows";
    if (isfinite(without) && isfinite(with))
        said = whole < without  ? "it pays"
               : with < without ? "it pays only where the landscape is there already"
                                : "it does not pay";
    else if (isfinite(with))
        said = "only with the landscape did sampling converge";
    else if (isfinite(without))
        said = "only without the landscape did sampling converge";
    printf("  %s\n", said);
}

/* Does the landscape save evaluations? */
static void print_savings(const el4ml_gp_advice *a)
{
    size_t cheapest = EL4ML_NONE, importance = EL4ML_NONE;
    printf("evaluations for %g effective samples; the landscape took %llu, and %llu Hessians\n", a->wanted,
           (unsigned long long)a->landscape_evaluations, (unsigned long long)a->landscape_hessians);
    printf("  %-12s %10s %10s %10s\n", "sampler", "without", "with", "with cost");
    for (size_t k = 2; k < EL4ML_GP_WAYS; k++) {
        if (a->way[k].guided) {
            if (a->way[k].name != a->way[k - 1].name) importance = k;
            continue;
        }
        print_cost(a, a->way[k].name, k, k + 1);
        const double cost = el4ml_gp_cost(a, k, false);
        if (isfinite(cost) && (cheapest == EL4ML_NONE || cost < el4ml_gp_cost(a, cheapest, false)))
            cheapest = k;
    }
    if (importance == EL4ML_NONE) return;
    if (cheapest == EL4ML_NONE) cheapest = 3;
    print_cost(a, "importance*", cheapest, importance);
    printf("  * draws about the minima, against the cheapest sampler that knows nothing\n");
}

static void print_advice(const el4ml_gp_advice *a)
{
    print_landscape(a);
    printf("advice: %s\n", el4ml_gp_verdict_text(a->verdict));
    if (isfinite(a->point_divergence))
        printf("  against the posterior, the point estimate loses %.3g nats a row, the mixture over minima "
               "%.3g; "
               "%.3g may be lost\n",
               a->point_divergence, a->mixture_divergence, a->threshold);
    else
        printf("  the surroundings of the minima do not describe the posterior: draws from them never became "
               "worth enough samples\n");
    if (a->reference == EL4ML_NONE)
        printf("not checked: no sampler converged within its evaluations\n");
    else
        printf("check by %s%s: %s (%.3g, %.3g)%s\n", a->way[a->reference].name,
               a->way[a->reference].guided ? " sampling with the landscape" : " sampling",
               el4ml_gp_verdict_text(a->checked), a->checked_point, a->checked_mixture,
               a->checked == a->verdict ? ": agrees" : ": does not agree; believe the check");
    if (a->test_rows == 0)
        printf("no test rows: set test_fraction in [data] to see densities on held-out rows\n");
    print_ways(a);
    print_savings(a);
    char *recommendation = el4ml_gp_advice_text(a);
    if (recommendation) printf("%s\n", recommendation);
    el4ml_text_free(recommendation);
}

static el4ml_status keep(const char *folder, const el4ml_gp_advice *a, el4ml_error *error)
{
    char path[4096];
    char *svg = NULL, *json = el4ml_gp_advice_json(a);
    el4ml_status status = json ? EL4ML_OK : el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "out of memory");
    if (status == EL4ML_OK) status = el4ml_gp_advice_svg(a, &svg, error);
    snprintf(path, sizeof path, "%s/gp_advice.svg", folder);
    if (status == EL4ML_OK) status = el4ml_text_write(path, svg, error);
    snprintf(path, sizeof path, "%s/gp_advice.json", folder);
    if (status == EL4ML_OK) status = el4ml_text_write(path, json, error);
    el4ml_text_free(svg);
    el4ml_text_free(json);
    return status;
}

static el4ml_status advise(const arguments *a, const opened *o, el4ml_landscape *l, el4ml_gp_advice *advice,
                           el4ml_error *error)
{
    el4ml_gp_advice_options options = el4ml_gp_advice_options_default();
    options.seed = o->study->seed;
    options.cancel = &interrupted;
    options.progress = show;
    options.context = (void *)a;
    if (a->samples.given) options.effective = (double)a->samples.value;
    if (a->evaluations.given) options.budget = a->evaluations.value;
    if (a->threshold.given) options.threshold = a->threshold.value;
    return el4ml_gp_advise(l, o->study, o->surface, o->data, &options, advice, error);
}

int command_gp_advice(const arguments *a)
{
    el4ml_error error = {0};
    opened o;
    if (open_study(a->words[0], a, &o, &error) != EL4ML_OK) return report_error(&error);
    const char *folder = a->output ? a->output : o.study->name;
    el4ml_landscape *l = NULL;
    el4ml_gp_advice advice = {0};
    el4ml_status status = EL4ML_OK;
    if (o.study->kind != EL4ML_KIND_GP)
        status = el4ml_fail(&error, EL4ML_BAD_INPUT, "gp-advice: %s is no study of kind \"gp\"", a->words[0]);
    if (a->threshold.given && !(a->threshold.value > 0))
        status = el4ml_fail(&error, EL4ML_BAD_INPUT, "--threshold: '%g' is not above 0", a->threshold.value);
    if (status == EL4ML_OK) status = map_study(a, &o, folder, &l, &error);
    if (status == EL4ML_OK) status = advise(a, &o, l, &advice, &error);
    if (status == EL4ML_OK) status = keep(folder, &advice, &error);
    int code = status == EL4ML_OK ? EXIT_DONE : report_error(&error);
    if (status == EL4ML_OK && a->json)
        code = print_json(el4ml_gp_advice_json(&advice));
    else if (status == EL4ML_OK)
        print_advice(&advice);
    el4ml_gp_advice_clear(&advice);
    el4ml_landscape_close(l);
    close_study(&o);
    return code;
}
