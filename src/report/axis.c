#include "report/axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

el4ml_axis el4ml_axis_new(bool logarithmic, double low, double high, double start, double end)
{
    if (!(high > low)) {
        const double middle = low;
        low = logarithmic ? middle / 2 : middle - fmax(1e-3 * fabs(middle), 1e-9);
        high = logarithmic ? middle * 2 : middle + fmax(1e-3 * fabs(middle), 1e-9);
    }
    return (el4ml_axis){logarithmic, low, high, start, end};
}

double el4ml_axis_place(const el4ml_axis *axis, double value)
{
    const double t = axis->logarithmic ? log(value / axis->low) / log(axis->high / axis->low)
                                       : (value - axis->low) / (axis->high - axis->low);
    return axis->start + t * (axis->end - axis->start);
}

/* The smallest of 1, 2, 5 times a power of ten that gives at most `wanted` steps. */
static double round_step(double span, size_t wanted)
{
    const double rough = span / (double)wanted;
    const double power = pow(10, floor(log10(rough) + 1e-9));
    const double times = rough / power * (1 - 1e-9);
    return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
}

void el4ml_axis_round(el4ml_axis *axis, size_t wanted)
{
    const double step = round_step(axis->high - axis->low, wanted);
    axis->low = step * floor(axis->low / step + 1e-9);
    axis->high = step * ceil(axis->high / step - 1e-9);
}

static el4ml_tick *add_tick(el4ml_ticks *ticks, double value, bool major)
{
    if (ticks->count == EL4ML_MAX_TICKS) return NULL;
    el4ml_tick *tick = &ticks->tick[ticks->count++];
    *tick = (el4ml_tick){.value = value, .major = major};
    return tick;
}

static void set_text(el4ml_ticks *ticks, el4ml_tick *tick, const char *text)
{
    snprintf(tick->text, sizeof tick->text, "%.46s", text);
    ticks->width = fmax(ticks->width, el4ml_svg_text_width(tick->text, 1));
}

/* A fixed number of decimals, with a true minus sign. */
static void fixed_text(el4ml_ticks *ticks, el4ml_tick *tick, double value, int decimals)
{
    char number[EL4ML_NUMBER_SIZE], text[EL4ML_NUMBER_SIZE + 4];
    el4ml_number_fixed(value, decimals, number);
    snprintf(text, sizeof text, "%s%s", number[0] == '-' ? "\u2212" : "",
             number[0] == '-' ? number + 1 : number);
    set_text(ticks, tick, text);
}

static void linear_ticks(const el4ml_axis *axis, size_t wanted, el4ml_ticks *ticks)
{
    const double span = axis->high - axis->low, step = round_step(span, wanted);
    const double largest = fmax(fabs(axis->low), fabs(axis->high));
    const int size = (int)floor(log10(largest)), fine = (int)floor(log10(step) + 1e-9);
    if (size >= 5 || size <= -4) ticks->exponent = size;
    const double unit = pow(10, ticks->exponent);
    const int decimals = fine < ticks->exponent ? ticks->exponent - fine : 0;
    const double first = ceil(axis->low / step - 1e-9), last = floor(axis->high / step + 1e-9);
    for (double k = first; k <= last; k++) {
        el4ml_tick *tick = add_tick(ticks, k * step, true);
        if (!tick) return;
        fixed_text(ticks, tick, k * step / unit, decimals);
    }
}

static void power_text(el4ml_ticks *ticks, el4ml_tick *tick, int exponent, bool plain)
{
    char text[EL4ML_NUMBER_SIZE];
    if (plain || exponent == 0 || exponent == 1)
        el4ml_number_fixed(pow(10, exponent), exponent < 0 ? -exponent : 0, text);
    else
        snprintf(text, sizeof text, "10^{%s%d}", exponent < 0 ? "\u2212" : "", abs(exponent));
    set_text(ticks, tick, text);
}

/* Over a decade or two the powers of ten alone would be too few: 1, 2, 5 are labelled. */
static void short_log_ticks(const el4ml_axis *axis, int low, int high, el4ml_ticks *ticks)
{
    for (int e = low; e <= high; e++) {
        for (int times = 1; times <= 9; times++) {
            const double value = times * pow(10, e);
            if (value < axis->low * (1 - 1e-12) || value > axis->high * (1 + 1e-12)) continue;
            const bool major = times == 1 || times == 2 || times == 5;
            el4ml_tick *tick = add_tick(ticks, value, major);
            if (!tick) return;
            char text[EL4ML_NUMBER_SIZE];
            el4ml_number_rich(value, 1, text);
            if (major) set_text(ticks, tick, text);
        }
    }
}

static void log_ticks(const el4ml_axis *axis, size_t wanted, el4ml_ticks *ticks)
{
    const int low = (int)floor(log10(axis->low) + 1e-9), high = (int)floor(log10(axis->high) + 1e-9);
    if (axis->high < 5 * axis->low) {
        linear_ticks(axis, wanted, ticks);
        return;
    }
    if (axis->high < 300 * axis->low) {
        short_log_ticks(axis, low, high, ticks);
        return;
    }
    const int every = 1 + (high - low) / (int)(wanted ? wanted : 1);
    const bool fine = high - low <= 10;
    for (int e = low; e <= high; e++) {
        for (int times = 1; times <= (fine ? 9 : 1); times++) {
            const double value = times * pow(10, e);
            if (value < axis->low * (1 - 1e-12) || value > axis->high * (1 + 1e-12)) continue;
            const bool major = times == 1 && e % every == 0;
            el4ml_tick *tick = add_tick(ticks, value, major);
            if (!tick) return;
            if (major) power_text(ticks, tick, e, low >= -2 && high <= 3);
        }
    }
}

void el4ml_axis_ticks(const el4ml_axis *axis, size_t wanted, el4ml_ticks *ticks)
{
    memset(ticks, 0, sizeof *ticks);
    if (axis->logarithmic)
        log_ticks(axis, wanted, ticks);
    else
        linear_ticks(axis, wanted, ticks);
}

void el4ml_ticks_exponent(el4ml_markup *m, const el4ml_ticks *ticks, double x, double y,
                          const el4ml_lettering *lettering)
{
    char text[EL4ML_NUMBER_SIZE];
    if (ticks->exponent == 0) return;
    snprintf(text, sizeof text, "\u00d7 10^{%s%d}", ticks->exponent < 0 ? "\u2212" : "",
             abs(ticks->exponent));
    el4ml_svg_rich(m, x, y, lettering, text);
}
