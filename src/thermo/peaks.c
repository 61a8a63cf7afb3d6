/* Peaks of C_V: found on the grid of temperatures, refined on the exact C_V by golden section, with the
 * minima that gain and lose most occupation there (Wales, Phys. Rev. E 95, 030105, 2017). Nothing is
 * allocated. */
#include <float.h>
#include <math.h>

#include "thermo/superposition.h"

enum { LISTED = 8 };

static double excess(const el4ml_thermo_point *point)
{
    return point->c_plus + point->c_minus;
}

/* Golden section in ln T; C_V is flat to rounding within sqrt(epsilon) of the top, so more digits cannot be
 * had. */
static double refine(const el4ml_network *network, double from, double to)
{
    const double golden = 0.6180339887498949;
    double low = log(from), high = log(to);
    double left = high - golden * (high - low), right = low + golden * (high - low);
    double at_left = el4ml_excess_heat_capacity(network, exp(left));
    double at_right = el4ml_excess_heat_capacity(network, exp(right));
    while (high - low > 1e-9) {
        if (at_left > at_right) {
            high = right;
            right = left;
            at_right = at_left;
            left = high - golden * (high - low);
            at_left = el4ml_excess_heat_capacity(network, exp(left));
        } else {
            low = left;
            left = right;
            at_left = at_right;
            right = low + golden * (high - low);
            at_right = el4ml_excess_heat_capacity(network, exp(right));
        }
    }
    return exp((low + high) / 2);
}

/* Insert `index` into a list kept in descending order of `size`. */
static void insert_largest(size_t *list, double *sizes, size_t *count, size_t index, double size)
{
    if (*count == LISTED && size <= sizes[LISTED - 1]) return;
    size_t at = *count < LISTED ? (*count)++ : LISTED - 1;
    for (; at > 0 && sizes[at - 1] < size; at--) {
        sizes[at] = sizes[at - 1];
        list[at] = list[at - 1];
    }
    sizes[at] = size;
    list[at] = index;
}

static void list_minima(const el4ml_network *network, el4ml_peak *peak)
{
    double gaining[LISTED], losing[LISTED];
    el4ml_changes changes;
    if (!el4ml_changes_at(network, peak->temperature, &changes)) return;
    for (size_t i = 0; i < network->node_count; i++) {
        double g;
        el4ml_occupation_of(&network->nodes[i], &changes, &g);
        if (g > 0) insert_largest(peak->gaining, gaining, &peak->gaining_count, i, g);
        if (g < 0) insert_largest(peak->losing, losing, &peak->losing_count, i, -g);
    }
}

static void insert_peak(const el4ml_peak *found, el4ml_peak *peaks, size_t *count, size_t capacity)
{
    if (capacity == 0 || (*count == capacity && found->heat_capacity <= peaks[capacity - 1].heat_capacity))
        return;
    size_t at = *count < capacity ? (*count)++ : capacity - 1;
    for (; at > 0 && peaks[at - 1].heat_capacity < found->heat_capacity; at--)
        peaks[at] = peaks[at - 1];
    peaks[at] = *found;
}

static void add_peak(const el4ml_network *network, const el4ml_thermo *thermo, size_t top, el4ml_peak *peaks,
                     size_t *count, size_t capacity)
{
    el4ml_peak found = {0};
    found.temperature =
        refine(network, thermo->points[top - 1].temperature, thermo->points[top + 1].temperature);
    found.heat_capacity = network->kappa + el4ml_excess_heat_capacity(network, found.temperature);
    insert_peak(&found, peaks, count, capacity);
}

size_t el4ml_heat_capacity_peaks(const el4ml_network *network, const el4ml_thermo *thermo, el4ml_peak *peaks,
                                 size_t capacity)
{
    /* A rise or fall counts once it exceeds rounding: a flat top must not become many peaks. */
    const double step = 1e-9, least = 16 * DBL_EPSILON * fmax(1, network->kappa);
    size_t count = 0, extreme = 0; /* the highest point of a rise, the lowest of a fall */
    bool rising = true;
    for (size_t k = 1; k < thermo->count; k++) {
        const double here = excess(&thermo->points[k]), best = excess(&thermo->points[extreme]);
        if (rising ? here > best : here < best) {
            extreme = k;
        } else if (rising && here < best * (1 - step)) {
            if (extreme > 0 && best > least) add_peak(network, thermo, extreme, peaks, &count, capacity);
            rising = false;
            extreme = k;
        } else if (!rising && here > best * (1 + step)) {
            rising = true;
            extreme = k;
        }
    }
    for (size_t k = 0; k < count; k++)
        list_minima(network, &peaks[k]);
    return count;
}
