/* The expression of a covariance:
 *
 *     sum = product { "+" product },   product = kernel { "*" kernel },   kernel = name [ "(" input { ","
 * input } ")" ]
 *
 * An input is a bare word of letters, digits, "_", "-" and ".", or anything in single quotes. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "surface/gp.h"

static const char *const form_names[] = /* in the order of el4ml_gp_form */
    {"se", "matern12", "matern32", "matern52", "matern", "rq"};
enum { FORMS = sizeof form_names / sizeof *form_names };

const char *el4ml_gp_form_name(el4ml_gp_form form)
{
    return form_names[form];
}

typedef struct parser {
    const char *text, *at;
    bool ard, resolve; /* resolve: inputs are looked up */
    size_t inputs;
    const char *const *names;
    el4ml_gp_expression *e;
    el4ml_error *error;
} parser;

static el4ml_status fail(const parser *p, const char *what, const char *hint)
{
    return el4ml_fail(p->error, EL4ML_BAD_INPUT, "\"%s\", column %zu: %s%s", el4ml_excerpt_of(p->text).text,
                      (size_t)(p->at - p->text) + 1, what, hint);
}

static el4ml_status no_memory(const parser *p)
{
    return el4ml_fail(p->error, EL4ML_OUT_OF_MEMORY, "kernel: out of memory");
}

static void skip_space(parser *p)
{
    while (*p->at == ' ' || *p->at == '\t')
        p->at++;
}

static bool accept(parser *p, char c)
{
    skip_space(p);
    if (*p->at != c) return false;
    p->at++;
    return true;
}

/* A word, or what is in quotes, into `word`; p->at stays at its start on failure. */
static bool take_word(parser *p, bool quotes, char *word, size_t size)
{
    skip_space(p);
    const char *from = p->at, *to = from;
    if (quotes && *from == '\'') {
        to = strchr(++from, '\'');
        if (!to || (size_t)(to - from) >= size || to == from) return false;
        p->at = to + 1;
    } else {
        while (isalnum((unsigned char)*to) || *to == '_' || (quotes && (*to == '-' || *to == '.')))
            to++;
        if (to == from || (size_t)(to - from) >= size) return false;
        p->at = to;
    }
    memcpy(word, from, (size_t)(to - from));
    word[to - from] = '\0';
    return true;
}

/* ---- inputs ---- */

static el4ml_status find_input(parser *p, const char *start, const char *word, size_t *index)
{
    char name[32];
    for (*index = 0; *index < p->inputs; ++*index) {
        snprintf(name, sizeof name, "x%zu", *index);
        if (strcmp(word, p->names ? p->names[*index] : name) == 0) return EL4ML_OK;
    }
    const char *nearest = p->names ? el4ml_nearest_name(word, p->names, p->inputs) : NULL;
    p->at = start;
    char hint[200] = "";
    if (nearest) snprintf(hint, sizeof hint, "; did you mean '%s'?", el4ml_excerpt_of(nearest).text);
    return fail(p, "no input has this name", hint);
}

static void insert(el4ml_gp_factor *f, size_t index)
{
    size_t k = f->inputs++;
    for (; k > 0 && f->input[k - 1] > index; k--)
        f->input[k] = f->input[k - 1];
    f->input[k] = index;
}

static el4ml_status read_input(parser *p, el4ml_gp_factor *f)
{
    char word[256];
    size_t index;
    skip_space(p);
    const char *start = p->at;
    if (!take_word(p, true, word, sizeof word)) return fail(p, "expected the name of an input", "");
    if (!p->resolve) return EL4ML_OK;
    const el4ml_status status = find_input(p, start, word, &index);
    if (status != EL4ML_OK) return status;
    for (size_t k = 0; k < f->inputs; k++)
        if (f->input[k] == index) {
            p->at = start;
            return fail(p, "this input is named twice", "");
        }
    insert(f, index);
    return EL4ML_OK;
}

static el4ml_status read_inputs(parser *p, el4ml_gp_factor *f)
{
    f->input = EL4ML_NEW(size_t, p->inputs);
    if (!f->input) return no_memory(p);
    if (!accept(p, '(')) {
        for (size_t j = 0; j < p->inputs; j++)
            f->input[f->inputs++] = j;
        return EL4ML_OK;
    }
    do {
        const el4ml_status status = read_input(p, f);
        if (status != EL4ML_OK) return status;
    } while (accept(p, ','));
    return accept(p, ')') ? EL4ML_OK : fail(p, "expected ',' or ')'", "");
}

/* ---- products ---- */

static bool same_inputs(const el4ml_gp_factor *a, const el4ml_gp_factor *b)
{
    return a->inputs == b->inputs && memcmp(a->input, b->input, a->inputs * sizeof *a->input) == 0;
}

/* The squared exponentials of a product add up to one, with 1/l^2 of each input the sum of theirs: can the
 * length scales be told from those sums? `rows`: (length scales, inputs), overwritten. */
static bool independent(size_t count, size_t inputs, double *rows)
{
    for (size_t i = 0; i < count; i++) {
        size_t pivot = 0;
        while (pivot < inputs && fabs(rows[i * inputs + pivot]) < 1e-9)
            pivot++;
        if (pivot == inputs) return false;
        for (size_t k = i + 1; k < count; k++) {
            const double factor = rows[k * inputs + pivot] / rows[i * inputs + pivot];
            for (size_t j = 0; j < inputs; j++)
                rows[k * inputs + j] -= factor * rows[i * inputs + j];
        }
    }
    return true;
}

