/* A study file for a table of data: what the target is, a net of fitting size, a hold-out where the rows
 * allow one. */
#include "el4ml/study.h"

#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "surface/table.h"

#define ROWS_FOR_HOLD_OUT 20
#define CLASS_ROWS_FOR_HOLD_OUT 4
#define COMMENT_COLUMN 33

typedef struct suggestion {
    const char *path, *target;
    bool classification;
    el4ml_labels *labels;
    el4ml_data *data;
    double test_fraction, l2;
    size_t hidden;
} suggestion;

/* Numbers for the most part, and too many different texts for classes: then a text among them is a mistake.
 */
static el4ml_status check_mixture(const el4ml_table *table, size_t column, const el4ml_labels *labels,
                                  el4ml_error *error)
{
    size_t numbers = 0, text = table->rows;
    double value;
    if (labels->numeric || labels->count <= EL4ML_MAX_INTEGER_CLASSES) return EL4ML_OK;
    for (size_t i = 0; i < table->rows; i++) {
        const bool number = el4ml_table_number(table, i, column, &value, NULL) == EL4ML_OK;
        numbers += number;
        if (!number && text == table->rows) text = i;
    }
    return 2 * numbers > table->rows ? el4ml_table_number(table, text, column, &value, error) : EL4ML_OK;
}

static double hold_out(const suggestion *s, size_t rows)
{
    if (rows < ROWS_FOR_HOLD_OUT) return 0;
    for (size_t c = 0; s->classification && c < s->labels->count; c++)
        if (s->labels->sizes[c] < CLASS_ROWS_FOR_HOLD_OUT) return 0;
    return 0.25;
}

static el4ml_status read_data(suggestion *s, el4ml_error *error)
{
    el4ml_data_options options = el4ml_data_options_default();
    options.file = s->path;
    options.target = s->target;
    options.classification = s->classification;
    options.test_fraction = s->test_fraction;
    return el4ml_data_read(&options, &s->data, error);
}

/* A landscape is explored in full for small nets only: about four numbers to learn from per parameter, and
 * between two and eight hidden units. The fewer the rows, the more a net needs holding back. */
static void choose_size(suggestion *s)
{
    const el4ml_dataset *train = &s->data->train;
    const size_t outputs = train->classes + train->targets;
    const size_t units = train->rows / (4 * (train->inputs + outputs + 1));
    s->hidden = units < 2 ? 2 : units > 8 ? 8 : units;
    s->l2 = train->rows < 100 ? 1e-2 : train->rows < 10000 ? 1e-3 : 1e-4;
}

/* ---- writing ---- */

/* The file's name without its ending, if that can name a folder. */
static void add_name(el4ml_builder *text, const char *path)
{
    char name[101] = "";
    const char *base = el4ml_path_base(path), *dot = strrchr(base, '.');
    const size_t length = dot && dot != base ? (size_t)(dot - base) : strlen(base);
    bool good = length > 0 && length < sizeof name && base[0] != '.';
    for (size_t i = 0; good && i < length; i++) {
        name[i] = base[i];
        good = (unsigned char)base[i] >= 0x20 && base[i] != 0x7F;
    }
    el4ml_builder_quoted(text, good ? name : "study");
}

static void describe(el4ml_builder *text, const suggestion *s)
{
    const el4ml_data *d = s->data;
    const size_t rows = d->train.rows + d->test.rows;
    el4ml_builder_format(text, "# A study of %s: %zu rows, %zu inputs.\n",
                         el4ml_excerpt_of(el4ml_path_base(s->path)).text, rows, d->train.inputs);
    el4ml_builder_format(text, "# The target, %s, ", el4ml_excerpt_of(d->target_name).text);
    if (!s->classification) {
        el4ml_builder_text(text, "is taken as a number.\n");
    } else {
        el4ml_builder_format(text, "has %zu classes:", s->labels->count);
        for (size_t c = 0; c < d->train.classes && c < 12; c++)
            el4ml_builder_format(text, "%s %s", c > 0 ? "," : "", el4ml_excerpt_of(d->class_names[c]).text);
        el4ml_builder_text(text, d->train.classes > 12 ? ", ...\n" : ".\n");
    }
    for (size_t k = 0; k < d->constant_count; k++)
        el4ml_builder_format(text, "%s%s%s", k == 0 ? "# The same in every training row, so no help: " : ", ",
                             el4ml_excerpt_of(d->input_names[d->constant_columns[k]]).text,
                             k + 1 == d->constant_count ? ".\n" : "");
}

/* Ends a line with a comment; all of them start in one column where the lines are short enough. */
static void add_comment(el4ml_builder *text, const char *comment)
{
    size_t start = text->length;
    while (start > 0 && text->data[start - 1] != '\n')
        start--;
    size_t column = text->length - start;
    do
        el4ml_builder_text(text, " ");
    while (++column < COMMENT_COLUMN);
    el4ml_builder_text(text, "# ");
    el4ml_builder_text(text, comment);
    el4ml_builder_text(text, "\n");
}

