/* U^T D U of a symmetric matrix with Bunch and Kaufman's pivoting (Math. Comp. 31, 163, 1977). The whole
 * trailing square is kept up to date, not one triangle: twice the additions, but every search for a pivot and
 * every update runs along rows. */
#include "base/ldl.h"

#include <math.h>

#include "base/linalg.h"
#include "base/memory.h"

bool el4ml_ldl_init(el4ml_ldl *f, size_t n)
{
    *f = (el4ml_ldl){.n = n};
    f->a = EL4ML_NEW(double, n *n);
    f->pivots = EL4ML_NEW(int, n);
    f->order = EL4ML_NEW(size_t, n);
    f->work = EL4ML_NEW(double, 2 * n);
    if (f->a && f->pivots && f->order && f->work) return true;
    el4ml_ldl_clear(f);
    return false;
}

void el4ml_ldl_clear(el4ml_ldl *f)
{
    el4ml_release(f->a);
    el4ml_release(f->pivots);
    el4ml_release(f->order);
    el4ml_release(f->work);
    *f = (el4ml_ldl){0};
}

static void exchange(double *x, double *y)
{
    const double t = *x;
    *x = *y;
    *y = t;
}

/* Rows and columns i and j change places, in what is left and in the rows of U. */
static void swap(el4ml_ldl *f, size_t k, size_t i, size_t j)
{
    const size_t n = f->n;
    if (i == j) return;
    for (size_t c = k; c < n; c++)
        exchange(f->a + i * n + c, f->a + j * n + c);
    for (size_t r = 0; r < n; r++)
        exchange(f->a + r * n + i, f->a + r * n + j);
    const size_t t = f->order[i];
    f->order[i] = f->order[j];
    f->order[j] = t;
}

/* Largest |element| of row r from column k on, its diagonal left out. */
static double largest(const el4ml_ldl *f, size_t k, size_t r, size_t *where)
{
    const double *row = f->a + r * f->n;
    double most = 0;
    *where = r;
    for (size_t c = k; c < f->n; c++)
        if (c != r && fabs(row[c]) > most) {
            most = fabs(row[c]);
            *where = c;
        }
    return most;
}

/* Which pivot: 1 or 2 columns, with the row to swap in. */
static int choose(const el4ml_ldl *f, size_t k, size_t *row)
{
    const double alpha = (1 + sqrt(17)) / 8;
    const size_t n = f->n;
    size_t r, other;
    const double lambda = largest(f, k, k, &r), diagonal = fabs(f->a[k * n + k]);
    *row = k;
    if (diagonal >= alpha * lambda) return 1;
    const double sigma = largest(f, k, r, &other);
    if (diagonal * sigma >= alpha * lambda * lambda) return 1;
    *row = r;
    return fabs(f->a[r * n + r]) >= alpha * sigma ? 1 : 2;
}

/* Take the pivot's rows out of what is left, and divide them by D. */
static bool eliminate_one(el4ml_ldl *f, size_t k)
{
    const size_t n = f->n, next = k + 1, left = n - next;
    double *row = f->a + k * n, d = row[k], *minus = f->work;
    if (d == 0 || !isfinite(d)) return false;
    f->pivots[k] = 1;
    for (size_t i = 0; i < left; i++)
        minus[i] = -row[next + i] / d;
    el4ml_rank_one(left, left, n, minus, row + next, f->a + next * n + next);
    for (size_t i = 0; i < left; i++)
        row[next + i] = -minus[i];
    f->negative += d < 0;
    f->log_determinant += log(fabs(d));
    return true;
}

static bool eliminate_two(el4ml_ldl *f, size_t k)
{
    const size_t n = f->n, next = k + 2, left = n - next;
    double *first = f->a + k * n, *second = first + n, *u = f->work, *v = f->work + n;
    const double p = first[k], q = second[k + 1], r = first[k + 1], determinant = p * q - r * r;
    if (determinant == 0 || !isfinite(determinant)) return false;
    f->pivots[k] = 2;
    f->pivots[k + 1] = 0;
    for (size_t i = 0; i < left; i++) {
        u[i] = -(q * first[next + i] - r * second[next + i]) / determinant;
        v[i] = -(p * second[next + i] - r * first[next + i]) / determinant;
    }
    el4ml_rank_two(left, left, n, u, first + next, v, second + next, f->a + next * n + next);
    for (size_t i = 0; i < left; i++) {
        first[next + i] = -u[i];
        second[next + i] = -v[i];
    }
    f->negative += determinant < 0 ? 1 : (p + q < 0 ? 2 : 0);
    f->log_determinant += log(fabs(determinant));
    return true;
}

static bool factorise(el4ml_ldl *f)
{
    for (size_t k = 0; k < f->n;) {
        size_t row;
        const int columns = choose(f, k, &row);
        swap(f, k, k + (size_t)columns - 1, row);
        if (!(columns == 1 ? eliminate_one(f, k) : eliminate_two(f, k))) return false;
        k += (size_t)columns;
    }
    return true;
}

bool el4ml_ldl_make(el4ml_ldl *f, const double *a, double shift)
{
    const size_t n = f->n;
    el4ml_copy(n * n, a, f->a);
    for (size_t i = 0; i < n; i++) {
        f->a[i * n + i] += shift;
        f->order[i] = i;
    }
    f->negative = 0;
    f->log_determinant = 0;
    return factorise(f);
}

/* D w = y for the block that begins at k. */
static void solve_block(const el4ml_ldl *f, size_t k, double *y)
{
    const size_t n = f->n;
    const double p = f->a[k * n + k];
    if (f->pivots[k] == 1) {
        y[k] /= p;
        return;
    }
    const double q = f->a[(k + 1) * n + k + 1], r = f->a[k * n + k + 1], determinant = p * q - r * r;
    const double first = (q * y[k] - r * y[k + 1]) / determinant;
    y[k + 1] = (p * y[k + 1] - r * y[k]) / determinant;
    y[k] = first;
}

void el4ml_ldl_solve(el4ml_ldl *f, double *b)
{
    const size_t n = f->n;
    double *y = f->work;
    for (size_t i = 0; i < n; i++)
        y[i] = b[f->order[i]];
    for (size_t k = 0; k < n; k++) {
        const size_t next = f->pivots[k] == 2 ? k + 2 : k + 1;
        el4ml_axpy(n - next, -y[k], f->a + k * n + next, y + next);
    }
    for (size_t k = 0; k < n; k++)
        if (f->pivots[k] != 0) solve_block(f, k, y);
    for (size_t k = n; k-- > 0;) {
        const size_t next = f->pivots[k] == 2 ? k + 2 : k + 1;
        y[k] -= el4ml_dot(n - next, f->a + k * n + next, y + next);
    }
    for (size_t i = 0; i < n; i++)
        b[f->order[i]] = y[i];
}
