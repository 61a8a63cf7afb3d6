/* What predictions are worth: the scores by brute force, and those of perceptrons of every loss, on their own
 * rows and on others, from outputs computed here. */
#include <check.h>
#include <math.h>

#include "el4ml/predictions.h"
#include "mlp_fixture.h"
#include "surface/metrics.h"

/* ---- The scores ---- */

/* Scores from few values, so that many tie. */
static void random_scores(el4ml_random *random, size_t rows, size_t values, double *score, int32_t *label)
{
    for (size_t i = 0; i < rows; i++) {
        score[i] = values ? (double)el4ml_random_below(random, values) : el4ml_random_normal(random);
        label[i] = (int32_t)el4ml_random_below(random, 3);
    }
}

static double brute_auc(size_t rows, const double *score, const int32_t *label, int32_t class)
{
    double won = 0, pairs = 0;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < rows; j++) {
            if (label[i] != class || label[j] == class) continue;
            pairs++;
            won += score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0;
        }
    return won / pairs;
}

static size_t right_at(size_t rows, const double *score, const int32_t *label, int32_t class,
                       double threshold)
{
    size_t right = 0;
    for (size_t i = 0; i < rows; i++)
        right += (score[i] > threshold) == (label[i] == class);
    return right;
}

static size_t brute_best(size_t rows, const double *score, const int32_t *label, int32_t class)
{
    size_t best = right_at(rows, score, label, class, -INFINITY);
    for (size_t i = 0; i < rows; i++) {
        const size_t right = right_at(rows, score, label, class, score[i]);
        best = right > best ? right : best;
    }
    return best;
}

START_TEST(scores_by_brute_force)
{
    enum { MOST = 90 };
    double score[MOST], auc, threshold;
    int32_t label[MOST];
    for (uint64_t k = 0; k < 300; k++) {
        el4ml_random random = el4ml_random_new(8, 1, k);
        const size_t rows = 1 + el4ml_random_below(&random, MOST);
        random_scores(&random, rows, k % 4 == 0 ? 0 : 1 + (size_t)k % 9, score, label);
        for (int32_t class = 0; class < 3; class ++) {
            ck_assert(el4ml_metric_auc(rows, score, label, class, &auc));
            const double expected = brute_auc(rows, score, label, class);
            ck_assert(isnan(expected) ? isnan(auc) : fabs(auc - expected) < 1e-13);
            ck_assert(el4ml_metric_threshold(rows, score, label, class, &threshold));
            ck_assert_uint_eq(right_at(rows, score, label, class, threshold),
                              brute_best(rows, score, label, class));
        }
    }
}
END_TEST

/* The vote as it is described, from all distances. */
static int32_t brute_vote(const el4ml_voters *v, const double *point, size_t skip)
{
    bool used[60] = {false};
    size_t votes[4] = {0}, order[60], found = 0, most = 0;
    for (size_t k = 0; k < v->neighbours; k++) {
        size_t best = SIZE_MAX;
        double nearest = INFINITY;
        for (size_t i = 0; i < v->count; i++) {
            const double dx = v->points[2 * i] - point[0], dy = v->points[2 * i + 1] - point[1];
            if (used[i] || i == skip || dx * dx + dy * dy >= nearest) continue;
            nearest = dx * dx + dy * dy;
            best = i;
        }
        if (best == SIZE_MAX) break;
        used[best] = true;
        order[found++] = best;
        votes[v->label[best]]++;
    }
    for (size_t c = 0; c < 4; c++)
        most = votes[c] > most ? votes[c] : most;
    for (size_t k = 0; k < found; k++)
        if (votes[v->label[order[k]]] == most) return v->label[order[k]];
    return -1;
}