static void add_line(el4ml_builder *text, const char *line, const char *comment)
{
    el4ml_builder_text(text, line);
    add_comment(text, comment);
}

static void add_study_and_data(el4ml_builder *text, const suggestion *s)
{
    el4ml_builder_text(text, "\n[study]\nname = ");
    add_name(text, s->path);
    add_line(text, "\nseed = 1", "another seed, another search");
    el4ml_builder_text(text, "\n[data]\nfile = ");
    el4ml_builder_quoted(text, s->path);
    add_comment(text, "relative to this file");
    el4ml_builder_text(text, "target = ");
    el4ml_builder_quoted(text, s->target);
    add_line(text, "\nstandardise = true",
             s->classification ? "inputs to mean 0 and variance 1 over the training rows"
                               : "inputs and target to mean 0 and variance 1 over the training rows");
    el4ml_builder_text(text, "test_fraction = ");
    el4ml_builder_number(text, s->test_fraction);
    add_comment(text, s->test_fraction > 0 ? "held out, never seen by the surface; for the test numbers only"
                                           : "too few rows to hold any out");
    add_line(text, "validation_fraction = 0", "of the rest, for what is fitted after training");
    add_line(text, "split_seed = 1", "which rows are held out");
}

static void add_surface(el4ml_builder *text, const suggestion *s)
{
    add_line(text, "\n[surface]\nkind = \"mlp\"", "multilayer perceptron");
    el4ml_builder_format(text, "hidden = [%zu]", s->hidden);
    add_comment(text, "units of each hidden layer; [] for none, [8, 8] for two");
    add_line(text, "activation = \"tanh\"", "tanh, logistic, softplus, gelu, silu; relu only minimises");
    if (s->classification)
        add_line(text, "loss = \"cross_entropy\"", "the target is a class; \"mse\" when it is a number");
    else
        add_line(text, "loss = \"mse\"", "the target is a number; \"cross_entropy\" for classes");
    el4ml_builder_text(text, "l2 = ");
    el4ml_builder_number(text, s->l2);
    add_comment(text, "loss + l2 * sum of squared parameters; more of it, fewer minima");
    add_line(text, "l2_biases = true", "false leaves the biases out of that sum");
}

static void add_search(el4ml_builder *text)
{
    add_line(text, "\n[explore]\nmethod = \"basin-hopping\"",
             "or \"random\": every start from the initialiser");
    add_line(text, "steps = 1000", "minimisations in all");
    add_line(text, "temperature = 1", "of accepting a worse minimum");
    add_line(text, "step = 1", "of a hop, adapted on the way");
    add_line(text, "# start = \"weights.npz\"", "a trained model to begin from");
    add_line(text, "\n[connect]\nbudget = 2000", "transition-state searches at most");
    add_line(text, "goal = \"connected\"",
             "one component; or \"exhaust\": until hardly anything new is found");
    add_line(text, "improve = 0", "searches for better paths after that");
    add_line(text, "unseen = 0.001", "exhaust: stop when less than this is likely to be missing");
    add_line(text, "\n[analyse]\ntemperatures = [1e-4, 1.0, 200]",
             "from, to, how many, logarithmic; unit of the loss");
}

static char *write_text(const suggestion *s)
{
    el4ml_builder text = {0};
    describe(&text, s);
    add_study_and_data(&text, s);
    add_surface(&text, s);
    add_search(&text);
    return el4ml_builder_take(&text);
}

/* ---- all of it ---- */

static el4ml_status decide(suggestion *s, const el4ml_table *table, el4ml_error *error)
{
    size_t column;
    el4ml_status status = el4ml_table_find(table, s->target, &column, error);
    if (status == EL4ML_OK) status = el4ml_labels_new(table, column, &s->labels, error);
    if (status == EL4ML_OK) status = check_mixture(table, column, s->labels, error);
    if (status != EL4ML_OK) return status;
    s->classification = el4ml_labels_are_classes(s->labels, table->rows);
    s->test_fraction = hold_out(s, table->rows);
    return EL4ML_OK;
}

el4ml_status el4ml_study_suggest(const char *csv_path, const char *target, char **text, el4ml_error *error)
{
    suggestion s = {.path = csv_path, .target = target};
    el4ml_table *table = NULL;
    el4ml_status status = el4ml_table_read(csv_path, &table, error);
    if (status != EL4ML_OK) return status;
    status = decide(&s, table, error);
    el4ml_table_free(table);
    if (status == EL4ML_OK) status = read_data(&s, error); /* what the study would meet, met now */
    if (status == EL4ML_OK) {
        choose_size(&s);
        *text = write_text(&s);
        if (!*text) status = el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "study: out of memory");
    }
    el4ml_labels_free(s.labels);
    el4ml_data_free(s.data);
    return status;
}
