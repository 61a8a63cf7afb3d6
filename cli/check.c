/* check: the surface's derivatives and symmetry against each other at a random point, its zero modes at a
 * minimum, and the cost of each call. */
#include "program.h"

#include <stdio.h>

static void print_symmetry(const el4ml_surface *surface, const el4ml_surface_check *c)
{
    if (surface->ops.random_operation) {
        printf("value under symmetry operations       %.2e\n", c->symmetry_error);
        printf("alignment of symmetry copies          %.2e\n", c->alignment_error);
        printf("copies taken for other points, others for copies: %zu\n", c->wrong_identities);
    } else {
        printf("no symmetry operations\n");
    }
    if (surface->ops.batch_value_gradient)
        printf("mini-batches against all rows         %.2e\n", c->batch_error);
    if (c->zero_modes > 0) printf("slope along zero modes                %.2e\n", c->zero_mode_error);
}

static void print_minimum(const el4ml_minimum_check *m)
{
    if (!m->found) {
        if (m->tried) printf("no minimum was reached from ten starts: is V bounded below?\n");
        return;
    }
    printf("at a minimum, V = %.10g: %zu flat direction%s, %zu zero mode%s declared", m->value, m->flat,
           m->flat == 1 ? "" : "s", m->zero_modes, m->zero_modes == 1 ? "" : "s");
    if (m->zero_modes > 0) printf(", curvature along them %.2e", m->zero_mode_curvature);
    printf("\n");
    if (m->flat > m->zero_modes)
        printf("a minimum with flat directions beyond the zero modes cannot be proved: declare them "
               "(zero_modes), or make V curved there\n");
}

static void print_check(const el4ml_surface *surface, const el4ml_surface_check *c,
                        const el4ml_minimum_check *minimum)
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
    print_symmetry(surface, c);
    print_minimum(minimum);
    printf("cost: gradient %.3g us", 1e6 * c->seconds_gradient);
    if (surface->info.second_derivatives)
        printf(", Hessian-vector product %.3g us, Hessian %.3g us", 1e6 * c->seconds_hessian_product,
               1e6 * c->seconds_hessian);
    printf("\n%s\n", c->passed && minimum->passed ? "passed" : "FAILED");
}

int command_check(const arguments *a)
{
    el4ml_error error = {0};
    opened o;
    if (open_study(a->words[0], a, &o, &error) != EL4ML_OK) return report_error(&error);
    el4ml_surface_check check;
    el4ml_minimum_check minimum = {.passed = true};
    int code = EXIT_DONE;
    if (el4ml_start_check(o.study, o.surface, o.data, &error) != EL4ML_OK ||
        el4ml_check_surface(o.surface, o.study->seed, &check, &error) != EL4ML_OK ||
        (check.passed && el4ml_check_minimum(o.surface, o.study->seed, &minimum, &error) != EL4ML_OK))
        code = report_error(&error);
    else if (a->json)
        code = print_json(el4ml_check_json(o.surface, &check, &minimum));
    else
        print_check(o.surface, &check, &minimum);
    if (code == EXIT_DONE && !(check.passed && minimum.passed)) code = EXIT_FAILED;
    code = plugin_fault(&o, code);
    close_study(&o);
    return code;
}