START_TEST(votes_by_brute_force)
{
    double points[120], distance[60];
    size_t nearest[60], votes[4];
    int32_t label[60];
    for (uint64_t k = 0; k < 200; k++) {
        el4ml_random random = el4ml_random_new(8, 2, k);
        el4ml_voters v = {.count = 1 + el4ml_random_below(&random, 60),
                          .d = 2,
                          .classes = 4,
                          .points = points,
                          .label = label,
                          .distance = distance,
                          .nearest = nearest,
                          .votes = votes};
        v.neighbours = 1 + el4ml_random_below(&random, 9);
        for (size_t i = 0; i < v.count; i++)
            label[i] = (int32_t)el4ml_random_below(&random, 4);
        fixture_normal(&random, 2 * v.count, 1, points);
        for (size_t i = 0; i < v.count; i++)
            ck_assert_int_eq(el4ml_metric_vote(&v, points + 2 * i, k % 2 ? i : SIZE_MAX),
                             brute_vote(&v, points + 2 * i, k % 2 ? i : SIZE_MAX));
    }
    el4ml_voters alone = {1, 2, 4, 3, points, label, distance, nearest, votes};
    ck_assert_int_eq(el4ml_metric_vote(&alone, points, 0), -1);
}
END_TEST

START_TEST(places_and_targets)
{
    const double output[] = {0.5, 2, 2, -1};
    ck_assert_uint_eq(el4ml_metric_rank(4, output, 1), 0);
    ck_assert_uint_eq(el4ml_metric_rank(4, output, 2), 1);
    ck_assert_uint_eq(el4ml_metric_rank(4, output, 0), 2);
    ck_assert_uint_eq(el4ml_metric_rank(4, output, 3), 3);
    double y[] = {1, 10, 2, 10, 3, 10};
    const double residual[] = {0.5, 6};
    const el4ml_dataset d = {.rows = 3, .targets = 2, .y = y};
    el4ml_target_metrics t[2];
    el4ml_metric_targets(&d, residual, t);
    ck_assert_double_eq_tol(t[0].loss, 0.5 / 3, 1e-15);
    ck_assert_double_eq_tol(t[0].r2, 0.75, 1e-15); /* squares about the mean: 2 */
    ck_assert(t[1].loss == 2 && isnan(t[1].r2));   /* a target that does not vary */
    size_t count;
    const el4ml_metric *list = el4ml_metric_list(&count);
    const el4ml_metrics none = el4ml_metrics_none();
    ck_assert_uint_eq(count * sizeof(double), sizeof none); /* the list leaves none out */
    for (size_t k = 0; k < count; k++)
        ck_assert(isnan(el4ml_metric_of(&none, &list[k])) && list[k].offset == k * sizeof(double));
}
END_TEST

/* ---- Perceptrons without hidden layers: outputs W x + b ---- */

typedef struct model {
    el4ml_dataset own, other;
    el4ml_mlp_options options;
    el4ml_surface *surface;
    el4ml_evaluator e;
    size_t outputs;
    double *x, *a[2]; /* parameters; outputs of own and other rows */
} model;

static double *outputs_of(const model *t, const el4ml_dataset *d)
{
    double *a = fixture_doubles(d->rows * t->outputs);
    for (size_t i = 0; i < d->rows; i++)
        for (size_t c = 0; c < t->outputs; c++) {
            a[i * t->outputs + c] = t->x[t->outputs * d->inputs + c];
            for (size_t k = 0; k < d->inputs; k++)
                a[i * t->outputs + c] += t->x[c * d->inputs + k] * d->x[i * d->inputs + k];
        }
    return a;
}

