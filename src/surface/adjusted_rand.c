#include "surface/adjusted_rand.h"

#include <math.h>

static double pairs(double count)
{
    return 0.5 * count * (count - 1);
}

double el4ml_adjusted_rand(size_t clusters, size_t classes, const double *table)
{
    double together = 0, in_cluster = 0, in_class = 0, rows = 0;
    for (size_t k = 0; k < clusters; k++) {
        double size = 0;
        for (size_t c = 0; c < classes; c++) {
            size += table[k * classes + c];
            together += pairs(table[k * classes + c]);
        }
        in_cluster += pairs(size);
        rows += size;
    }
    for (size_t c = 0; c < classes; c++) {
        double size = 0;
        for (size_t k = 0; k < clusters; k++)
            size += table[k * classes + c];
        in_class += pairs(size);
    }
    if (!(rows > 1)) return NAN;
    const double expected = in_cluster * in_class / pairs(rows), most = 0.5 * (in_cluster + in_class);
    return most > expected ? (together - expected) / (most - expected) : 1; /* both trivial, and alike */
}
