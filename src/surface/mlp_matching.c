/* Complete search for an operation that takes one perceptron to another, and the order of the stabiliser.
 *
 * The inputs are fixed, so the units of layer 1 can only go to units with the same incoming weights up to
 * sign; with layer 1 decided, the same holds for layer 2, and so on: a depth-first search over units, which
 * branches only where units agree within the tolerance. Three things keep it short:
 *   - a pair of units must also agree in its outgoing weights up to order and sign: the distance of the
 * sorted lists is a lower bound (rearrangement inequality);
 *   - of candidates that are nearly copies of one another only one is tried, and the tolerance widened by
 * what that can cost; only where a match then lies between the two tolerances are stricter copies asked for;
 *   - the last hidden layer, whose cost is then known exactly, is one linear assignment problem.
 * Where the outputs may be rotated, the last hidden layer is searched like the others: of its outgoing
 * weights only lengths count at first, and then what the best rotation of the units placed so far leaves
 * between them. The stabiliser is counted by the orbit-stabiliser theorem: fix the units one after another;
 * the order is the product of the orbit lengths of each unit under what fixes all units before it. Each orbit
 * needs only existence searches, so ten units that are zero, with their 10! 2^10 operations, cost a hundred
 * of them. */
#include "surface/mlp_symmetry.h"

#include <math.h>
#include <stdlib.h>

#include "base/assignment.h"
#include "base/linalg.h"

typedef struct match {
    const el4ml_mlp *m;
    el4ml_mlp_symmetry *s;
    double tolerance;
    double limit; /* largest squared distance, with room for copies taken for one another */
    double copy;  /* units closer than this (squared) count as copies of one another */
    double found; /* squared distance of the match that was found */
} match;

static double square(double x)
{
    return x * x;
}

/* Squared distance of the incoming weights and bias of unit i of a and sign times unit j of b, layer l - 1 of
 * b moved by the operation in s. */
static double incoming(const match *t, size_t l, size_t i, size_t j, double sign)
{
    const el4ml_mlp *m = t->m;
    const el4ml_mlp_symmetry *s = t->s;
    const size_t in = m->size[l - 1];
    const double *a = s->a + m->weights[l] + i * in, *b = s->b + m->weights[l] + j * in;
    double sum = square(s->a[m->biases[l] + i] - sign * s->b[m->biases[l] + j]);
    for (size_t k = 0; k < in; k++)
        sum += square(a[k] - sign * s->sign[l - 1][k] * b[s->source[l - 1][k]]);
    return sum;
}

/* Of the columns of W_L that belong to units i and j: their lengths, where they may be rotated. */
static double length_difference(const match *t, size_t i, size_t j)
{
    const size_t in = t->m->size[t->m->layers - 1], out = t->m->size[t->m->layers];
    const double *a = t->s->a + t->m->weights[t->m->layers] + i,
                 *b = t->s->b + t->m->weights[t->m->layers] + j;
    double aa = 0, bb = 0;
    for (size_t r = 0; r < out; r++) {
        aa += square(a[r * in]);
        bb += square(b[r * in]);
    }
    return sqrt(aa) - sqrt(bb);
}

/* A lower bound of the squared distance of the outgoing weights; exact for the last hidden layer, unless it
 * may be rotated. */
static double outgoing(const match *t, size_t l, size_t i, size_t j, double sign)
{
    const el4ml_mlp *m = t->m;
    const el4ml_mlp_symmetry *s = t->s;
    const size_t d = m->size[l], out = m->size[l + 1];
    double sum = 0;
    if (l == m->layers - 1 && m->rotates) return square(length_difference(t, i, j));
    if (l == m->layers - 1) {
        const double *a = s->a + m->weights[l + 1] + i, *b = s->b + m->weights[l + 1] + j;
        for (size_t r = 0; r < out; r++)
            sum += square(a[r * d] - sign * b[r * d]);
    } else {
        const double *a = s->sorted_a + m->weights[l + 1] + i * out,
                     *b = s->sorted_b + m->weights[l + 1] + j * out;
        for (size_t r = 0; r < out; r++)
            sum += square(a[r] - b[r]);
    }
    return sum;
}

