/* What a clustering is worth on rows that need not be its own: inertia per row, and the adjusted Rand index
 * against known classes (Hubert and Arabie, J. Classif. 2, 193, 1985). */
#include <math.h>

#include "base/memory.h"
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

static double pairs(double count)
{
    return 0.5 * count * (count - 1);
}

/* From the table (clusters, classes) of how many rows have both; 1 where both partitions are trivial alike.
 */
static double adjusted_rand(size_t clusters, size_t classes, const double *table)
{
    double together = 0, in_cluster = 0, in_class = 0, rows = 0;
    for (size_t k = 0; k < clusters; k++) {
        double sum = 0;
        for (size_t c = 0; c < classes; c++) {
            sum += table[k * classes + c];
            together += pairs(table[k * classes + c]);
        }
        in_cluster += pairs(sum);
        rows += sum;
    }
    for (size_t c = 0; c < classes; c++) {
        double sum = 0;
        for (size_t k = 0; k < clusters; k++)
            sum += table[k * classes + c];
        in_class += pairs(sum);
    }
    if (!(rows > 1)) return NAN;
    const double expected = in_cluster * in_class / pairs(rows), most = 0.5 * (in_cluster + in_class);
    return most == expected ? 1 : (together - expected) / (most - expected);
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
    if (classes > 0) metrics->adjusted_rand = adjusted_rand(m->clusters, classes, table);
    el4ml_release(table);
    return isfinite(metrics->loss) ? EL4ML_OK : EL4ML_NUMERICAL;
}