static el4ml_status check_lengths(const parser *p, const el4ml_gp_term *term)
{
    size_t count = 0, at = 0, kernels = 0;
    for (size_t f = 0; f < term->factors; f++)
        if (term->factor[f].form == EL4ML_GP_SE) {
            count += el4ml_gp_lengths(&term->factor[f]);
            kernels++;
        }
    if (kernels < 2) return EL4ML_OK;
    double *rows = EL4ML_NEW(double, count * p->inputs);
    if (!rows) return no_memory(p);
    for (size_t f = 0; f < term->factors; f++) {
        const el4ml_gp_factor *factor = &term->factor[f];
        if (factor->form != EL4ML_GP_SE) continue;
        for (size_t j = 0; j < factor->inputs; j++)
            rows[(at + (factor->ard ? j : 0)) * p->inputs + factor->input[j]] = 1;
        at += el4ml_gp_lengths(factor);
    }
    const bool good = independent(count, p->inputs, rows);
    el4ml_release(rows);
    return good ? EL4ML_OK
                : fail(p, "the length scales of the se kernels in this product cannot be told apart", "");
}

static el4ml_status read_kernel(parser *p, el4ml_gp_term *term)
{
    char word[32];
    skip_space(p);
    const char *start = p->at;
    if (term->factors == EL4ML_GP_FACTORS) return fail(p, "too many kernels in one product", "");
    if (!take_word(p, false, word, sizeof word)) return fail(p, "expected the name of a kernel", "");
    el4ml_gp_factor *f = &term->factor[term->factors];
    size_t form = 0;
    while (form < FORMS && strcmp(form_names[form], word) != 0)
        form++;
    if (form == FORMS) {
        const char *nearest = el4ml_nearest_name(word, form_names, FORMS);
        char hint[160];
        snprintf(hint, sizeof hint, nearest ? "; did you mean '%s'?" : "%s", nearest ? nearest : "");
        p->at = start;
        return fail(p, "unknown kernel; there are se, matern12, matern32, matern52, matern and rq", hint);
    }
    *f = (el4ml_gp_factor){.form = (el4ml_gp_form)form, .ard = p->ard, .shape = SIZE_MAX};
    term->factors++;
    const el4ml_status status = read_inputs(p, f);
    if (status != EL4ML_OK || !p->resolve) return status;
    f->ard = f->ard && f->inputs > 1;
    for (size_t k = 0; k + 1 < term->factors; k++)
        if (term->factor[k].form == f->form && same_inputs(&term->factor[k], f)) {
            p->at = start;
            return fail(p,
                        "a product of a kernel with itself on the same inputs has parameters that cannot be "
                        "told apart",
                        "");
        }
    return EL4ML_OK;
}

static void number(el4ml_gp_expression *e)
{
    size_t next = 0;
    for (size_t t = 0; t < e->terms; t++) {
        el4ml_gp_term *term = &e->term[t];
        term->signal = next++;
        for (size_t f = 0; f < term->factors; f++) {
            el4ml_gp_factor *factor = &term->factor[f];
            factor->length = next;
            next += el4ml_gp_lengths(factor);
            if (factor->form == EL4ML_GP_MATERN || factor->form == EL4ML_GP_RQ) factor->shape = next++;
        }
        term->end = next;
    }
    e->parameters = next + 1;
}

static el4ml_status read_sum(parser *p)
{
    el4ml_gp_expression *e = p->e;
    do {
        if (e->terms == EL4ML_GP_TERMS) return fail(p, "too many terms in the sum", "");
        el4ml_gp_term *term = &e->term[e->terms++];
        do {
            const el4ml_status status = read_kernel(p, term);
            if (status != EL4ML_OK) return status;
        } while (accept(p, '*'));
        const el4ml_status status = p->resolve ? check_lengths(p, term) : EL4ML_OK;
        if (status != EL4ML_OK) return status;
    } while (accept(p, '+'));
    skip_space(p);
    return *p->at == '\0' ? EL4ML_OK : fail(p, "expected '+', '*' or the end", "");
}

void el4ml_gp_expression_clear(el4ml_gp_expression *e)
{
    for (size_t t = 0; t < e->terms; t++)
        for (size_t f = 0; f < e->term[t].factors; f++)
            el4ml_release(e->term[t].factor[f].input);
    *e = (el4ml_gp_expression){0};
}

el4ml_status el4ml_gp_parse(const el4ml_gp_options *options, size_t inputs, const char *const *names,
                            el4ml_gp_expression *e, el4ml_error *error)
{
    parser p = {.text = options->kernel,
                .at = options->kernel,
                .ard = options->ard,
                .resolve = inputs > 0,
                .inputs = inputs,
                .names = names,
                .e = e,
                .error = error};
    *e = (el4ml_gp_expression){0};
    const el4ml_status status = read_sum(&p);
    if (status == EL4ML_OK)
        number(e);
    else
        el4ml_gp_expression_clear(e);
    return status;
}

el4ml_status el4ml_gp_check_kernel(const char *kernel, el4ml_error *error)
{
    el4ml_gp_options options = el4ml_gp_options_default();
    el4ml_gp_expression e;
    options.kernel = kernel;
    const el4ml_status status = el4ml_gp_parse(&options, 0, NULL, &e, error);
    if (status == EL4ML_OK) el4ml_gp_expression_clear(&e);
    return status;
}