/* Are (j, sign) and (j2, sign2) of b interchangeable, within what counts as a copy? */
static bool copies(const match *t, size_t l, size_t j, double sign, size_t j2, double sign2)
{
    const el4ml_mlp *m = t->m;
    const double *b = t->s->b;
    const size_t in = m->size[l - 1], d = m->size[l], out = m->size[l + 1];
    const double *row = b + m->weights[l] + j * in, *row2 = b + m->weights[l] + j2 * in;
    double sum = square(sign * b[m->biases[l] + j] - sign2 * b[m->biases[l] + j2]);
    for (size_t k = 0; k < in; k++)
        sum += square(sign * row[k] - sign2 * row2[k]);
    if (sum > t->copy) return false;
    const double *column = b + m->weights[l + 1] + j, *column2 = b + m->weights[l + 1] + j2;
    for (size_t r = 0; r < out; r++)
        sum += square(sign * column[r * d] - sign2 * column2[r * d]);
    return sum <= t->copy;
}

/* Has a copy of the candidate (j, sign) been tried for this unit already? */
static bool tried(const match *t, size_t l, size_t j, double sign)
{
    if (sign < 0 && copies(t, l, j, sign, j, 1)) return true;
    for (size_t k = 0; k < j; k++) {
        if (t->s->used[l][k]) continue;
        if (copies(t, l, j, sign, k, 1)) return true;
        if (el4ml_mlp_is_odd(t->m) && copies(t, l, j, sign, k, -1)) return true;
    }
    return false;
}

static bool possible(const match *t, size_t l, size_t i, size_t j, double sign)
{
    const double in = incoming(t, l, i, j, sign);
    return in <= t->limit && in + outgoing(t, l, i, j, sign) <= t->limit;
}

/* Every unit of the layer has somewhere to go: looked at before any of its units is placed. */
static bool all_possible(const match *t, size_t l)
{
    const size_t d = t->m->size[l];
    for (size_t i = 0; i < d; i++) {
        bool any = t->s->forced[l][i];
        for (size_t j = 0; j < d && !any; j++)
            any = !t->s->used[l][j] &&
                  (possible(t, l, i, j, 1) || (el4ml_mlp_is_odd(t->m) && possible(t, l, i, j, -1)));
        if (!any) return false;
    }
    return true;
}

/* Squared distance that the best rotation leaves of the outgoing weights of the first `units` units. */
static double rotated_distance(match *t, size_t units)
{
    const el4ml_mlp *m = t->m;
    el4ml_mlp_symmetry *s = t->s;
    const size_t l = m->layers - 1, d = m->size[l], outputs = m->size[m->layers];
    double sum = 0;
    el4ml_mlp_best_rotation(m, s, units);
    for (size_t i = 0; i < units; i++)
        for (size_t r = 0; r < outputs; r++)
            sum += square(s->a[m->weights[m->layers] + r * d + i] -
                          s->sign[l][i] * s->rotated[r * d + s->source[l][i]]);
    return sum;
}

static bool possible(const match *t, size_t l, size_t i, size_t j, double sign);
static bool tried(const match *t, size_t l, size_t j, double sign);

/* Units i, i + 1, ... of the last hidden layer, whose outgoing weights may be rotated. */
static bool match_rotated(match *t, size_t i, double spent)
{
    el4ml_mlp_symmetry *s = t->s;
    const size_t l = t->m->layers - 1, d = t->m->size[l];
    const double turned = rotated_distance(t, i);
    if (spent + turned > t->limit) return false;
    t->found = spent + turned;
    if (i == d) return true;
    for (size_t j = 0; j < d; j++)
        for (int k = 0; k < (el4ml_mlp_is_odd(t->m) ? 2 : 1); k++) {
            const double sign = s->forced[l][i] ? s->sign[l][i]
                                : k             ? -1
                                                : 1,
                         cost = spent + incoming(t, l, i, j, sign);
            if (s->forced[l][i] ? s->source[l][i] != j || k > 0 : s->used[l][j] || tried(t, l, j, sign))
                continue;
            if (cost > t->limit || !possible(t, l, i, j, sign)) continue;
            const bool was = s->used[l][j];
            if (!s->forced[l][i]) {
                s->source[l][i] = j;
                s->sign[l][i] = sign;
            }
            s->used[l][j] = true;
            const bool found = match_rotated(t, i + 1, cost);
            s->used[l][j] = was;
            if (found) return true;
        }
    return false;
}

