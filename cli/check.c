/* check: the surface's derivatives and symmetry against each other at a random point, and the cost of each call. */
#include "program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int command_check(const arguments *a)
{
    el4ml_error error = {0};
    opened o;
    if (open_study(a->words[0], a, &o, &error) != EL4ML_OK) return report_error(&error);
    el4ml_surface_check check;
    int code = EXIT_DONE;
    if (el4ml_check_surface(o.surface, o.study->seed, &check, &error) != EL4ML_OK) {
        code = report_error(&error);
    } else if (a->json) {
        printf("{\"dimension\": %zu, \"gradient_error\": %.3g, \"hessian_product_error\": %.3g, \"hessian_error\": %.3g, "
               "\"symmetry_error\": %.3g, \"alignment_error\": %.3g, \"zero_modes\": %zu, \"seconds_gradient\": %.4g, "
               "\"seconds_hessian_product\": %.4g, \"seconds_hessian\": %.4g, \"passed\": %s}\n",
               o.surface->info.dimension, check.gradient_error, check.hessian_product_error, check.hessian_error,
               check.symmetry_error, check.alignment_error, check.zero_modes, check.seconds_gradient,
               check.seconds_hessian_product, check.seconds_hessian, check.passed ? "true" : "false");
    } else {
        printf("%s, %zu parameters, %zu zero modes\n", o.surface->info.description, o.surface->info.dimension,
               check.zero_modes);
        printf("gradient against differences          %.2e\n", check.gradient_error);
        if (o.surface->info.second_derivatives) {
            printf("Hessian-vector product, differences   %.2e\n", check.hessian_product_error);
            printf("Hessian against products              %.2e\n", check.hessian_error);
        }
        printf("value under symmetry operations       %.2e\n", check.symmetry_error);
        printf("alignment of symmetry copies          %.2e\n", check.alignment_error);
        printf("cost: gradient %.3g us, Hessian-vector product %.3g us, Hessian %.3g us\n", 1e6 * check.seconds_gradient,
               1e6 * check.seconds_hessian_product, 1e6 * check.seconds_hessian);
        printf("%s\n", check.passed ? "passed" : "FAILED");
    }
    if (code == EXIT_DONE && !check.passed) code = EXIT_FAILED;
    close_study(&o);
    return code;
}
