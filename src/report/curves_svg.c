/* Curves over temperature and energy, and the distribution of degrees. */
#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "el4ml/report.h"
#include "report/chart.h"
#include "report/literal.h"

enum { FEW_DEGREES = 12 }; /* beyond, both axes are logarithmic */

el4ml_curve_options el4ml_curve_options_default(void)
{
    return (el4ml_curve_options){
        .temperature = "temperature", .energy = "energy", .width = 640, .height = 360};
}

static el4ml_status out_of_memory(el4ml_error *error)
{
    return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "figure: out of memory");
}

static el4ml_chart chart_of(const el4ml_curve_options *o)
{
    return (el4ml_chart){.width = fmax(o->width, 200), .height = fmax(o->height, 200), .title = o->title};
}

/* ---- Over temperature ---- */

el4ml_status el4ml_entropy_svg(const el4ml_thermo *thermo, const el4ml_curve_options *options, char **svg,
                               el4ml_error *error)
{
    const el4ml_curve_options defaults = el4ml_curve_options_default(), *o = options ? options : &defaults;
    if (!thermo || !svg) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "figure: nothing given");
    const size_t n = thermo->count;
    double *curves = EL4ML_NEW(double, 2 * n);
    if (!curves) return out_of_memory(error);
    for (size_t k = 0; k < n; k++) {
        curves[k] = thermo->points[k].temperature;
        curves[n + k] = thermo->points[k].entropy;
    }
    char label[EL4ML_LITERAL_SIZE];
    const el4ml_series series = {.count = n, .x = curves, .y = curves + n, .width = 1.7};
    el4ml_chart chart = chart_of(o);
    chart.x_label = el4ml_literal(o->temperature, label);
    chart.y_label = "entropy *S* = \u2212\u03a3 *p* ln *p*";
    chart.x_logarithmic = chart.y_from_zero = true;
    chart.series = &series;
    chart.series_count = 1;
    chart.empty = "No minimum takes part in the thermodynamics.";
    const el4ml_status status = el4ml_chart_svg(&chart, svg, error);
    el4ml_release(curves);
    return status;
}

el4ml_status el4ml_frustration_svg(const el4ml_thermo *thermo, const el4ml_curve_options *options, char **svg,
                                   el4ml_error *error)
{
    const el4ml_curve_options defaults = el4ml_curve_options_default(), *o = options ? options : &defaults;
    if (!thermo || !svg) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "figure: nothing given");
    const size_t n = thermo->count;
    double *curves = EL4ML_NEW(double, 3 * n);
    if (!curves) return out_of_memory(error);
    for (size_t k = 0; k < n; k++) {
        curves[k] = thermo->points[k].temperature;
        curves[n + k] = thermo->points[k].frustration_normalised;
        curves[2 * n + k] = thermo->points[k].frustration;
    }
    char label[EL4ML_LITERAL_SIZE];
    const el4ml_series series[2] = {
        {.label = "normalised: *F\u0303*", .count = n, .x = curves, .y = curves + n, .width = 1.7},
        {.label = "*F*",
         .count = n,
         .x = curves,
         .y = curves + 2 * n,
         .colour = el4ml_palette_class(0),
         .dash = "6 3",
         .width = 1.3}};
    el4ml_chart chart = chart_of(o);
    chart.x_label = el4ml_literal(o->temperature, label);
    chart.y_label = "frustration";
    chart.x_logarithmic = chart.y_from_zero = true;
    chart.series = series;
    chart.series_count = 2;
    chart.empty = "Frustration takes a second minimum with a path to the lowest one.";
    const el4ml_status status = el4ml_chart_svg(&chart, svg, error);
    el4ml_release(curves);
    return status;
}

/* ---- Over energy ---- */

el4ml_status el4ml_caloric_svg(const el4ml_microcanonical *m, double lowest,
                               const el4ml_curve_options *options, char **svg, el4ml_error *error)
{
    const el4ml_curve_options defaults = el4ml_curve_options_default(), *o = options ? options : &defaults;
    if (!m || !svg) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "figure: nothing given");
    const size_t n = m->count;
    double *curves = EL4ML_NEW(double, 2 * n);
    if (!curves) return out_of_memory(error);
    for (size_t k = 0; k < n; k++) {
        curves[k] = m->points[k].energy - lowest;
        curves[n + k] = m->points[k].temperature;
    }
    /* Where both forms have the same probability density: Maxwell's construction. */
    const bool known = m->bend_count > 0 && isfinite(m->bends[0].transition_temperature);
    const el4ml_s_bend none = {0}, *bend = known ? &m->bends[0] : &none;
    const double ends[2] = {bend->energy_below - lowest, bend->energy_above - lowest},
                 level[2] = {bend->transition_temperature, bend->transition_temperature};
    const el4ml_series series[2] = {
        {.label = "*T*(*E*)", .count = n, .x = curves, .y = curves + n, .width = 1.7},
        {.label = "transition, equal areas",
         .count = 2,
         .x = ends,
         .y = level,
         .colour = el4ml_palette_class(1),
         .dash = "6 3",
         .width = 1.3}};
    el4ml_chart chart = chart_of(o);
    chart.x_label = "total energy above the lowest minimum";
    chart.y_label = "microcanonical temperature";
    chart.series = series;
    chart.series_count = known ? 2 : 1;
    chart.empty = "No minimum takes part in the thermodynamics.";
    const el4ml_status status = el4ml_chart_svg(&chart, svg, error);
    el4ml_release(curves);
    return status;
}

/* ---- Degrees ---- */

el4ml_status el4ml_degrees_svg(const el4ml_degrees *degrees, const el4ml_curve_options *options, char **svg,
                               el4ml_error *error)
{
    const el4ml_curve_options defaults = el4ml_curve_options_default(), *o = options ? options : &defaults;
    if (!degrees || !svg) return el4ml_fail(error, EL4ML_INVALID_ARGUMENT, "figure: nothing given");
    double *points = EL4ML_NEW(double, 2 * degrees->count + 2);
    size_t n = 0;
    if (!points) return out_of_memory(error);
    double *frequency = points + degrees->count + 1;
    for (size_t k = 1; k < degrees->count; k++) {
        if (degrees->frequency[k] == 0) continue;
        points[n] = (double)k;
        frequency[n++] = (double)degrees->frequency[k];
    }
    const el4ml_series series = {
        .count = n, .x = points, .y = frequency, .colour = el4ml_palette_class(0), .marker = 2.6};
    el4ml_chart chart = chart_of(o);
    chart.x_label = "degree: minima directly connected";
    chart.y_label = "minima of that degree";
    chart.x_logarithmic = chart.y_logarithmic = degrees->count > FEW_DEGREES;
    chart.x_whole = chart.y_whole = chart.y_from_zero = true;
    chart.series = &series;
    chart.series_count = 1;
    chart.empty = "No transition state joins two minima.";
    const el4ml_status status = el4ml_chart_svg(&chart, svg, error);
    el4ml_release(points);
    return status;
}
