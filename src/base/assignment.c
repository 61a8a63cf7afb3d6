#include "base/assignment.h"

#include <math.h>

#define NONE SIZE_MAX

typedef struct problem {
    size_t n;
    const double *cost;
    double *u, *v;    /* dual variables: cost[i][j] >= u[i] + v[j], with equality on what is assigned */
    size_t *row_of;   /* the row that has column j */
    double *shortest; /* length of the shortest path to column j */
    size_t *previous; /* the row before column j on that path */
    size_t *left;     /* columns; those whose shortest path is known are at the end, from `known` on */
    size_t known;
} problem;

/* Dual variables by reducing columns, then rows; a row whose least reduced cost is in a free column takes it.
 * This assigns most rows, and the optimality conditions hold. */
static void reduce(problem *p, size_t *column)
{
    const size_t n = p->n;
    double *v = p->v;
    for (size_t j = 0; j < n; j++) {
        v[j] = p->cost[j];
        p->row_of[j] = NONE;
    }
    for (size_t i = 1; i < n; i++)
        for (size_t j = 0; j < n; j++)
            v[j] = p->cost[i * n + j] < v[j] ? p->cost[i * n + j] : v[j];
    for (size_t i = 0; i < n; i++) {
        const double *costs = p->cost + i * n;
        size_t at = 0;
        for (size_t j = 1; j < n; j++)
            if (costs[j] - v[j] < costs[at] - v[at]) at = j;
        p->u[i] = costs[at] - v[at];
        column[i] = p->row_of[at] == NONE ? at : NONE;
        if (column[i] != NONE) p->row_of[at] = i;
    }
}

/* Go on from row i, which a path of length `least` leads to: the index in `left` of the next column that is
 * known. */
static size_t relax(problem *p, size_t i, double least)
{
    const double *costs = p->cost + i * p->n, offset = least - p->u[i];
    double next = INFINITY;
    size_t at = 0;
    for (size_t k = 0; k < p->known; k++) {
        const size_t j = p->left[k];
        const double through = costs[j] - p->v[j] + offset;
        if (through < p->shortest[j]) {
            p->shortest[j] = through;
            p->previous[j] = i;
        }
        if (p->shortest[j] < next || (p->shortest[j] == next && p->row_of[j] == NONE)) {
            next = p->shortest[j];
            at = k;
        }
    }
    return at;
}

/* The free column that is nearest to a free row: Dijkstra over columns, with reduced costs as lengths. */
static size_t shortest_path(problem *p, size_t row)
{
    for (size_t j = 0; j < p->n; j++) {
        p->shortest[j] = INFINITY;
        p->previous[j] = row; /* costs that are not finite must not lead astray */
        p->left[j] = j;
    }
    p->known = p->n;
    double least = 0;
    for (size_t i = row;;) {
        const size_t at = relax(p, i, least), j = p->left[at];
        p->left[at] = p->left[--p->known];
        p->left[p->known] = j;
        if (p->row_of[j] == NONE) return j;
        least = p->shortest[j];
        i = p->row_of[j];
    }
}

double el4ml_assign(size_t n, const double *cost, size_t *column, double *work, size_t *indices)
{
    problem p = {.n = n, .cost = cost, .u = work, .v = work + n, .shortest = work + 2 * n};
    p.row_of = indices;
    p.previous = indices + n;
    p.left = indices + 2 * n;
    reduce(&p, column);
    for (size_t row = 0; row < n; row++) {
        if (column[row] != NONE) continue;
        size_t j = shortest_path(&p, row);
        const double length = p.shortest[j];
        p.u[row] += length;
        for (size_t k = p.known; k < n; k++) { /* optimality for all that the search went through */
            const size_t c = p.left[k];
            if (p.row_of[c] != NONE) p.u[p.row_of[c]] += length - p.shortest[c];
            p.v[c] -= length - p.shortest[c];
        }
        for (size_t i = NONE; i != row;) { /* augment */
            i = p.previous[j];
            p.row_of[j] = i;
            const size_t before = column[i];
            column[i] = j;
            j = before;
        }
    }
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += cost[i * n + column[i]];
    return total;
}
