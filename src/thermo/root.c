/* False position with Illinois's modification (Dowell and Jarratt, BIT 11, 168, 1971); every fourth step
 * halves the bracket, so that it ends whatever the function. */
#include "thermo/root.h"

#include <math.h>
#include <stdbool.h>

double el4ml_find_root(el4ml_root_function *f, void *context, el4ml_bracket b, double tolerance)
{
    double weight_low = 1, weight_high = 1;
    int moved = 0; /* which end the last step moved */
    for (int step = 0; step < 200 && b.high - b.low > tolerance; step++) {
        const double low = weight_low * b.at_low, high = weight_high * b.at_high;
        double x = b.low + (b.high - b.low) * (low / (low - high));
        if (step % 4 == 3 || !(x > b.low && x < b.high)) x = b.low + (b.high - b.low) / 2;
        if (x <= b.low || x >= b.high) break; /* neighbouring numbers */
        const double here = f(context, x);
        if (here == 0) return x;
        if ((here > 0) == (b.at_low > 0)) {
            weight_high = moved == -1 ? weight_high / 2 : 1;
            weight_low = 1;
            moved = -1;
            b.low = x;
            b.at_low = here;
        } else {
            weight_low = moved == 1 ? weight_low / 2 : 1;
            weight_high = 1;
            moved = 1;
            b.high = x;
            b.at_high = here;
        }
    }
    return fabs(b.at_low) < fabs(b.at_high) ? b.low : b.high;
}
