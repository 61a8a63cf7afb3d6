/* Random data and nets for the tests of the perceptron. */
#ifndef MLP_FIXTURE_H
#define MLP_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "el4ml/surfaces.h"

static inline void *fixture_memory(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory) abort();
    return memory;
}

static inline double *fixture_doubles(size_t count)
{
    return fixture_memory(count, sizeof(double));
}

/* Normal inputs; classes at random, or numbers that are a smooth function of the inputs plus noise. */
static inline el4ml_dataset fixture_data(uint64_t seed, size_t rows, size_t inputs, size_t classes,
                                         size_t targets)
{
    el4ml_random random = el4ml_random_new(seed, 77, rows);
    el4ml_dataset d = {.rows = rows, .inputs = inputs, .classes = classes, .targets = targets};
    d.x = fixture_doubles(rows * inputs);
    d.y = fixture_doubles(rows * targets);
    d.label = fixture_memory(rows, sizeof *d.label);
    for (size_t i = 0; i < rows * inputs; i++)
        d.x[i] = el4ml_random_normal(&random);
    for (size_t i = 0; i < rows * targets; i++)
        d.y[i] = d.x[i / targets * inputs] + el4ml_random_normal(&random);
    for (size_t i = 0; classes && i < rows; i++)
        d.label[i] = (int32_t)el4ml_random_below(&random, classes);
    return d;
}

static inline void fixture_free(el4ml_dataset *d)
{
    free(d->x);
    free(d->y);
    free(d->label);
}

static inline el4ml_mlp_options fixture_options(el4ml_activation activation, el4ml_loss loss, double l2,
                                                size_t layers, const size_t *hidden)
{
    el4ml_mlp_options o = el4ml_mlp_options_default();
    o.activation = activation;
    o.loss = loss;
    o.l2 = l2;
    o.hidden_layers = layers;
    for (size_t l = 0; l < layers; l++)
        o.hidden[l] = hidden[l];
    return o;
}

static inline void fixture_normal(el4ml_random *random, size_t n, double scale, double *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = scale * el4ml_random_normal(random);
}

/* Iris, all 150 rows, standardised with the population deviation. */
static inline el4ml_dataset fixture_iris(void)
{
    el4ml_dataset d = {.rows = 150, .inputs = 4, .classes = 3};
    d.x = fixture_doubles(600);
    d.label = fixture_memory(150, sizeof *d.label);
    FILE *file = fopen(EL4ML_SOURCE_DIR "/examples/data/iris.csv", "r");
    if (!file) abort();
    static const char *const names[] = {"setosa", "versicolor", "virginica"};
    char line[256], name[64];
    if (!fgets(line, sizeof line, file)) abort();
    for (size_t i = 0; i < 150; i++) {
        double *x = d.x + 4 * i;
        if (!fgets(line, sizeof line, file)) abort();
        if (sscanf(line, "%lf,%lf,%lf,%lf,%63s", x, x + 1, x + 2, x + 3, name) != 5) abort();
        for (int32_t c = 0; c < 3; c++)
            if (strcmp(name, names[c]) == 0) d.label[i] = c;
    }
    fclose(file);
    for (size_t k = 0; k < 4; k++) {
        double mean = 0, square = 0;
        for (size_t i = 0; i < 150; i++)
            mean += d.x[4 * i + k] / 150;
        for (size_t i = 0; i < 150; i++)
            square += (d.x[4 * i + k] - mean) * (d.x[4 * i + k] - mean) / 150;
        for (size_t i = 0; i < 150; i++)
            d.x[4 * i + k] = (d.x[4 * i + k] - mean) / __builtin_sqrt(square);
    }
    return d;
}

#endif
