/* A PATHSAMPLE database of a million minima and three million transition states: parsing its text, importing
 * it, reading the landscape back, and writing it for others. CPU time and the memory of the process at its
 * peak.
 *
 *   bench_formats [--brief] [MINIMA TRANSITION_STATES] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "el4ml.h"
#include "landscape/foreign.h"

static double cpu(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static void finish(const char *what, double began, double millions)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    const double seconds = cpu() - began;
    printf("formats  %-34s %7.2f s  %6.0f ns a point  peak %5.0f MB so far\n", what, seconds,
           1e3 * seconds / millions, (double)usage.ru_maxrss / 1024);
    fflush(stdout);
}

static void check(el4ml_status status, const el4ml_error *error)
{
    if (status == EL4ML_OK) return;
    fprintf(stderr, "bench_formats: %s\n", el4ml_error_message(error));
    exit(1);
}

/* The formats in which PATHSAMPLE writes. */
static void make(const char *folder, size_t minima, size_t states)
{
    char path[256];
    el4ml_random random = el4ml_random_new(1, 2, 3);
    snprintf(path, sizeof path, "%s/min.data", folder);
    FILE *file = fopen(path, "w");
    if (!file) exit(1);
    for (size_t i = 0; i < minima; i++) {
        const double u = el4ml_random_uniform(&random), v = el4ml_random_uniform(&random);
        fprintf(file, "%20.10f%20.10f%6d%20.10f%20.10f%20.10f\n", -174 + 4 * u, 530 + 9 * v,
                1 + (i % 16 == 0), 50 + u, 60 + v, 70 + u);
    }
    fclose(file);
    snprintf(path, sizeof path, "%s/ts.data", folder);
    file = fopen(path, "w");
    if (!file) exit(1);
    for (size_t i = 0; i < states; i++) {
        const double u = el4ml_random_uniform(&random), v = el4ml_random_uniform(&random);
        const size_t a = i < minima ? i : (size_t)(u * (double)minima), b = (size_t)(v * (double)minima);
        fprintf(file, "%20.10f%20.10f%10d%10zu%10zu%20.10f%20.10f%20.10f\n", -170 + 4 * u, 520 + 9 * v, 1,
                a + 1, b + 1, 50 + u, 60 + v, 70 + u);
    }
    fclose(file);
}

static void parse(const char *folder, double millions)
{
    static const char *const names[2] = {"min.data", "ts.data"};
    el4ml_foreign f = {.kappa = NAN};
    el4ml_error error;
    char path[256], *bytes;
    size_t length;
    const double began = cpu();
    for (size_t k = 0; k < 2; k++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[k]);
        check(el4ml_file_read(path, &bytes, &length, &error), &error);
        check(k == 0 ? el4ml_parse_min_data(&f, path, bytes, length, &error)
                     : el4ml_parse_ts_data(&f, path, bytes, length, &error),
              &error);
        el4ml_release(bytes);
    }
    finish("read and parse the text", began, millions);
    el4ml_foreign_clear(&f);
}

static void export(el4ml_landscape *l, const char *folder, double millions)
{
    static const char *const names[3] = {"export for PATHSAMPLE", "export as GraphML", "export as JSON"};
    static const el4ml_format formats[3] = {EL4ML_PATHSAMPLE, EL4ML_GRAPHML, EL4ML_JSON};
    el4ml_error error;
    char path[256];
    for (size_t k = 0; k < 3; k++) {
        snprintf(path, sizeof path, "%s/out%zu", folder, k);
        const double began = cpu();
        check(el4ml_export(formats[k], l, path, NULL, NULL, &error), &error);
        finish(names[k], began, millions);
    }
}

static void run(const char *folder, size_t minima, size_t states)
{
    const double millions = (double)(minima + states) / 1e6;
    el4ml_error error;
    el4ml_landscape *l = NULL;
    el4ml_network *network = NULL;
    char target[256];
    make(folder, minima, states);
    printf("formats  %zu minima, %zu transition states\n", minima, states);
    parse(folder, millions);
    snprintf(target, sizeof target, "%s/db", folder);
    double began = cpu();
    check(el4ml_import(EL4ML_PATHSAMPLE, folder, target, NULL, NULL, &error), &error);
    finish("import into a landscape", began, millions);
    began = cpu();
    check(el4ml_landscape_read(target, &l, &error), &error);
    finish("read the landscape", began, millions);
    began = cpu();
    check(el4ml_landscape_network(l, &network, &error), &error);
    finish("network of it", began, millions);
    el4ml_network_free(network);
    export(l, folder, millions);
    el4ml_landscape_close(l);
}

int main(int count, char **words)
{
    char folder[] = "/tmp/el4ml-bench-XXXXXX", command[64];
    const bool brief = count > 1 && strcmp(words[1], "--brief") == 0;
    size_t minima = brief ? 10000 : 1000000, states = brief ? 30000 : 3000000;
    if (count == 3) {
        minima = strtoull(words[1], NULL, 10);
        states = strtoull(words[2], NULL, 10);
    }
    if (!mkdtemp(folder)) return 1;
    run(folder, minima, states);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? 0 : 1;
}
