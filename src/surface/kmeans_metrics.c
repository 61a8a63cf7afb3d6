/* What a clustering is worth on rows that need not be its own: inertia per row, and the adjusted Rand index
 * against known classes. */
#include <math.h>

#include "base/memory.h"
#include "surface/adjusted_rand.h"
#include "surface/kmeans.h"

static size_t nearest(const el4ml_kmeans *m, const double *c, const double *x, double *square)
{
    size_t best = 0;
    *square = INFINITY;
    for (size_t k = 0; k < m->clusters; k++) {
        double s = 0;
        for (size_t j = 0; j < m->inputs; j++)
            s += (x[j] - c[k * m->inputs + j]) * (x[j] - c[k * m->inputs + j]);
        if (!(s < *square)) continue;
        *square = s;
        best = k;
    }
    return best;
}

el4ml_status el4ml_kmeans_metrics(const void *self, void *workspace, const double *x,
                                  const el4ml_dataset *data, el4ml_metrics *metrics)
{
    const el4ml_kmeans *m = self;
    (void)workspace;
    *metrics = el4ml_metrics_none();
    if (data->inputs != m->inputs) return EL4ML_INVALID_ARGUMENT;
    if (data->rows == 0) return EL4ML_OK;
    const size_t classes = data->label ? data->classes : 0;
    double *table = EL4ML_NEW(double, m->clusters *classes);
    if (!table) return EL4ML_OUT_OF_MEMORY;
    double inertia = 0;
    for (size_t i = 0; i < data->rows; i++) {
        double square;
        const size_t k = nearest(m, x, data->x + i * m->inputs, &square);
        inertia += square;
        if (classes > 0) table[k * classes + (size_t)data->label[i]]++;
    }
    metrics->loss = inertia / (double)data->rows;
    if (classes > 0) metrics->adjusted_rand = el4ml_adjusted_rand(m->clusters, classes, table);
    el4ml_release(table);
    return isfinite(metrics->loss) ? EL4ML_OK : EL4ML_NUMERICAL;
}
