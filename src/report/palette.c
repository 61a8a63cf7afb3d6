#include <stdio.h>

#include "report/svg.h"

const char *el4ml_palette_class(size_t index)
{
    static const char *const colours[7] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                           "#e69f00", "#56b4e9", "#7f7f7f"};
    return colours[index % 7];
}

void el4ml_palette_sequential(double t, char out[8])
{
    /* viridis, without its palest end, which is lost on white paper */
    static const double stops[9][3] = {{68, 1, 84},    {71, 39, 119},  {62, 74, 137},
                                       {49, 104, 142}, {38, 130, 142}, {31, 158, 137},
                                       {53, 183, 121}, {110, 206, 88}, {181, 222, 43}};
    const double at = (t > 0 ? t < 1 ? t : 1 : 0) * 8;
    const size_t k = at >= 8 ? 7 : (size_t)at;
    unsigned rgb[3];
    for (size_t c = 0; c < 3; c++)
        rgb[c] = (unsigned)(stops[k][c] + (at - (double)k) * (stops[k + 1][c] - stops[k][c]) + 0.5);
    snprintf(out, 8, "#%02x%02x%02x", rgb[0] & 255, rgb[1] & 255, rgb[2] & 255);
}
