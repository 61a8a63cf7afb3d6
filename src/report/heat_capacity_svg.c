/* The heat capacity curve: C_V - kappa (or C_V), its parts C+ and C-, its peaks. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "el4ml/report.h"
#include "report/chart.h"

enum { MOST_PEAKS = 32 };

el4ml_heat_capacity_options el4ml_heat_capacity_options_default(void)
{
    return (el4ml_heat_capacity_options){.temperature = "temperature", .width = 640, .height = 400};
}

/* Rich text takes * _ ^ as marks; a user's axis label is to be taken literally. */
static void literal(const char *text, char *out, size_t size)
{
    size_t at = 0;
    for (; *text && at + 4 < size; text++) {
        if (*text == '*') { /* U+2217, the same to the eye */
            memcpy(out + at, "\u2217", 3);
            at += 3;
        } else if ((*text == '_' || *text == '^') && text[1] == '{') {
            out[at++] = *text;
            memcpy(out + at, "\u200b", 3);
            at += 3;
        } else {
            out[at++] = *text;
        }
    }
    out[at] = '\0';
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
    char temperature[256];
    literal(o->temperature ? o->temperature : "temperature", temperature, sizeof temperature);
    const el4ml_series series[3] = {
        {o->total ? "*C_{V}*" : "*C_{V}* \u2212 *\u03ba*", n, curves, curves + n, NULL, NULL, 1.7},
        {o->total ? "*\u03ba* + *C*_{+}" : "*C*_{+}", n, curves, curves + 2 * n, el4ml_palette_class(1),
         "6 3", 1.3},
        {o->total ? "*\u03ba* + *C*_{\u2212}" : "*C*_{\u2212}", n, curves, curves + 3 * n,
         el4ml_palette_class(0), "2 3", 1.5}};
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
