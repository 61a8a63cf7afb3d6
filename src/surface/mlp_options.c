/* Which options and data make a perceptron. */
#include <math.h>

#include "surface/mlp.h"

el4ml_mlp_options el4ml_mlp_options_default(void)
{
    return (el4ml_mlp_options){.activation = EL4ML_TANH,
                               .loss = EL4ML_CROSS_ENTROPY,
                               .l2_biases = true,
                               .positive = 1,
                               .margin = 1,
                               .epsilon = 0.1,
                               .embedding = 2,
                               .pair_seed = 1,
                               .neighbours = 5,
                               .top_k = 2};
}

size_t el4ml_mlp_outputs(const el4ml_mlp_options *o, size_t classes, size_t targets)
{
    if (o->loss == EL4ML_CONTRASTIVE) return o->embedding;
    if (o->loss == EL4ML_MSE) return targets;
    return o->logits > 0 ? o->logits : classes;
}

static el4ml_status check_layers(const el4ml_mlp_options *o, el4ml_error *error)
{
    if (o->hidden_layers > EL4ML_MAX_HIDDEN_LAYERS)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "mlp: %zu hidden layers, at most %d",
                          o->hidden_layers, EL4ML_MAX_HIDDEN_LAYERS);
    for (size_t l = 0; l < o->hidden_layers; l++)
        if (o->hidden[l] == 0)
            return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "mlp: hidden layer %zu has no units", l + 1);
    if ((unsigned)o->activation > EL4ML_RELU)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "mlp: unknown activation");
    if (!(o->l2 >= 0) || !isfinite(o->l2))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "mlp: l2 = %g must be a finite number, 0 or more",
                          o->l2);
    return EL4ML_OK;
}

/* Numbers that only some losses have; elsewhere they are left alone. */
static el4ml_status check_loss(const el4ml_mlp_options *o, el4ml_error *error)
{
    if ((unsigned)o->loss > EL4ML_CONTRASTIVE)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "mlp: unknown loss");
    if (!(o->label_smoothing >= 0 && o->label_smoothing < 1))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                          "mlp: label_smoothing = %g must lie between 0 and 1, below 1", o->label_smoothing);
    if (!(o->beta >= 0) || !isfinite(o->beta))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "mlp: beta = %g must be finite, more than 0",
                          o->beta);
    if (o->loss != EL4ML_CONTRASTIVE) return EL4ML_OK;
    if (!(o->margin > 0) || !isfinite(o->margin) || !(o->epsilon > 0) || !isfinite(o->epsilon))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                          "mlp: margin and epsilon must be finite, more than 0");
    if (o->embedding == 0 || o->neighbours == 0)
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "mlp: embedding and neighbours must be 1 or more");
    return EL4ML_OK;
}

static el4ml_status check_numbers(const el4ml_dataset *d, el4ml_error *error)
{
    if (d->targets < 1 || !d->y)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "mlp: mse needs a target that is a number");
    for (size_t i = 0; i < d->rows; i++)
        for (size_t t = 0; t < d->targets; t++)
            if (!isfinite(d->y[i * d->targets + t]))
                return el4ml_fail(error, EL4ML_BAD_INPUT, "mlp: target of row %zu is not a finite number",
                                  i + 1);
    return EL4ML_OK;
}

static size_t rows_of(const el4ml_dataset *d, size_t class)
{
    size_t count = 0;
    for (size_t i = 0; i < d->rows; i++)
        count += (size_t)d->label[i] == class;
    return count;
}

static el4ml_status check_two_classes(const el4ml_mlp_options *o, const el4ml_dataset *d, el4ml_error *error)
{
    if (o->logits != 0 && o->logits != 1 && o->logits != d->classes)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "mlp: logits must be 1 or the number of classes, %zu",
                          d->classes);
    const char *what = o->loss == EL4ML_AUC ? "auc" : "one logit";
    if (o->loss != EL4ML_AUC && o->logits != 1) return EL4ML_OK;
    if (d->classes != 2)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "mlp: %s takes two classes; the target has %zu", what,
                          d->classes);
    if (o->positive > 1)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "mlp: the positive class, %zu, is neither 0 nor 1",
                          o->positive);
    for (size_t c = 0; c < 2 && o->loss == EL4ML_AUC; c++)
        if (rows_of(d, c) == 0)
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "mlp: auc needs rows of both classes; class %zu has none", c);
    return EL4ML_OK;
}

static el4ml_status check_weights(const el4ml_mlp_options *o, const el4ml_dataset *d, el4ml_error *error)
{
    for (size_t c = 0; c < d->classes; c++) {
        if (o->balanced && rows_of(d, c) == 0)
            return el4ml_fail(error, EL4ML_BAD_INPUT,
                              "mlp: balanced weights need rows of every class; class %zu has none", c);
        if (o->class_weight && (!(o->class_weight[c] > 0) || !isfinite(o->class_weight[c])))
            return el4ml_fail(error, EL4ML_INVALID_ARGUMENT,
                              "mlp: the weight of class %zu, %g, must be finite and more than 0", c,
                              o->class_weight[c]);
    }
    return EL4ML_OK;
}

static el4ml_status check_pairs(const el4ml_mlp_options *o, const el4ml_dataset *d, el4ml_error *error)
{
    const double all = el4ml_pairs_of(d->rows);
    if (d->rows < 2 || rows_of(d, (size_t)d->label[0]) == d->rows)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "mlp: contrastive needs rows of at least two classes");
    if ((double)o->pairs > all)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "mlp: %.0f pairs asked for, but %zu rows make only %.0f",
                          (double)o->pairs, d->rows, all);
    return EL4ML_OK;
}

static el4ml_status check_classes(const el4ml_mlp_options *o, const el4ml_dataset *d, el4ml_error *error)
{
    if (d->classes < 2 || !d->label)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "mlp: %s needs a target of at least two classes",
                          o->loss == EL4ML_AUC           ? "auc"
                          : o->loss == EL4ML_CONTRASTIVE ? "contrastive"
                                                         : "cross-entropy");
    for (size_t i = 0; i < d->rows; i++)
        if (d->label[i] < 0 || (size_t)d->label[i] >= d->classes)
            return el4ml_fail(error, EL4ML_BAD_INPUT, "mlp: class %d of row %zu is not in 0 ... %zu",
                              d->label[i], i + 1, d->classes - 1);
    if (o->loss == EL4ML_CONTRASTIVE) return check_pairs(o, d, error);
    const el4ml_status status = check_two_classes(o, d, error);
    return status == EL4ML_OK && o->loss == EL4ML_CROSS_ENTROPY ? check_weights(o, d, error) : status;
}

el4ml_status el4ml_mlp_check(const el4ml_mlp_options *o, const el4ml_dataset *d, el4ml_error *error)
{
    el4ml_status status = check_layers(o, error);
    if (status == EL4ML_OK) status = check_loss(o, error);
    if (status != EL4ML_OK) return status;
    if (d->rows == 0 || d->inputs == 0 || !d->x)
        return el4ml_fail(error, EL4ML_BAD_INPUT, "mlp: no training data");
    for (size_t i = 0; i < d->rows; i++)
        for (size_t k = 0; k < d->inputs; k++)
            if (!isfinite(d->x[i * d->inputs + k]))
                return el4ml_fail(error, EL4ML_BAD_INPUT, "mlp: input %zu of row %zu is not a finite number",
                                  k + 1, i + 1);
    return o->loss == EL4ML_MSE ? check_numbers(d, error) : check_classes(o, d, error);
}
