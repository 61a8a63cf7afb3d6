#include "base/assignment.h"

#include <math.h>

/* Rows and columns are numbered from 1 inside; 0 is the artificial column from which a new row starts. u, v: dual
 * variables; row_of[j]: the row matched to column j; previous[j]: the column before j on the shortest path. */
double el4ml_assign(size_t n, const double *cost, size_t *column, double *work, size_t *indices)
{
    double *u = work, *v = u + n + 1, *shortest = v + n + 1;
    size_t *row_of = indices, *previous = row_of + n + 1, *done = previous + n + 1;
    for (size_t j = 0; j <= n; j++) {
        u[j] = v[j] = 0;
        row_of[j] = 0;
    }
    for (size_t row = 1; row <= n; row++) {
        row_of[0] = row;
        size_t at = 0;
        for (size_t j = 0; j <= n; j++) {
            shortest[j] = INFINITY;
            done[j] = 0;
        }
        do { /* Dijkstra over columns until a free one is reached */
            done[at] = 1;
            const size_t i = row_of[at];
            double least = INFINITY;
            size_t next = 0;
            for (size_t j = 1; j <= n; j++) {
                if (done[j]) continue;
                const double reduced = cost[(i - 1) * n + j - 1] - u[i] - v[j];
                if (reduced < shortest[j]) {
                    shortest[j] = reduced;
                    previous[j] = at;
                }
                if (shortest[j] < least) {
                    least = shortest[j];
                    next = j;
                }
            }
            for (size_t j = 0; j <= n; j++) {
                if (done[j]) {
                    u[row_of[j]] += least;
                    v[j] -= least;
                } else {
                    shortest[j] -= least;
                }
            }
            at = next;
        } while (row_of[at] != 0);
        while (at != 0) { /* augment */
            row_of[at] = row_of[previous[at]];
            at = previous[at];
        }
    }
    double total = 0;
    for (size_t j = 1; j <= n; j++) column[row_of[j] - 1] = j - 1;
    for (size_t i = 0; i < n; i++) total += cost[i * n + column[i]];
    return total;
}
