/* What a second thread is worth: whole runs (explore, then connect) in wall-clock time on one and on two
 * threads in turn, the median ratio of five such pairs; and what the machine allows: two processes that share
 * nothing, each a run on one thread, at the same time. Only worth reading on a machine that has nothing else
 * to do. `--brief`: one pair, a tenth of the work. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "el4ml.h"

#define PAIRS 5

static void stop(const el4ml_error *error)
{
    fprintf(stderr, "bench_threads: %s\n", el4ml_error_message(error));
    exit(1);
}

typedef struct job {
    const char *name, *example;
    uint64_t steps, budget;
    el4ml_study *study;
    el4ml_data *data;
    el4ml_surface *surface;
} job;

/* Seconds that exploring and connecting take. */
static void run(const job *j, unsigned threads, double seconds[2])
{
    el4ml_error error = {0};
    char folder[] = "/tmp/el4ml-bench-XXXXXX", command[64];
    if (!mkdtemp(folder)) exit(1);
    const el4ml_identity identity = {.study = "bench",
                                     .data_sha256 = "",
                                     .dimension = j->surface->info.dimension,
                                     .zero_modes = j->surface->info.usual_zero_modes};
    el4ml_landscape *l;
    if (el4ml_landscape_open(folder, &identity, &l, &error) != EL4ML_OK) stop(&error);
    const el4ml_run_options options = {.threads = threads};
    bool time_up;
    double began = el4ml_clock();
    if (el4ml_run_explore(j->study, j->surface, j->data, l, &options, &time_up, &error) != EL4ML_OK)
        stop(&error);
    seconds[0] = el4ml_clock() - began;
    began = el4ml_clock();
    if (el4ml_run_connect(j->study, j->surface, j->data, l, &options, &time_up, &error) != EL4ML_OK)
        stop(&error);
    seconds[1] = el4ml_clock() - began;
    el4ml_landscape_close(l);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) exit(1);
}

/* Seconds until two runs on one thread, in processes of their own, are both done. */
static double run_twice(const job *j)
{
    const double began = el4ml_clock();
    for (int k = 0; k < 2; k++) {
        const pid_t child = fork();
        if (child < 0) exit(1);
        if (child > 0) continue;
        double seconds[2];
        run(j, 1, seconds);
        _exit(0);
    }
    for (int k = 0; k < 2; k++)
        if (wait(NULL) < 0) exit(1);
    return el4ml_clock() - began;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(job *j, bool brief)
{
    el4ml_error error = {0};
    char path[1024];
    snprintf(path, sizeof path, "%s/examples/%s", EL4ML_SOURCE_DIR, j->example);
    if (el4ml_study_read(path, &j->study, &error) != EL4ML_OK) stop(&error);
    if (el4ml_study_open(j->study, &j->data, &j->surface, &error) != EL4ML_OK) stop(&error);
    j->study->steps = j->steps / (brief ? 10 : 1);
    j->study->budget = j->budget / (brief ? 10 : 1);
    j->study->goal = EL4ML_EXHAUST;
    const int pairs = brief ? 1 : PAIRS;
    double gain[2][PAIRS], allowed[PAIRS], one[2], two[2];
    for (int k = 0; k < pairs; k++) {
        run(j, 1, one);
        run(j, 2, two);
        for (int stage = 0; stage < 2; stage++)
            gain[stage][k] = one[stage] / two[stage];
        allowed[k] = 2 * (one[0] + one[1]) / run_twice(j);
    }
    for (int stage = 0; stage < 2; stage++) {
        qsort(gain[stage], (size_t)pairs, sizeof(double), compare);
        printf("two threads  %-10s %-10s %5.2f times one (%.2f ... %.2f; target 1.9), the last pair %.2f and "
               "%.2f s\n",
               j->name, stage ? "connecting" : "exploring", gain[stage][pairs / 2], gain[stage][0],
               gain[stage][pairs - 1], one[stage], two[stage]);
    }
    qsort(allowed, (size_t)pairs, sizeof(double), compare);
    printf("two processes %-9s %-10s %5.2f times one (%.2f ... %.2f): what the machine allows\n", j->name,
           "both", allowed[pairs / 2], allowed[0], allowed[pairs - 1]);
    el4ml_surface_free(j->surface);
    el4ml_data_free(j->data);
    el4ml_study_free(j->study);
}

int main(int count, char **words)
{
    const bool brief = count > 1 && strcmp(words[1], "--brief") == 0;
    job jobs[] = {{.name = "iris", .example = "iris.toml", .steps = 8000, .budget = 1000},
                  {.name = "LJ13", .example = "lj13.toml", .steps = 40000, .budget = 2000}};
    for (size_t k = 0; k < sizeof jobs / sizeof *jobs; k++)
        measure(&jobs[k], brief);
    return 0;
}
