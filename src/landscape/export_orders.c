/* Point-group orders and moments of inertia, which PATHSAMPLE has of every point. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/linalg.h"
#include "base/memory.h"
#include "landscape/export.h"
#include "landscape/internal.h"

#define LARGEST_ORDER 2147483647.0 /* of Fortran's integers */
#define WHOLE 1e-9                 /* how far from a whole number rounding takes exp(ln o), relative */
#define CLEARLY_WHOLE 1e-4         /* and, for large ones, absolute */

/* ---- orders ---- */

static bool all_whole(const el4ml_landscape *l, double log_group)
{
    for (int species = 0; species < 2; species++)
        for (size_t i = 0; i < l->table[species].count; i++) {
            const double order = exp(log_group - l->table[species].records[i].point.log_multiplicity);
            const double whole = round(order);
            if (!(whole >= 1 && whole <= LARGEST_ORDER)) return false;
            if (!(fabs(order - whole) <= fmin(WHOLE * whole, CLEARLY_WHOLE))) return false;
        }
    return true;
}

static double largest_multiplicity(const el4ml_landscape *l)
{
    double largest = -INFINITY;
    for (int species = 0; species < 2; species++)
        for (size_t i = 0; i < l->table[species].count; i++)
            largest = fmax(largest, l->table[species].records[i].point.log_multiplicity);
    return isfinite(largest) ? largest : 0;
}

static double log_cluster_group(const el4ml_landscape *l)
{
    double sum = log(2);
    for (size_t k = 2; k <= l->n / 3; k++)
        sum += log((double)k);
    return sum;
}

el4ml_order_rule el4ml_choose_orders(const el4ml_landscape *l)
{
    const double largest = largest_multiplicity(l);
    const bool cluster = !l->imported && l->n % 3 == 0 && l->zero_modes >= 5;
    const double choices[3] = {0, cluster ? log_cluster_group(l) : 0, largest};
    for (size_t k = 0; k < 3; k++)
        if (all_whole(l, choices[k])) return (el4ml_order_rule){.log_group = choices[k]};
    return (el4ml_order_rule){.folded = true, .log_group = largest};
}

/* ---- moments of inertia ---- */

/* sum_i (|r_i|^2 1 - r_i r_i'), r_i from the centre, unit masses. work: el4ml_eigen_work_size(3) */
static bool cluster_moments(size_t atoms, const double *x, double *work, double moments[3])
{
    double centre[3] = {0}, tensor[9] = {0};
    for (size_t i = 0; i < atoms; i++)
        for (size_t k = 0; k < 3; k++)
            centre[k] += x[3 * i + k] / (double)atoms;
    for (size_t i = 0; i < atoms; i++) {
        const double r[3] = {x[3 * i] - centre[0], x[3 * i + 1] - centre[1], x[3 * i + 2] - centre[2]};
        const double square = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
        for (size_t j = 0; j < 3; j++)
            for (size_t k = 0; k < 3; k++)
                tensor[3 * j + k] += (j == k ? square : 0) - r[j] * r[k];
    }
    return el4ml_eigen(3, tensor, moments, false, work, el4ml_eigen_work_size(3));
}

static bool from_coordinates(const el4ml_landscape *l, el4ml_species species, double *moments)
{
    const el4ml_table *t = &l->table[species];
    const bool cluster = l->n % 3 == 0 && l->n >= 6 && l->kappa == (double)l->n - 6;
    double *work = EL4ML_NEW(double, el4ml_eigen_work_size(3));
    for (size_t i = 0; work && i < t->count; i++) {
        double *m = moments + 3 * i;
        const double *x = t->records[i].point.x;
        if (!cluster || !x || !cluster_moments(l->n / 3, x, work, m)) m[0] = m[1] = m[2] = 1;
    }
    el4ml_release(work);
    return work != NULL;
}

/* Those that were imported, over the others. */
static el4ml_status from_table(el4ml_landscape *l, el4ml_species species, double *moments, el4ml_error *error)
{
    static const char *const sql[2] = {"SELECT id, x, y, z FROM minimum_moments",
                                       "SELECT id, x, y, z FROM transition_state_moments"};
    sqlite3_stmt *s;
    int code;
    if (!l->imported) return EL4ML_OK;
    if (sqlite3_prepare_v2(l->db, sql[species], -1, &s, NULL) != SQLITE_OK)
        return el4ml_database_fail(l, "reading", error);
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        const sqlite3_int64 id = sqlite3_column_int64(s, 0);
        if (id < 1 || id > (sqlite3_int64)l->table[species].count) continue;
        for (int k = 0; k < 3; k++) {
            const double value = sqlite3_column_double(s, 1 + k);
            moments[3 * (id - 1) + k] = isfinite(value) ? value : 1;
        }
    }
    const el4ml_status status = code == SQLITE_DONE ? EL4ML_OK : el4ml_database_fail(l, "reading", error);
    sqlite3_finalize(s);
    return status;
}

el4ml_status el4ml_export_moments(el4ml_landscape *l, el4ml_species species, double **moments,
                                  el4ml_error *error)
{
    double *made = EL4ML_NEW(double, 3 * l->table[species].count);
    el4ml_status status = EL4ML_OK;
    if (!made || !from_coordinates(l, species, made))
        status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "export: out of memory");
    if (status == EL4ML_OK) status = from_table(l, species, made, error);
    if (status == EL4ML_OK)
        *moments = made;
    else
        el4ml_release(made);
    return status;
}