/* The last hidden layer and the output biases, everything below being decided. */
static bool match_last(match *t, double spent)
{
    const el4ml_mlp *m = t->m;
    el4ml_mlp_symmetry *s = t->s;
    const size_t l = m->layers - 1, d = m->size[l], outputs = m->size[m->layers];
    for (size_t r = 0; r < outputs; r++)
        spent += square(s->a[m->biases[m->layers] + r] - s->b[m->biases[m->layers] + r]);
    if (m->rotates) return match_rotated(t, 0, spent);
    const double left = t->limit - spent;
    if (left < 0) return false;
    const double refuse = left > 0 ? 4 * (double)d * left : 1;
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < d; j++) {
            const bool here = s->forced[l][i] && s->source[l][i] == j;
            double cost = refuse;
            if (here) {
                cost = incoming(t, l, i, j, s->sign[l][i]) + outgoing(t, l, i, j, s->sign[l][i]);
            } else if (!s->forced[l][i] && !s->used[l][j]) {
                cost = incoming(t, l, i, j, 1) + outgoing(t, l, i, j, 1);
                if (el4ml_mlp_is_odd(m))
                    cost = fmin(cost, incoming(t, l, i, j, -1) + outgoing(t, l, i, j, -1));
            }
            s->cost[i * d + j] = cost <= left ? cost : refuse;
        }
    t->found = spent + el4ml_assign(d, s->cost, s->column, s->assign_doubles, s->assign_indices);
    return t->found <= t->limit;
}

static bool match_unit(match *t, size_t l, size_t i, double spent);

static bool match_layer(match *t, size_t l, double spent)
{
    if (l == t->m->layers - 1) return match_last(t, spent);
    return all_possible(t, l) && match_unit(t, l, 0, spent);
}