static model model_new(const el4ml_mlp_options *o, size_t classes, size_t targets)
{
    model t = {.own = fixture_data(3, 150, 4, classes, targets),
               .other = fixture_data(4, 90, 4, classes, targets),
               .options = *o};
    for (size_t c = 0; c < classes; c++)
        t.own.label[c] = (int32_t)c;
    ck_assert_int_eq(el4ml_mlp_new(o, &t.own, &t.surface, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_evaluator_init(&t.e, t.surface, NULL), EL4ML_OK);
    t.outputs = el4ml_mlp_outputs(o, classes, targets);
    ck_assert_uint_eq(t.e.n, 5 * t.outputs);
    t.x = fixture_doubles(t.e.n);
    el4ml_random random = el4ml_random_new(8, 3, classes);
    fixture_normal(&random, t.e.n, 0.8, t.x);
    t.a[0] = outputs_of(&t, &t.own);
    t.a[1] = outputs_of(&t, &t.other);
    return t;
}

static void model_free(model *t)
{
    el4ml_evaluator_clear(&t->e);
    el4ml_surface_free(t->surface);
    fixture_free(&t->own);
    fixture_free(&t->other);
    free(t->x);
    free(t->a[0]);
    free(t->a[1]);
}

static const el4ml_dataset *rows_of(const model *t, int part)
{
    return part == 0 ? &t->own : &t->other;
}

static el4ml_metrics metrics_of(model *t, int part)
{
    el4ml_metrics metrics;
    ck_assert_int_eq(
        t->surface->ops.metrics(t->surface->self, t->e.workspace, t->x, rows_of(t, part), &metrics),
        EL4ML_OK);
    return metrics;
}

static void check_close(double a, double b)
{
    ck_assert_msg(fabs(a - b) <= 1e-11 * fmax(1, fabs(b)), "%.17g, not %.17g", a, b);
}

/* Of own rows the loss is what is minimised, here without an L2 term. */
static void check_loss(model *t, const el4ml_metrics *own)
{
    double value;
    ck_assert_int_eq(el4ml_value_gradient(&t->e, t->x, &value, NULL), EL4ML_OK);
    check_close(own->loss, value);
}

/* What is predicted gives the accuracy; ranks rows as AUC says. */
static el4ml_predictions *check_predictions(model *t, int part, const el4ml_metrics *metrics)
{
    const el4ml_dataset *d = rows_of(t, part);
    el4ml_predictions *p;
    const double *x = t->x;
    double right = 0, auc, *score = fixture_doubles(d->rows);
    ck_assert_int_eq(el4ml_predictions_new(t->surface, &x, 1, d, NULL, &p, NULL), EL4ML_OK);
    ck_assert(p->kind == EL4ML_PREDICTS_PROBABILITIES && p->outputs == d->classes);
    for (size_t i = 0; i < d->rows; i++) {
        double sum = 0;
        for (size_t c = 0; c < d->classes; c++)
            sum += el4ml_predicted(p, 0, i)[c];
        check_close(sum, 1);
        right += (int32_t)el4ml_predicted_class(p, 0, i) == d->label[i];
        score[i] = el4ml_predicted(p, 0, i)[1];
    }
    ck_assert_double_eq(right / (double)d->rows, metrics->accuracy);
    if (d->classes == 2 && t->options.loss != EL4ML_CONTRASTIVE) {
        el4ml_metric_auc(d->rows, score, d->label, 1, &auc);
        check_close(metrics->auc, auc);
    }
    free(score);
    return p;
}

START_TEST(probabilities)
{
    for (size_t kind = 0; kind < 6; kind++) {
        const size_t classes = kind % 2 ? 2 : 5;
        el4ml_mlp_options o = el4ml_mlp_options_default();
        o.logits = kind == 1 || kind == 3;
        o.positive = kind < 2;
        o.label_smoothing = kind >= 2 ? 0.2 : 0;
        o.balanced = kind >= 4;
        o.top_k = 3;
        model t = model_new(&o, classes, 0);
        for (int part = 0; part < 2; part++) {
            const el4ml_dataset *d = rows_of(&t, part);
            const el4ml_metrics m = metrics_of(&t, part);
            double plain = 0, close = 0;
            if (part == 0) check_loss(&t, &m);
            el4ml_predictions *p = check_predictions(&t, part, &m);
            for (size_t i = 0; i < d->rows; i++) {
                const double *row = el4ml_predicted(p, 0, i), *a = t.a[part] + i * t.outputs;
                plain -= log(row[d->label[i]]);
                close += el4ml_metric_rank(classes, row, (size_t)d->label[i]) < 3;
                if (o.logits) check_close(row[o.positive], 1 / (1 + exp(-a[0])));
                for (size_t c = 1; c < t.outputs; c++)
                    check_close(log(row[c] / row[0]), a[c] - a[0]);
            }
            check_close(m.log_loss, plain / (double)d->rows);
            ck_assert(classes == 2 ? isnan(m.top_k) : m.top_k == close / (double)d->rows);
            if (kind < 2) check_close(m.loss, m.log_loss);
            ck_assert(isnan(m.r2));
            el4ml_predictions_free(p);
        }
        model_free(&t);
    }
}
END_TEST

START_TEST(more_classes_each_against_the_rest)
{
    el4ml_mlp_options o = el4ml_mlp_options_default();
    model t = model_new(&o, 3, 0);
    const el4ml_metrics m = metrics_of(&t, 1);
    double sum = 0, *score = fixture_doubles(t.other.rows);
    for (size_t c = 0; c < 3; c++) {
        for (size_t i = 0; i < t.other.rows; i++) {
            const double *a = t.a[1] + i * 3;
            score[i] = a[c] - log(exp(a[(c + 1) % 3]) + exp(a[(c + 2) % 3]));
        }
        sum += brute_auc(t.other.rows, score, t.other.label, (int32_t)c);
    }
    check_close(m.auc, sum / 3);
    free(score);
    model_free(&t);
}
END_TEST

START_TEST(ranking)
{
    for (size_t kind = 0; kind < 4; kind++) {
        el4ml_mlp_options o = el4ml_mlp_options_default();
        o.loss = EL4ML_AUC;
        o.logits = kind % 2;
        o.positive = kind / 2;
        o.beta = 3;
        model t = model_new(&o, 2, 0);
        double *score[2];
        for (int part = 0; part < 2; part++) {
            score[part] = fixture_doubles(rows_of(&t, part)->rows);
            for (size_t i = 0; i < rows_of(&t, part)->rows; i++) {
                const double *a = t.a[part] + i * t.outputs;
                score[part][i] = o.logits ? a[0] : a[o.positive] - a[1 - o.positive];
            }
        }
        double threshold;
        el4ml_metric_threshold(t.own.rows, score[0], t.own.label, (int32_t)o.positive, &threshold);
        for (int part = 0; part < 2; part++) {
            const el4ml_dataset *d = rows_of(&t, part);
            const int32_t positive = (int32_t)o.positive;
            const el4ml_metrics m = metrics_of(&t, part);
            double loss = 0, pairs = 0;
            for (size_t i = 0; i < d->rows; i++)
                for (size_t j = 0; j < d->rows; j++) {
                    if (d->label[i] != positive || d->label[j] == positive) continue;
                    pairs++;
                    loss += 1 / (1 + exp(3 * (score[part][i] - score[part][j])));
                }
            check_close(m.loss, loss / pairs);
            check_close(m.auc, brute_auc(d->rows, score[part], d->label, positive));
            check_close(m.accuracy, (double)right_at(d->rows, score[part], d->label, positive, threshold) /
                                        (double)d->rows);
            if (part == 0) check_loss(&t, &m);
            ck_assert(isnan(m.log_loss) && isnan(m.r2) && isnan(m.top_k));
            el4ml_predictions_free(check_predictions(&t, part, &m));
        }
        free(score[0]);
        free(score[1]);
        model_free(&t);
    }
}
END_TEST

static double contrastive_pair(const double *a, const double *b, bool same)
{
    const double dx = a[0] - b[0], dy = a[1] - b[1], distance = sqrt(dx * dx + dy * dy + 0.3 * 0.3);
    const double gap = log1p(exp(4 * (1.5 - distance))) / 4;
    return same ? distance * distance : gap * gap;
}

/* Of other rows: all pairs. Neighbours are training rows, a row itself left out. */
START_TEST(embedding)
{
    for (size_t kind = 0; kind < 2; kind++) {
        el4ml_mlp_options o = el4ml_mlp_options_default();
        o.loss = EL4ML_CONTRASTIVE;
        o.margin = 1.5;
        o.epsilon = 0.3;
        o.beta = 4;
        o.pairs = kind ? 700 : 0;
        o.neighbours = 3;
        model t = model_new(&o, 4, 0);
        double distance[3];
        size_t nearest[3], votes[4];
        const el4ml_voters v = {t.own.rows, 2, 4, 3, t.a[0], t.own.label, distance, nearest, votes};
        for (int part = 0; part < 2; part++) {
            const el4ml_dataset *d = rows_of(&t, part);
            const el4ml_metrics m = metrics_of(&t, part);
            double loss = 0, right = 0;
            for (size_t i = 0; i < d->rows; i++) {
                for (size_t j = 0; j < i; j++)
                    loss +=
                        contrastive_pair(t.a[part] + 2 * i, t.a[part] + 2 * j, d->label[i] == d->label[j]);
                right += el4ml_metric_vote(&v, t.a[part] + 2 * i, part == 0 ? i : SIZE_MAX) == d->label[i];
            }
            if (part == 1 || kind == 0)
                check_close(m.loss, loss / (0.5 * (double)d->rows * (double)(d->rows - 1)));
            if (part == 0) check_loss(&t, &m);
            ck_assert_double_eq(m.accuracy, right / (double)d->rows);
            ck_assert(isnan(m.auc) && isnan(m.log_loss) && isnan(m.r2) && isnan(m.top_k));
            el4ml_predictions_free(check_predictions(&t, part, &m));
        }
        model_free(&t);
    }
}
END_TEST

START_TEST(several_targets)
{
    el4ml_mlp_options o = el4ml_mlp_options_default();
    o.loss = EL4ML_MSE;
    model t = model_new(&o, 0, 3);
    for (int part = 0; part < 2; part++) {
        const el4ml_dataset *d = rows_of(&t, part);
        const el4ml_metrics m = metrics_of(&t, part);
        el4ml_target_metrics each[3];
        double loss = 0, r2 = 0;
        ck_assert_int_eq(t.surface->ops.target_metrics(t.surface->self, t.e.workspace, t.x, d, each),
                         EL4ML_OK);
        for (size_t k = 0; k < 3; k++) {
            double squares = 0, sum = 0, about = 0;
            for (size_t i = 0; i < d->rows; i++) {
                squares += pow(t.a[part][3 * i + k] - d->y[3 * i + k], 2);
                sum += d->y[3 * i + k];
            }
            for (size_t i = 0; i < d->rows; i++)
                about += pow(d->y[3 * i + k] - sum / (double)d->rows, 2);
            check_close(each[k].loss, squares / (double)d->rows);
            check_close(each[k].r2, 1 - squares / about);
            loss += each[k].loss / 3;
            r2 += each[k].r2 / 3;
        }
        check_close(m.loss, loss);
        check_close(m.r2, r2);
        if (part == 0) check_loss(&t, &m);
        ck_assert(isnan(m.accuracy) && isnan(m.auc) && isnan(m.top_k) && isnan(m.log_loss));
    }
    model_free(&t);
}
END_TEST

/* Rows of which a number cannot be had: none of one class, none at all, classes that there are not. */
START_TEST(what_does_not_apply)
{
    el4ml_mlp_options o = el4ml_mlp_options_default();
    o.loss = EL4ML_AUC;
    model t = model_new(&o, 2, 0);
    for (size_t i = 0; i < t.other.rows; i++)
        t.other.label[i] = 1;
    el4ml_metrics m = metrics_of(&t, 1);
    ck_assert(isnan(m.loss) && isnan(m.auc) && isfinite(m.accuracy));
    t.other.label[3] = 2;
    ck_assert_int_eq(t.surface->ops.metrics(t.surface->self, t.e.workspace, t.x, &t.other, &m),
                     EL4ML_INVALID_ARGUMENT);
    t.other.rows = 0;
    m = metrics_of(&t, 1);
    ck_assert(isnan(m.loss) && isnan(m.auc) && isnan(m.accuracy));
    model_free(&t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tests = tcase_create("all");
    const TTest *const all[] = {scores_by_brute_force,
                                votes_by_brute_force,
                                places_and_targets,
                                probabilities,
                                more_classes_each_against_the_rest,
                                ranking,
                                embedding,
                                several_targets,
                                what_does_not_apply};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        tcase_add_test(tests, all[i]);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
