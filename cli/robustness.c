/* robustness: how sharp each minimum is, what noise does to it, and whether that tells how it generalises. */
#include "program.h"

#include <math.h>
#include <stdio.h>

enum { MOST_LINES = 30 }; /* printed; --json has all */

static el4ml_robustness_options read_options(const arguments *a)
{
    el4ml_robustness_options o = el4ml_robustness_options_default();
    if (a->most.given) o.most = (size_t)a->most.value;
    if (a->noise.given) o.noise = a->noise.value;
    if (a->relative_noise.given) o.relative_noise = a->relative_noise.value;
    if (a->input_noise.given) o.input_noise = a->input_noise.value;
    if (a->samples.given) o.samples = (size_t)a->samples.value;
    if (a->seed.given) o.seed = a->seed.value;
    o.cancel = &interrupted;
    return o;
}

/* ---- Text ---- */

static void print_number(double value)
{
    if (isnan(value))
        printf(" %11s", "-");
    else
        printf(" %11.4g", value);
}

static void print_minima(const el4ml_robustness *r)
{
    printf("%6s %11s %11s %11s %11s %11s %11s %11s %11s", "id", "energy", "log_product", "largest", "trace",
           "noise", "quadratic", "rel. noise", "inputs");
    if (r->test_rows > 0) printf(" %11s %11s %11s", "test loss", "gap", "test error");
    printf("\n");
    for (size_t k = 0; k < r->count && k < MOST_LINES; k++) {
        const el4ml_robust_minimum *m = &r->minima[k];
        const double all[] = {m->energy,
                              m->log_product,
                              m->largest,
                              m->trace,
                              m->noise.sampled,
                              m->noise.quadratic,
                              m->relative_noise.sampled,
                              m->input_noise.sampled,
                              m->test_loss,
                              m->test_gap,
                              m->test_error};
        printf("%6zu", m->minimum + 1);
        for (size_t j = 0; j < (r->test_rows > 0 ? 11 : 8); j++)
            print_number(all[j]);
        printf("\n");
    }
    if (r->count > MOST_LINES) printf("... and %zu more (--json lists all)\n", r->count - MOST_LINES);
    if (r->left_out > 0) printf("%zu minima are left out (--most takes more)\n", r->left_out);
    printf(
        "noise: rise of the loss under noise of %g on the parameters, sampled %zu times, and to second order "
        "exactly;\nrel. noise: %g of each parameter's size; inputs: rise of the training loss with %g on the "
        "inputs\n",
        r->noise, r->samples, r->relative_noise, r->input_noise);
}

static void print_coefficient(const el4ml_coefficient *c)
{
    if (isnan(c->value))
        printf(" %24s", "-");
    else
        printf("   %+.3f [%+.2f, %+.2f]", c->value, c->low, c->high);
}

static void print_correlations(const el4ml_robustness *r)
{
    if (r->test_rows == 0) return;
    printf("rank correlation over %zu minima with\n%-19s %23s %24s %24s   loss, energy fixed (p)\n", r->count,
           "", "test loss", "test less train", "test error");
    for (unsigned f = 0; f < EL4ML_FLATNESSES; f++) {
        const el4ml_flatness_test *t = &r->test[f];
        printf("%-18s", el4ml_flatness_name((el4ml_flatness)f));
        print_coefficient(&t->loss);
        print_coefficient(&t->gap);
        print_coefficient(&t->error);
        if (!isnan(t->partial)) printf("   %+.3f (%.2g)", t->partial, t->partial_p);
        printf("\n");
    }
}

static void print_text(const el4ml_robustness *r)
{
    char *advice = el4ml_robustness_advice(r), *verdict = el4ml_robustness_verdict(r);
    print_minima(r);
    print_correlations(r);
    if (advice) printf("%s\n", advice);
    if (verdict) printf("%s\n", verdict);
    printf("%s\n", el4ml_robustness_caveat());
    el4ml_text_free(advice);
    el4ml_text_free(verdict);
}

static el4ml_status write_figure(const char *path, const el4ml_robustness *r, el4ml_error *error)
{
    char *svg = NULL;
    el4ml_status status = el4ml_robustness_svg(r, &svg, error);
    if (status == EL4ML_OK) status = el4ml_text_write(path, svg, error);
    el4ml_text_free(svg);
    return status;
}

/* One landscape with what was measured on it. */
typedef struct session {
    el4ml_landscape *landscape;
    opened model;
    el4ml_robustness *robustness;
} session;

