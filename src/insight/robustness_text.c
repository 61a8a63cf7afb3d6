/* Robustness in words, as JSON, and as a figure. */
#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/text.h"
#include "el4ml/robustness.h"
#include "insight/json.h"
#include "report/chart.h"
#include "report/markup.h"

/* ---- Words ---- */

static void put(el4ml_builder *text, double value, int digits)
{
    char number[EL4ML_NUMBER_SIZE];
    el4ml_number_general(value, digits, number);
    el4ml_builder_text(text, number);
}

static void put_rise(el4ml_builder *text, const el4ml_rise *rise)
{
    put(text, rise->sampled, 3);
    el4ml_builder_text(text, " +- ");
    put(text, rise->error, 2);
}

char *el4ml_robustness_advice(const el4ml_robustness *r)
{
    el4ml_builder text = {0};
    if (r->most_robust == EL4ML_NONE) {
        el4ml_builder_text(&text, "No minimum could be measured.");
        return el4ml_builder_take(&text);
    }
    const el4ml_robust_minimum *best = &r->minima[r->most_robust], *lowest = &r->minima[0];
    el4ml_builder_format(&text, "The most robust of the %zu minima near the lowest is minimum %zu: with ",
                         r->within, best->minimum + 1);
    put(&text, 100 * r->relative_noise, 3);
    el4ml_builder_text(&text, " % noise on every parameter the loss rises by ");
    put_rise(&text, &best->relative_noise);
    if (r->most_robust == 0) {
        el4ml_builder_text(&text, "; it is the lowest too.");
        return el4ml_builder_take(&text);
    }
    el4ml_builder_format(&text, ", that of the lowest, %zu, by ", lowest->minimum + 1);
    put_rise(&text, &lowest->relative_noise);
    el4ml_builder_text(&text, "; its own loss is higher by ");
    put(&text, best->energy - lowest->energy, 3);
    const double less = lowest->relative_noise.sampled - best->relative_noise.sampled;
    const double error = hypot(lowest->relative_noise.error, best->relative_noise.error);
    el4ml_builder_text(&text, less > 2 * error ? "." : ". The difference is within two standard errors.");
    return el4ml_builder_take(&text);
}

/* The measure that goes best with test loss, of those of flatness. */
static el4ml_flatness strongest(const el4ml_robustness *r)
{
    el4ml_flatness best = EL4ML_FLAT_LOG_PRODUCT;
    for (unsigned f = 0; f < EL4ML_FLAT_NORM; f++)
        if (fabs(r->test[f].loss.value) > fabs(r->test[best].loss.value) || isnan(r->test[best].loss.value))
            best = (el4ml_flatness)f;
    return best;
}

static void put_coefficient(el4ml_builder *text, const el4ml_coefficient *c)
{
    put(text, c->value, 3);
    el4ml_builder_text(text, " [");
    put(text, c->low, 2);
    el4ml_builder_text(text, ", ");
    put(text, c->high, 2);
    el4ml_builder_text(text, "]");
}

char *el4ml_robustness_verdict(const el4ml_robustness *r)
{
    el4ml_builder text = {0};
    if (r->test_rows == 0) return NULL;
    const el4ml_flatness best = strongest(r);
    const el4ml_flatness_test *t = &r->test[best], *v = &r->test[EL4ML_FLAT_ENERGY];
    if (isnan(t->loss.value)) {
        el4ml_builder_format(&text, "Over %zu minima nothing can be said of flatness and test loss.",
                             r->count);
        return el4ml_builder_take(&text);
    }
    const int measures = EL4ML_FLAT_NORM;
    const bool real = t->loss.p_permutation * measures < 0.05, beyond = t->partial_p * measures < 0.05;
    el4ml_builder_format(&text,
                         "Over %zu minima and %zu test rows, of %d measures of sharpness %s goes best with "
                         "test loss: rank correlation ",
                         r->count, r->test_rows, measures, el4ml_flatness_name(best));
    put_coefficient(&text, &t->loss);
    el4ml_builder_text(&text, "; the training objective itself: ");
    put_coefficient(&text, &v->loss);
    el4ml_builder_text(&text, ". With the training objective held fixed ");
    put(&text, t->partial, 3);
    el4ml_builder_text(&text, " (p = ");
    put(&text, t->partial_p, 2);
    el4ml_builder_text(&text, "): ");
    if (!real && !beyond)
        el4ml_builder_text(&text, "flatness says nothing certain about generalisation here.");
    else if (!beyond)
        el4ml_builder_text(&text, "flatness says no more than the training objective.");
    else
        el4ml_builder_text(&text,
                           t->partial > 0
                               ? "flatter minima do generalise better here, beyond what the objective tells."
                               : "here it is the sharper minima that generalise better.");
    return el4ml_builder_take(&text);
}

