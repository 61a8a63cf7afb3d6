#include "measure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/vector_math_kernels.h"
#include "peak.h"

const machine machine_of_targets = {111, 0.42, 0.36, 0};

double cpu_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

double least_time(void (*call)(void *), void *argument, double length, int repetitions)
{
    call(argument);
    double start = cpu_time();
    call(argument);
    const double once = cpu_time() - start + 0.1;
    const long calls = once > length ? 1 : (long)(length / once) + 1;
    double best = 1e300;
    for (int r = 0; r < repetitions; r++) {
        start = cpu_time();
        for (long c = 0; c < calls; c++)
            call(argument);
        const double time = (cpu_time() - start) / (double)calls;
        if (time < best) best = time;
    }
    return best;
}

/* ---- The machine ---- */

enum { ELEMENTS = 1024, ROUNDS = 4000, BATCHES = 5 };

typedef struct function_job {
    el4ml_vector_function *f;
    const double *x;
    double *y;
} function_job;

static void call_function(void *argument)
{
    const function_job *j = argument;
    j->f(ELEMENTS, j->x, j->y);
}

typedef struct loop_job {
    double (*loop)(long rounds);
    double result;
} loop_job;

static void call_loop(void *argument)
{
    loop_job *j = argument;
    j->result += j->loop(ROUNDS);
}

static double per_element(el4ml_vector_function *f, double low, double high)
{
    static double x[ELEMENTS] __attribute__((aligned(64))), y[ELEMENTS] __attribute__((aligned(64)));
    for (int i = 0; i < ELEMENTS; i++) /* in an order without a pattern */
        x[i] = low + (high - low) * (double)(i * 619 % ELEMENTS) / ELEMENTS;
    function_job j = {f, x, y};
    return least_time(call_function, &j, 200, BATCHES) * 1e3 / ELEMENTS;
}

machine measure_machine(el4ml_kernel_set set)
{
    const el4ml_vector_math *v = &el4ml_vector_math_baseline;
    const peak_loops *p = &peak_baseline;
#ifdef EL4ML_X86_KERNELS
    if (set == EL4ML_AVX2) {
        v = &el4ml_vector_math_avx2;
        p = &peak_avx2;
    } else if (set == EL4ML_AVX512) {
        v = &el4ml_vector_math_avx512;
        p = &peak_avx512;
    }
#endif
    (void)set;
    loop_job fused = {p->multiply_add, 0}, division = {p->divide, 0};
    return (machine){.gflops = p->flops * ROUNDS / (least_time(call_loop, &fused, 200, BATCHES) * 1e3),
                     .divide = least_time(call_loop, &division, 200, BATCHES) * 1e3 / (p->divisions * ROUNDS),
                     .tanh = per_element(v->tanh, -3, 3),
                     .exp = per_element(v->exp_nonpositive, -12, 0)};
}

/* ---- The table ---- */

enum { MOST_RIVALS = 200 };

static struct rival {
    char name[64], who[64], unit[8];
    double value;
} rivals[MOST_RIVALS];
static size_t rival_count;

static void read_rivals(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) return;
    struct rival *r = rivals;
    while (rival_count < MOST_RIVALS &&
           fscanf(file, " %63[^\t] %63[^\t] %lf %7s", r->name, r->who, &r->value, r->unit) == 4) {
        rival_count++;
        r++;
    }
    fclose(file);
}

bool table_begin(int count, char **words)
{
    bool brief = false;
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "--brief") == 0) brief = true;
        if (strcmp(words[i], "--rivals") == 0 && i + 1 < count) read_rivals(words[++i]);
    }
    return brief;
}

static const char *number(char text[32], double value, const char *unit)
{
    if (value > 0)
        snprintf(text, 32, "%.*f %s", value < 0.095 ? 3 : value < 99.5 ? 2 : 0, value, unit);
    else
        snprintf(text, 32, "-");
    return text;
}

void table_heading(void)
{
    printf("%-34s %11s %11s %11s %11s %6s  %s\n", "case", "ours", "target", "target here", "limit", "ratio",
           "others, when the targets were set; here and now");
}

void table_line(const line *l)
{
    char ours[32], target[32], scaled[32], limit[32], ratio[32] = "-";
    if (l->limit > 0) snprintf(ratio, sizeof ratio, "%.2f", l->limit / l->ours);
    printf("%-34s %11s %11s %11s %11s %6s  %s", l->name, number(ours, l->ours, l->unit),
           number(target, l->target, l->unit), number(scaled, l->target * l->scale, l->unit),
           number(limit, l->limit, l->unit), ratio, l->then ? l->then : "-");
    const char *before = "; here ";
    for (size_t i = 0; i < rival_count; i++)
        if (strcmp(rivals[i].name, l->name) == 0) {
            char text[32];
            printf("%s%s %s", before, rivals[i].who, number(text, rivals[i].value, rivals[i].unit));
            before = ", ";
        }
    printf("\n");
    fflush(stdout);
}

void table_note(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    printf("\n");
    fflush(stdout);
}
