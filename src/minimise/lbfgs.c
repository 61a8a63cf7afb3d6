#include "minimise/lbfgs.h"

#include <math.h>
#include <stdatomic.h>

#include "base/cpu.h"
#include "base/linalg.h"
#include "base/memory.h"
#include "minimise/lbfgs_kernels.h"

static const el4ml_lbfgs_kernels *kernels(void)
{
    static _Atomic(const el4ml_lbfgs_kernels *) chosen = NULL;
    const el4ml_lbfgs_kernels *k = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (k) return k;
    k = &el4ml_lbfgs_kernels_baseline;
#ifdef EL4ML_X86_KERNELS
    const el4ml_kernel_set set = el4ml_best_kernel_set();
    if (set == EL4ML_AVX2) k = &el4ml_lbfgs_kernels_avx2;
    if (set == EL4ML_AVX512) k = &el4ml_lbfgs_kernels_avx512;
#endif
    atomic_store_explicit(&chosen, k, memory_order_relaxed);
    return k;
}

bool el4ml_lbfgs_init(el4ml_lbfgs *l, size_t n, size_t history)
{
    *l = (el4ml_lbfgs){.history = history};
    l->rho = EL4ML_NEW(double, 2 * history);
    if (l->rho && el4ml_lbfgs_resize(l, n)) {
        l->alpha = l->rho + history;
        return true;
    }
    el4ml_lbfgs_clear(l);
    return false;
}

bool el4ml_lbfgs_resize(el4ml_lbfgs *l, size_t n)
{
    const size_t size = 2 * l->history * n;
    if (size > l->capacity) {
        el4ml_release(l->s);
        l->capacity = 0;
        l->s = EL4ML_NEW(double, size);
        if (!l->s) return false;
        l->capacity = size;
    }
    l->n = n;
    l->y = l->s + l->history * n;
    el4ml_lbfgs_forget(l);
    return true;
}

void el4ml_lbfgs_clear(el4ml_lbfgs *l)
{
    el4ml_release(l->s);
    el4ml_release(l->rho);
    *l = (el4ml_lbfgs){0};
}

void el4ml_lbfgs_forget(el4ml_lbfgs *l)
{
    l->stored = l->next = 0;
}

double *el4ml_lbfgs_slot_s(el4ml_lbfgs *l)
{
    return l->s + l->next * l->n;
}

double *el4ml_lbfgs_slot_y(el4ml_lbfgs *l)
{
    return l->y + l->next * l->n;
}

void el4ml_lbfgs_keep(el4ml_lbfgs *l, double least)
{
    const double *s = el4ml_lbfgs_slot_s(l), *y = el4ml_lbfgs_slot_y(l);
    const double sy = el4ml_dot(l->n, s, y);
    if (!(fabs(sy) > least * el4ml_dot(l->n, s, s))) return;
    l->rho[l->next] = 1 / sy;
    l->next = (l->next + 1) % l->history;
    if (l->stored < l->history) l->stored++;
}

/* Slot of the pair that is `age` pairs old, 0 the last. */
static size_t slot(const el4ml_lbfgs *l, size_t age)
{
    return (l->next + l->history - 1 - age) % l->history;
}

void el4ml_lbfgs_before(el4ml_lbfgs *l, double *q)
{
    const size_t n = l->n;
    if (l->stored == 0) return;
    double product = el4ml_dot(n, l->s + slot(l, 0) * n, q);
    for (size_t k = 0; k < l->stored; k++) {
        const size_t at = slot(l, k);
        l->alpha[at] = l->rho[at] * product;
        if (k + 1 < l->stored)
            product = kernels()->add_dot(n, -l->alpha[at], l->y + at * n, l->s + slot(l, k + 1) * n, q);
        else
            el4ml_axpy(n, -l->alpha[at], l->y + at * n, q);
    }
}

void el4ml_lbfgs_after(el4ml_lbfgs *l, double *d)
{
    const size_t n = l->n;
    if (l->stored == 0) return;
    double product = el4ml_dot(n, l->y + slot(l, l->stored - 1) * n, d);
    for (size_t k = l->stored; k-- > 0;) {
        const size_t at = slot(l, k);
        const double amount = l->alpha[at] - l->rho[at] * product;
        if (k > 0)
            product = kernels()->add_dot(n, amount, l->s + at * n, l->y + slot(l, k - 1) * n, d);
        else
            el4ml_axpy(n, amount, l->s + at * n, d);
    }
}

double el4ml_lbfgs_scale(const el4ml_lbfgs *l)
{
    if (l->stored == 0) return 1;
    const size_t last = slot(l, 0);
    const double *y = l->y + last * l->n;
    return 1 / (l->rho[last] * el4ml_dot(l->n, y, y));
}
