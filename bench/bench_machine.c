/* What this machine can do, by kernel set: what the limits in the table are computed from.
 * --heading: the table's first line. */
#include <string.h>

#include "measure.h"

int main(int count, char **words)
{
    if (count > 1 && strcmp(words[1], "--heading") == 0) {
        table_heading();
        return 0;
    }
    table_note("targets: %.0f GFLOP/s, %.2f ns a tanh, %.2f ns an exponential", machine_of_targets.gflops,
               machine_of_targets.tanh, machine_of_targets.exp);
    for (el4ml_kernel_set set = EL4ML_BASELINE; set <= el4ml_best_kernel_set(); set++) {
        const machine m = measure_machine(set);
        table_note("%s%s: %.1f GFLOP/s, %.2f ns a tanh, %.2f ns an exponential, %.2f ns a division",
                   el4ml_kernel_set_name(set), set == el4ml_best_kernel_set() ? " (in use)" : "", m.gflops,
                   m.tanh, m.exp, m.divide);
    }
    return 0;
}
