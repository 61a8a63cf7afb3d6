/* el4ml_check_surface: what the optional hooks of a surface promise. */
#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "surface/check.h"

#define SAME 1e-3      /* distance, in length_scale, within which two points are asked to be the same */
#define NOT_SAME 3e-2  /* and one at which they are not */
#define MOST_PARTS 200 /* of the rows, as mini-batches */

double el4ml_larger_error(double a, double b)
{
    return a > b || isnan(b) ? (isnan(b) ? (double)INFINITY : a) : b;
}

/* ---- Zero modes ---- */

static void check_basis(el4ml_check_work *w, size_t count, const double *z, double value, double *error)
{
    const size_t n = w->e.n;
    const double size = el4ml_norm(n, w->g) + fabs(value) * 1e-6 + 1e-12;
    for (size_t k = 0; k < count; k++) {
        for (size_t l = 0; l <= k; l++)
            *error = el4ml_larger_error(*error, fabs(el4ml_dot(n, z + k * n, z + l * n) - (k == l)));
        *error = el4ml_larger_error(*error, fabs(el4ml_dot(n, z + k * n, w->g)) / size);
    }
}

el4ml_status el4ml_check_zero_modes(el4ml_check_work *w, el4ml_surface_check *check)
{
    const size_t most = w->e.surface->info.max_zero_modes;
    double value;
    check->zero_modes = el4ml_zero_modes(&w->e, w->x, NULL);
    if (check->zero_modes > most) check->zero_mode_error = INFINITY;
    if (check->zero_modes == 0 || check->zero_modes > most) return EL4ML_OK;
    const el4ml_status status = el4ml_value_gradient(&w->e, w->x, &value, w->g);
    if (status != EL4ML_OK) return status;
    double *basis = EL4ML_NEW(double, most * w->e.n);
    if (!basis) return EL4ML_OUT_OF_MEMORY;
    const size_t count = el4ml_zero_modes(&w->e, w->x, basis);
    if (count == check->zero_modes)
        check_basis(w, count, basis, value, &check->zero_mode_error);
    else
        check->zero_mode_error = INFINITY;
    el4ml_release(basis);
    return EL4ML_OK;
}

/* ---- Symmetry ---- */

/* w->other becomes a point NOT_SAME from x, off the orbit of the zero modes. False: there is none. */
static bool step_aside(el4ml_check_work *w, el4ml_random *random)
{
    const size_t n = w->e.n, most = w->e.surface->info.max_zero_modes;
    double *basis = EL4ML_NEW(double, (most + 1) * n);
    if (!basis) return false;
    const size_t count = most > 0 ? el4ml_zero_modes(&w->e, w->x, basis) : 0;
    el4ml_random_direction(random, n, w->v);
    if (count <= most) el4ml_project_out(n, count, basis, w->v);
    el4ml_release(basis);
    const double norm = el4ml_norm(n, w->v);
    if (!(norm > 0.1)) return false;
    el4ml_copy(n, w->x, w->other);
    el4ml_axpy(n, NOT_SAME * w->e.surface->info.length_scale / norm, w->v, w->other);
    return true;
}

/* w->trial is a copy of x: it is the same point as x, as often, and another point is not. */
static el4ml_status check_identity(el4ml_check_work *w, el4ml_random *random, el4ml_surface_check *check)
{
    const double near = SAME * w->e.surface->info.length_scale;
    bool same = false, other = false;
    double here, there, order, copies;
    el4ml_status status = el4ml_same(&w->e, w->x, w->trial, near, &same);
    if (status == EL4ML_OK && step_aside(w, random))
        status = el4ml_same(&w->e, w->trial, w->other, near, &other);
    if (status == EL4ML_OK) status = el4ml_multiplicity(&w->e, w->x, near, &here, &order);
    if (status == EL4ML_OK) status = el4ml_multiplicity(&w->e, w->trial, near, &there, &copies);
    if (status != EL4ML_OK) return status;
    const bool agree = here == there || fabs(here - there) <= 1e-9 * (1 + fabs(here));
    check->wrong_identities += (size_t)!same + (size_t)other + (size_t)!agree;
    return EL4ML_OK;
}

el4ml_status el4ml_check_symmetry(el4ml_check_work *w, el4ml_random *random, el4ml_surface_check *check)
{
    const el4ml_surface *s = w->e.surface;
    if (!s->ops.random_operation) return EL4ML_OK;
    double here, there, distance;
    s->ops.random_operation(s->self, w->e.workspace, random, w->x, w->trial);
    el4ml_status status = el4ml_value_gradient(&w->e, w->x, &here, NULL);
    if (status == EL4ML_OK) status = el4ml_value_gradient(&w->e, w->trial, &there, NULL);
    if (status == EL4ML_OK) status = el4ml_align(&w->e, w->x, w->trial, 0, w->other, &distance);
    if (status != EL4ML_OK) return status;
    check->symmetry_error =
        el4ml_larger_error(check->symmetry_error, fabs(there - here) / fmax(1, fabs(here)));
    check->alignment_error =
        el4ml_larger_error(check->alignment_error, distance / (el4ml_norm(w->e.n, w->x) + 1e-300));
    return check_identity(w, random, check);
}

/* ---- Mini-batches ---- */

/* Sum over the parts of a partition of the rows in `order`, each with its share; w->g is the gradient. */
static el4ml_status check_partition(el4ml_check_work *w, const size_t *order, double value, double *error)
{
    const size_t n = w->e.n, rows = w->e.surface->info.rows;
    const size_t size = rows / MOST_PARTS > 7 ? rows / MOST_PARTS : rows > 7 ? 7 : 1;
    double sum = 0, at;
    for (size_t i = 0; i < n; i++)
        w->other[i] = 0;
    for (size_t first = 0; first < rows; first += size) {
        const size_t count = rows - first < size ? rows - first : size;
        const el4ml_status status =
            el4ml_batch_value_gradient(&w->e, w->x, count, order + first, &at, w->trial);
        if (status != EL4ML_OK) return status;
        sum += (double)count / (double)rows * at;
        el4ml_axpy(n, (double)count / (double)rows, w->trial, w->other);
    }
    *error = el4ml_larger_error(*error, fabs(sum - value) / fmax(1, fabs(value)));
    *error = el4ml_larger_error(*error, el4ml_distance(n, w->other, w->g) / (1 + el4ml_norm(n, w->g)));
    return EL4ML_OK;
}

el4ml_status el4ml_check_batches(el4ml_check_work *w, el4ml_random *random, el4ml_surface_check *check)
{
    const el4ml_surface *s = w->e.surface;
    double value;
    if (!s->ops.batch_value_gradient) return EL4ML_OK;
    el4ml_status status = el4ml_value_gradient(&w->e, w->x, &value, w->g);
    if (status != EL4ML_OK) return status;
    size_t *order = EL4ML_NEW(size_t, s->info.rows);
    if (!order) return EL4ML_OUT_OF_MEMORY;
    for (size_t i = 0; i < s->info.rows; i++)
        order[i] = i;
    el4ml_random_shuffle(random, s->info.rows, order);
    status = check_partition(w, order, value, &check->batch_error);
    el4ml_release(order);
    return status;
}