static void close_session(session *s)
{
    el4ml_robustness_free(s->robustness);
    close_study(&s->model);
    el4ml_landscape_close(s->landscape);
}

static el4ml_status answer(const arguments *a, const char *folder, session *s, el4ml_error *error)
{
    el4ml_network *network = NULL;
    const el4ml_robustness_options o = read_options(a);
    el4ml_status status = el4ml_landscape_read(folder, &s->landscape, error);
    if (status == EL4ML_OK) status = open_folder_study(folder, s->landscape, &s->model, error);
    if (status == EL4ML_OK) status = el4ml_landscape_network(s->landscape, &network, error);
    if (status == EL4ML_OK)
        status = el4ml_robustness_new(s->landscape, network, s->model.surface, s->model.data, &o,
                                      &s->robustness, error);
    el4ml_network_free(network);
    return status;
}

static int answer_one(const arguments *a)
{
    el4ml_error error = {0};
    session s = {0};
    el4ml_status status = answer(a, a->words[0], &s, &error);
    if (status == EL4ML_OK && a->figure) status = write_figure(a->figure, s.robustness, &error);
    int code = status == EL4ML_OK ? EXIT_DONE : report_error(&error);
    if (status == EL4ML_OK && a->json)
        code = print_json(el4ml_robustness_json(s.robustness, a->spectra));
    else if (status == EL4ML_OK)
        print_text(s.robustness);
    close_session(&s);
    return code;
}

/* ---- Several splits ---- */

static void print_mean(const el4ml_split_mean *m)
{
    if (isnan(m->low))
        printf(" %24s", "-");
    else
        printf("   %+.3f [%+.2f, %+.2f]", m->mean, m->low, m->high);
}

static void print_splits(const el4ml_flatness_splits *over, size_t splits)
{
    printf("rank correlations over the minima, means of %zu splits; 95 %% intervals that allow for shared "
           "training rows "
           "(Nadeau and Bengio)\n%-19s %23s %24s %24s %24s\n",
           splits, "", "test loss", "test less train", "test error", "loss, energy fixed");
    for (unsigned f = 0; f < EL4ML_FLATNESSES; f++) {
        printf("%-18s", el4ml_flatness_name((el4ml_flatness)f));
        print_mean(&over[f].loss);
        print_mean(&over[f].gap);
        print_mean(&over[f].error);
        print_mean(&over[f].partial);
        printf("\n");
    }
    printf("%s\n", el4ml_robustness_caveat());
}

static el4ml_status write_splits_figure(const char *path, const el4ml_flatness_splits *over, size_t splits,
                                        el4ml_error *error)
{
    char *svg = NULL;
    el4ml_status status = el4ml_robustness_splits_svg(over, splits, &svg, error);
    if (status == EL4ML_OK) status = el4ml_text_write(path, svg, error);
    el4ml_text_free(svg);
    return status;
}

static int answer_several(const arguments *a)
{
    el4ml_error error = {0};
    const size_t count = (size_t)a->word_count;
    session sessions[MAX_WORDS] = {0};
    const el4ml_robustness *runs[MAX_WORDS];
    el4ml_flatness_splits over[EL4ML_FLATNESSES];
    el4ml_status status = EL4ML_OK;
    for (size_t k = 0; status == EL4ML_OK && k < count; k++) {
        status = answer(a, a->words[k], &sessions[k], &error);
        runs[k] = sessions[k].robustness;
        if (status == EL4ML_OK && runs[k]->test_rows == 0)
            status = el4ml_fail(&error, EL4ML_BAD_INPUT,
                                "%s: several landscapes are compared on test rows, and this one has none",
                                a->words[k]);
    }
    if (status == EL4ML_OK) {
        const el4ml_data *d = sessions[0].model.data;
        status = el4ml_robustness_over_splits(
            runs, count, (double)d->test.rows / (double)(d->train.rows + d->validation.rows), over, &error);
    }
    if (status == EL4ML_OK && a->figure) status = write_splits_figure(a->figure, over, count, &error);
    int code = status == EL4ML_OK ? EXIT_DONE : report_error(&error);
    if (status == EL4ML_OK && a->json)
        code = print_json(el4ml_robustness_splits_json(over, count));
    else if (status == EL4ML_OK)
        print_splits(over, count);
    for (size_t k = 0; k < count; k++)
        close_session(&sessions[k]);
    return code;
}

int command_robustness(const arguments *a)
{
    return a->word_count > 1 ? answer_several(a) : answer_one(a);
}
