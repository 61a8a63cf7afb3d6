/* check: the surface's derivatives and symmetry against each other at a random point, and the cost of each
 * call. */
#include "program.h"

#include <stdio.h>

static void print_check(const el4ml_surface *surface, const el4ml_surface_check *c)
{
    printf("%s, %zu parameters, %zu zero modes\n", surface->info.description, surface->info.dimension,
           c->zero_modes);
    for (size_t i = 0; surface->info.lower && i < surface->info.dimension; i++) {
        const char *name = surface->info.coordinate_names ? surface->info.coordinate_names[i] : NULL;
        printf("  %3zu  %-24s from %-9.4g to %.4g\n", i, name ? name : "", surface->info.lower[i],
               surface->info.upper[i]);
    }
    printf("gradient against differences          %.2e\n", c->gradient_error);
    if (surface->info.second_derivatives) {
        printf("Hessian-vector product, differences   %.2e\n", c->hessian_product_error);
        printf("Hessian against products              %.2e\n", c->hessian_error);
    }
    printf("value under symmetry operations       %.2e\n", c->symmetry_error);
    printf("alignment of symmetry copies          %.2e\n", c->alignment_error);
    printf("cost: gradient %.3g us, Hessian-vector product %.3g us, Hessian %.3g us\n",
           1e6 * c->seconds_gradient, 1e6 * c->seconds_hessian_product, 1e6 * c->seconds_hessian);
    printf("%s\n", c->passed ? "passed" : "FAILED");
}

int command_check(const arguments *a)
{
    el4ml_error error = {0};
    opened o;
    if (open_study(a->words[0], a, &o, &error) != EL4ML_OK) return report_error(&error);
    el4ml_surface_check check;
    int code = EXIT_DONE;
    if (el4ml_start_check(o.study, o.surface, o.data, &error) != EL4ML_OK ||
        el4ml_check_surface(o.surface, o.study->seed, &check, &error) != EL4ML_OK)
        code = report_error(&error);
    else if (a->json)
        code = print_json(el4ml_check_json(o.surface, &check));
    else
        print_check(o.surface, &check);
    if (code == EXIT_DONE && !check.passed) code = EXIT_FAILED;
    close_study(&o);
    return code;
}