const char *el4ml_robustness_caveat(void)
{
    return "Eigenvalues, trace, log_product and noise of fixed size depend on the scale of the parameters: "
           "with "
           "activations such as relu the same function can be written with other scales and then looks as "
           "sharp as "
           "one likes (Dinh, Pascanu, Bengio and Bengio, ICML 2017). Relative noise does not change under "
           "such "
           "scaling, and the L2 term of a study fixes the scale. Compare minima of one study, not models of "
           "other "
           "sizes, losses or L2. P values take minima as independent, which those of one landscape are not "
           "quite.";
}

/* ---- JSON ---- */

static json_t *rise_object(const el4ml_rise *rise)
{
    json_t *o = json_object();
    el4ml_json_put_number(o, "quadratic", rise->quadratic);
    el4ml_json_put_number(o, "sampled", rise->sampled);
    el4ml_json_put_number(o, "error", rise->error);
    return o;
}

static json_t *minimum_object(const el4ml_robust_minimum *m, size_t dimension, bool spectra)
{
    json_t *o = json_object();
    el4ml_json_put_id(o, "id", m->minimum);
    el4ml_json_put_number(o, "energy", m->energy);
    el4ml_json_put_number(o, "log_product", m->log_product);
    el4ml_json_put_number(o, "largest_eigenvalue", m->largest);
    el4ml_json_put_number(o, "smallest_eigenvalue", m->smallest);
    el4ml_json_put_number(o, "trace", m->trace);
    el4ml_json_put_number(o, "frobenius", m->frobenius);
    el4ml_json_put_number(o, "norm", m->norm);
    el4ml_json_put(o, "noise", rise_object(&m->noise));
    el4ml_json_put(o, "relative_noise", rise_object(&m->relative_noise));
    el4ml_json_put(o, "input_noise", rise_object(&m->input_noise));
    el4ml_json_put_number(o, "train_loss", m->train_loss);
    el4ml_json_put_number(o, "test_loss", m->test_loss);
    el4ml_json_put_number(o, "test_gap", m->test_gap);
    el4ml_json_put_number(o, "test_error", m->test_error);
    if (spectra)
        el4ml_json_put(o, "spectrum", m->spectrum ? el4ml_json_numbers(m->spectrum, dimension) : json_null());
    return o;
}

static json_t *coefficient_object(const el4ml_coefficient *c)
{
    json_t *o = json_object();
    el4ml_json_put_number(o, "rank_correlation", c->value);
    el4ml_json_put_number(o, "low", c->low);
    el4ml_json_put_number(o, "high", c->high);
    el4ml_json_put_number(o, "p_permutation", c->p_permutation);
    return o;
}

