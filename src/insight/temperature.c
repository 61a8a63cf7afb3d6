#include <math.h>

#include "base/memory.h"
#include "el4ml/answers.h"

double el4ml_middle_temperature(const el4ml_study *study, const el4ml_peaks *peaks)
{
    if (peaks && peaks->count > 0) return peaks->peaks[0].temperature;
    return sqrt(study->temperature_from) * sqrt(study->temperature_to);
}

el4ml_status el4ml_usual_temperature(const el4ml_network *network, const el4ml_merge_tree *tree,
                                     const el4ml_study *study, double *temperature, el4ml_error *error)
{
    const size_t count = (size_t)study->temperature_count;
    double *grid = EL4ML_NEW(double, count);
    el4ml_thermo *thermo = NULL;
    el4ml_peaks *peaks = NULL;
    el4ml_peak_options options = el4ml_peak_options_default();
    options.most = 1;
    if (!grid) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "temperature: out of memory");
    el4ml_log_temperatures(study->temperature_from, study->temperature_to, count, grid);
    el4ml_status status = el4ml_thermo_new(network, tree, grid, count, &thermo, error);
    el4ml_release(grid);
    if (status == EL4ML_OK) status = el4ml_peaks_new(network, thermo, &options, &peaks, error);
    if (status == EL4ML_OK) *temperature = el4ml_middle_temperature(study, peaks);
    el4ml_thermo_free(thermo);
    el4ml_peaks_free(peaks);
    return status;
}