static bool match_unit(match *t, size_t l, size_t i, double spent)
{
    el4ml_mlp_symmetry *s = t->s;
    const size_t d = t->m->size[l];
    if (i == d) return match_layer(t, l + 1, spent);
    if (s->forced[l][i]) {
        const double cost = spent + incoming(t, l, i, s->source[l][i], s->sign[l][i]);
        return cost <= t->limit && match_unit(t, l, i + 1, cost);
    }
    for (size_t j = 0; j < d; j++) {
        if (s->used[l][j]) continue;
        for (int k = 0; k < (el4ml_mlp_is_odd(t->m) ? 2 : 1); k++) {
            const double sign = k ? -1 : 1, cost = spent + incoming(t, l, i, j, sign);
            if (cost > t->limit || !possible(t, l, i, j, sign) || tried(t, l, j, sign)) continue;
            s->source[l][i] = j;
            s->sign[l][i] = sign;
            s->used[l][j] = true;
            const bool found = match_unit(t, l, i + 1, cost);
            s->used[l][j] = false;
            if (found) return true;
        }
    }
    return false;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Outgoing weights of every unit of layers 1 ... L - 2, sorted; by size where signs may flip. */
static void sort_outgoing(const el4ml_mlp *m, const double *x, double *sorted)
{
    for (size_t l = 1; l + 1 < m->layers; l++) {
        const size_t d = m->size[l], out = m->size[l + 1];
        for (size_t i = 0; i < d; i++) {
            double *list = sorted + m->weights[l + 1] + i * out;
            for (size_t r = 0; r < out; r++) {
                const double weight = x[m->weights[l + 1] + r * d + i];
                list[r] = el4ml_mlp_is_odd(m) ? fabs(weight) : weight;
            }
            qsort(list, out, sizeof *list, ascending);
        }
    }
}

static match prepare(const el4ml_mlp *m, el4ml_mlp_symmetry *s, double tolerance)
{
    for (size_t l = 1; l < m->layers; l++)
        for (size_t i = 0; i < m->size[l]; i++)
            s->forced[l][i] = s->used[l][i] = false;
    el4ml_mlp_identity(m, s);
    sort_outgoing(m, s->a, s->sorted_a);
    sort_outgoing(m, s->b, s->sorted_b);
    return (match){m, s, tolerance, tolerance * tolerance, 0, 0};
}

/* Taking a copy for its like moves the image by at most sqrt(2) times their distance, once a unit: the limit
 * grows by that much, so that no match is lost. With one hidden layer, unless it may be rotated, nothing
 * branches and nothing is widened. */
static void set_copies(match *t, double fraction)
{
    if (t->m->layers <= 2 && !t->m->rotates) return;
    double units = 0;
    for (size_t l = 1; l < t->m->layers; l++)
        units += (double)t->m->size[l];
    const double copy = fraction * t->tolerance / sqrt(units);
    t->copy = copy * copy;
    t->limit = square(t->tolerance + 1.5 * units * copy);
}

/* Is there a match that keeps what is forced? */
static bool exists(match *t)
{
    set_copies(t, 0.05);
    if (!match_layer(t, 1, 0)) return false;
    if (t->found <= t->tolerance * t->tolerance) return true;
    set_copies(t, 1e-6);
    return match_layer(t, 1, 0);
}

bool el4ml_mlp_match(const el4ml_mlp *m, el4ml_mlp_symmetry *s, double tolerance)
{
    match t = prepare(m, s, tolerance);
    if (m->layers == 1) return el4ml_distance(m->dimension, s->a, s->b) <= tolerance;
    return exists(&t);
}

/* Squared distance that x moves when units i and j of layer l change places, both times `sign`, and nothing
 * else moves. */
static double swap_cost(const match *t, size_t l, size_t i, size_t j, double sign)
{
    const el4ml_mlp *m = t->m;
    const double *x = t->s->a;
    const size_t in = m->size[l - 1], d = m->size[l], out = m->size[l + 1];
    const double *row = x + m->weights[l] + i * in, *row2 = x + m->weights[l] + j * in;
    double sum = square(x[m->biases[l] + i] - sign * x[m->biases[l] + j]);
    for (size_t k = 0; k < in; k++)
        sum += square(row[k] - sign * row2[k]);
    const double *column = x + m->weights[l + 1] + i, *column2 = x + m->weights[l + 1] + j;
    for (size_t r = 0; r < out; r++)
        sum += square(column[r * d] - sign * column2[r * d]);
    return i == j ? sum : 2 * sum;
}

/* Unit i of layer l goes to (j, sign), all before it stay: can the rest follow? A simple exchange usually
 * tells, and a wide net with many idle units has too many pairs for a search each. */
static bool reaches(match *t, size_t l, size_t i, size_t j, double sign)
{
    const el4ml_mlp *m = t->m;
    el4ml_mlp_symmetry *s = t->s;
    if (swap_cost(t, l, i, j, sign) <= t->tolerance * t->tolerance) return true;
    el4ml_mlp_identity(m, s);
    for (size_t k = 1; k < m->layers; k++)
        for (size_t u = 0; u < m->size[k]; u++)
            s->forced[k][u] = s->used[k][u] = k < l || (k == l && u < i);
    set_copies(t, 0.05);
    if (!possible(t, l, i, j, sign)) return false;
    s->source[l][i] = j;
    s->sign[l][i] = sign;
    s->forced[l][i] = s->used[l][j] = true;
    return exists(t);
}

/* G has two components for each discrete operation where outputs may be rotated, proper and improper; x is
 * left alone by a mirror where W_L has not the full rank. A point whose orbit is not of the usual dimension
 * has no place in a sum over others: infinite. */
static void count_rotations(const el4ml_mlp *m, el4ml_mlp_symmetry *s, const double *x,
                            double *log_multiplicity, double *order)
{
    const size_t rank = el4ml_mlp_rank(m, s, x);
    if (rank < m->size[m->layers])
        *order *= 2;
    else
        *log_multiplicity += log(2);
    if (el4ml_mlp_rotations(m, rank) != el4ml_mlp_rotations(m, el4ml_mlp_usual_rank(m)))
        *order = *log_multiplicity = INFINITY;
}

el4ml_status el4ml_mlp_multiplicity(const void *self, void *workspace, const double *x, double tolerance,
                                    double *log_multiplicity, double *order)
{
    const el4ml_mlp *m = self;
    el4ml_mlp_symmetry *s = ((el4ml_mlp_workspace *)workspace)->symmetry;
    for (size_t i = 0; i < m->dimension; i++)
        if (!isfinite(x[i])) return EL4ML_NUMERICAL;
    el4ml_mlp_remove_flat(m, x, s->a);
    el4ml_copy(m->dimension, s->a, s->b);
    match t = prepare(m, s, tolerance);
    double log_group = 0, log_order = 0;
    *order = 1;
    for (size_t l = 1; l < m->layers; l++)
        for (size_t i = 0; i < m->size[l]; i++) {
            double orbit = 1; /* the unit itself */
            for (size_t j = i; j < m->size[l]; j++) {
                if (j != i && reaches(&t, l, i, j, 1)) orbit++;
                if (el4ml_mlp_is_odd(m) && reaches(&t, l, i, j, -1)) orbit++;
            }
            log_group += log((double)(m->size[l] - i) * (el4ml_mlp_is_odd(m) ? 2 : 1));
            log_order += log(orbit);
            *order *= orbit;
        }
    *log_multiplicity = log_group - log_order;
    if (m->rotates) count_rotations(m, s, x, log_multiplicity, order);
    return EL4ML_OK;
}
