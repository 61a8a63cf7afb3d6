/* The heat capacity curve: C_V - kappa (or C_V), its parts C+ and C-, its peaks. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "el4ml/report.h"
#include "report/chart.h"
#include "report/literal.h"

enum { MOST_PEAKS = 32 };

el4ml_heat_capacity_options el4ml_heat_capacity_options_default(void)
{
    return (el4ml_heat_capacity_options){.temperature = "temperature", .width = 640, .height = 400};
}

static void set_marks(const el4ml_peak *peaks, size_t count, double base, el4ml_mark *marks)
{
    for (size_t k = 0; k < count; k++) {
        char number[EL4ML_NUMBER_SIZE];
        el4ml_number_rich(peaks[k].temperature, 3, number);
        marks[k].x = peaks[k].temperature;
        marks[k].y = peaks[k].heat_capacity - base;
        snprintf(marks[k].label, sizeof marks[k].label, "*T* = %s", number);
    }
}

/* curves: (4, count): T, C, C+, C-. */
static void set_curves(const el4ml_thermo *thermo, double kappa, bool total, double *curves)
{
    const size_t n = thermo->count;
    for (size_t k = 0; k < n; k++) {
        const el4ml_thermo_point *point = &thermo->points[k];
        curves[k] = point->temperature;
        curves[n + k] = point->heat_capacity - (total ? 0 : kappa);
        curves[2 * n + k] = point->c_plus + (total ? kappa : 0);
        curves[3 * n + k] = point->c_minus + (total ? kappa : 0);
    }
}

static el4ml_status draw(const el4ml_thermo *thermo, const el4ml_peak *peaks, size_t peak_count, double kappa,
                         const el4ml_heat_capacity_options *o, double *curves, char **svg, el4ml_error *error)
{
    const size_t n = thermo->count;
    set_curves(thermo, kappa, o->total, curves);
    el4ml_mark marks[MOST_PEAKS];
    if (peak_count > MOST_PEAKS) peak_count = MOST_PEAKS;
    set_marks(peaks, peak_count, o->total ? 0 : kappa, marks);
    char temperature[EL4ML_LITERAL_SIZE];
    el4ml_literal(o->temperature ? o->temperature : "temperature", temperature);
    const el4ml_series series[3] = {{.label = o->total ? "*C_{V}*" : "*C_{V}* \u2212 *\u03ba*",
                                     .count = n,
                                     .x = curves,
                                     .y = curves + n,
                                     .width = 1.7},
                                    {.label = o->total ? "*\u03ba* + *C*_{+}" : "*C*_{+}",
                                     .count = n,
                                     .x = curves,
                                     .y = curves + 2 * n,
                                     .colour = el4ml_palette_class(1),
                                     .dash = "6 3",
                                     .width = 1.3},
                                    {.label = o->total ? "*\u03ba* + *C*_{\u2212}" : "*C*_{\u2212}",
                                     .count = n,
                                     .x = curves,
                                     .y = curves + 3 * n,
                                     .colour = el4ml_palette_class(0),
                                     .dash = "2 3",
                                     .width = 1.5}};
    const el4ml_chart chart = {.width = fmax(o->width, 200),
                               .height = fmax(o->height, 200),
                               .title = o->title,
                               .x_label = temperature,
                               .y_label = o->total ? "heat capacity *C_{V}*"
                                                   : "heat capacity *C_{V}* \u2212 *\u03ba*",
                               .x_logarithmic = true,
                               .y_from_zero = !o->total,
                               .series = series,
                               .series_count = 3,
                               .marks = marks,
                               .mark_count = peak_count,
                               .empty = "No minimum takes part in the thermodynamics."};
    return el4ml_chart_svg(&chart, svg, error);
}

el4ml_status el4ml_heat_capacity_svg(const el4ml_thermo *thermo, const el4ml_peak *peaks, size_t peak_count,
                                     double kappa, const el4ml_heat_capacity_options *options, char **svg,
                                     el4ml_error *error)
{
    if (!thermo || !svg || (peak_count && !peaks))
        return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "heat capacity figure: nothing given");
    const el4ml_heat_capacity_options defaults = el4ml_heat_capacity_options_default();
    double *curves = EL4ML_NEW(double, 4 * thermo->count);
    if (!curves) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "heat capacity figure: out of memory");
    const el4ml_status status =
        draw(thermo, peaks, peak_count, kappa, options ? options : &defaults, curves, svg, error);
    el4ml_release(curves);
    return status;
}