static json_t *correlation_list(const el4ml_robustness *r)
{
    json_t *list = json_array();
    for (unsigned f = 0; r->test_rows > 0 && f < EL4ML_FLATNESSES; f++) {
        json_t *o = json_object();
        el4ml_json_put_text(o, "measure", el4ml_flatness_name((el4ml_flatness)f));
        el4ml_json_put(o, "test_loss", coefficient_object(&r->test[f].loss));
        el4ml_json_put(o, "test_gap", coefficient_object(&r->test[f].gap));
        el4ml_json_put(o, "test_error", coefficient_object(&r->test[f].error));
        el4ml_json_put_number(o, "partial", r->test[f].partial);
        el4ml_json_put_number(o, "partial_p", r->test[f].partial_p);
        json_array_append_new(list, o);
    }
    return list;
}

char *el4ml_robustness_json(const el4ml_robustness *r, bool spectra)
{
    json_t *o = json_object(), *minima = json_array();
    char *advice = el4ml_robustness_advice(r), *verdict = el4ml_robustness_verdict(r);
    for (size_t k = 0; k < r->count; k++)
        json_array_append_new(minima, minimum_object(&r->minima[k], r->dimension, spectra));
    el4ml_json_put_number(o, "noise", r->noise);
    el4ml_json_put_number(o, "relative_noise", r->relative_noise);
    el4ml_json_put_number(o, "input_noise", r->input_noise);
    el4ml_json_put_count(o, "samples", r->samples);
    el4ml_json_put_count(o, "left_out", r->left_out);
    el4ml_json_put_count(o, "test_rows", r->test_rows);
    el4ml_json_put_id(o, "most_robust",
                      r->most_robust == EL4ML_NONE ? EL4ML_NONE : r->minima[r->most_robust].minimum);
    el4ml_json_put_count(o, "within_margin", r->within);
    el4ml_json_put_text(o, "recommendation", advice);
    el4ml_json_put_text(o, "test_verdict", verdict);
    el4ml_json_put_text(o, "caveat", el4ml_robustness_caveat());
    el4ml_json_put(o, "test_correlations", correlation_list(r));
    el4ml_json_put(o, "minima", minima);
    el4ml_release(advice);
    el4ml_release(verdict);
    return el4ml_json_finish(o);
}

/* ---- Figure ---- */

el4ml_status el4ml_robustness_svg(const el4ml_robustness *r, char **svg, el4ml_error *error)
{
    const bool tested = r->test_rows > 0;
    double *x = EL4ML_NEW(double, r->count), *y = EL4ML_NEW(double, r->count);
    if (!x || !y) {
        el4ml_release(x);
        el4ml_release(y);
        return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "robustness: out of memory");
    }
    for (size_t k = 0; k < r->count; k++) {
        x[k] = r->minima[k].log_product;
        y[k] = tested ? r->minima[k].test_gap : r->minima[k].relative_noise.sampled;
    }
    char title[160], correlation[EL4ML_NUMBER_SIZE];
    el4ml_number_general(r->test[EL4ML_FLAT_LOG_PRODUCT].gap.value, 2, correlation);
    snprintf(title, sizeof title,
             tested ? "%zu minima: sharpness and train-test gap, rank correlation %s"
                    : "%zu minima: sharpness and loss under noise",
             r->count, correlation);
    const el4ml_series series[2] = {{.label = "minima",
                                     .count = r->count,
                                     .x = x,
                                     .y = y,
                                     .colour = el4ml_palette_class(0),
                                     .marker = 2.6},
                                    {.label = "the lowest",
                                     .count = r->count > 0,
                                     .x = x,
                                     .y = y,
                                     .colour = el4ml_palette_class(1),
                                     .marker = 4.5}};
    const el4ml_chart chart = {.width = 640,
                               .height = 400,
                               .title = title,
                               .x_label = "ln of the product of Hessian eigenvalues (right: sharper)",
                               .y_label = tested ? "test loss less training loss"
                                                 : "rise of the loss under relative noise",
                               .series = series,
                               .series_count = 2,
                               .empty = "There is no minimum to draw."};
    const el4ml_status status = el4ml_chart_svg(&chart, svg, error);
    el4ml_release(x);
    el4ml_release(y);
    return status;
}
