/* What the benchmarks share: CPU time, the limits of this machine, and the lines of the one table that
 * `make bench` prints (tools/bench runs the programs and prints the heading). */
#ifndef EL4ML_BENCH_MEASURE_H
#define EL4ML_BENCH_MEASURE_H

#include <stdbool.h>

#include "base/cpu.h"

/* CPU time of this process in us. */
double cpu_time(void);

/* Least CPU time, in us, of a call, in `repetitions` batches of about `length` us. */
double least_time(void (*call)(void *), void *argument, double length, int repetitions);

/* What bounds a kernel: multiplications and additions in registers, fused where the set has it, and the
 * vector functions of src/base on an array in the first cache. */
typedef struct machine {
    double gflops;            /* double precision, 10^9 a second */
    double tanh, exp, divide; /* ns an element */
} machine;

/* Of the machine now, with kernels of `set`; a few ms. Measured beside each case, so that a clock that
 * changes between two cases does not make their ratios lie. */
machine measure_machine(el4ml_kernel_set set);

/* Where the targets and the others' times were measured: one core, AVX-512. Divisions were not. */
extern const machine machine_of_targets;

typedef struct line {
    const char *name; /* rivals.py knows the case by it */
    double ours;
    const char *unit; /* of all numbers: "us", "ms" or "s" of CPU time, or "/s", where more is better */
    double target;    /* 0: none */
    double scale;     /* times the target: as near the limit here as the target was there; 0: unknown */
    double limit;     /* 0: none */
    const char *then; /* what others took where the targets were set */
} line;

/* Reads `--brief` and `--rivals FILE`, the lines of rivals.py; returns whether it is to be brief. */
bool table_begin(int count, char **words);
void table_heading(void);
void table_line(const line *l);
/* A line of text between the others. */
void table_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
