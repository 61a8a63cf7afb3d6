#include "input_test.h"

#include <math.h>

#include "base/text.h"
#include "el4ml/study.h"

static el4ml_study *read_text(const char *text)
{
    el4ml_study *study = NULL;
    el4ml_error error = {0};
    if (el4ml_study_read(scratch_text("s.toml", text), &study, &error) != EL4ML_OK)
        ck_abort_msg("%s", error.message);
    return study;
}

/* Compares all that two studies say. */
static void check_equal(const el4ml_study *a, const el4ml_study *b)
{
    ck_assert_str_eq(a->name, b->name);
    ck_assert(a->seed == b->seed && a->has_data == b->has_data && a->kind == b->kind);
    if (a->has_data) {
        ck_assert_str_eq(a->data_file, b->data_file);
        ck_assert_pstr_eq(a->target, b->target);
        ck_assert(a->standardise == b->standardise && a->split_seed == b->split_seed);
        ck_assert(a->test_fraction == b->test_fraction && a->validation_fraction == b->validation_fraction);
        ck_assert_uint_eq(a->mlp.hidden_layers, b->mlp.hidden_layers);
        for (size_t l = 0; l < a->mlp.hidden_layers; l++)
            ck_assert_uint_eq(a->mlp.hidden[l], b->mlp.hidden[l]);
        ck_assert(a->mlp.activation == b->mlp.activation && a->mlp.loss == b->mlp.loss);
        ck_assert(a->mlp.l2 == b->mlp.l2 && a->mlp.l2_biases == b->mlp.l2_biases);
    }
    ck_assert_uint_eq(a->input_count, b->input_count);
    for (size_t k = 0; k < a->input_count; k++)
        ck_assert_str_eq(a->inputs[k], b->inputs[k]);
    ck_assert_uint_eq(a->rows, b->rows);
    if (a->kind == EL4ML_KIND_GP) {
        ck_assert_str_eq(a->gp.kernel, b->gp.kernel);
        ck_assert(a->gp.ard == b->gp.ard && a->gp.jitter == b->gp.jitter);
        ck_assert_mem_eq(a->gp.bounds, b->gp.bounds, sizeof a->gp.bounds);
        ck_assert_mem_eq(a->gp.prior, b->gp.prior, sizeof a->gp.prior);
        ck_assert_uint_eq(a->gp.each_count, b->gp.each_count);
        for (size_t k = 0; k < 2 * a->gp.each_count; k++)
            ck_assert(a->gp.each[k] == b->gp.each[k]);
    }
    ck_assert_uint_eq(a->atoms, b->atoms);
    ck_assert(a->rho == b->rho);
    ck_assert(memcmp(&a->factorisation, &b->factorisation, sizeof a->factorisation) == 0);
    ck_assert(a->logistic.l2 == b->logistic.l2 && a->logistic.l2_biases == b->logistic.l2_biases);
    ck_assert(a->autoencoder.code == b->autoencoder.code && a->autoencoder.l2 == b->autoencoder.l2 &&
              a->autoencoder.nonlinear == b->autoencoder.nonlinear &&
              a->autoencoder.activation == b->autoencoder.activation &&
              a->autoencoder.l2_biases == b->autoencoder.l2_biases);
    ck_assert(a->mixture.components == b->mixture.components && a->mixture.prior == b->mixture.prior &&
              a->mixture.covariance == b->mixture.covariance);
    ck_assert_pstr_eq(a->plugin.file, b->plugin.file);
    ck_assert(a->plugin.numerical == b->plugin.numerical && a->plugin.parameters == b->plugin.parameters);
    for (size_t k = 0; k < a->plugin.parameters; k++) {
        ck_assert_str_eq(a->plugin.names[k], b->plugin.names[k]);
        ck_assert_str_eq(a->plugin.values[k], b->plugin.values[k]);
    }
    ck_assert_pstr_eq(a->function_name, b->function_name);
    ck_assert(a->method == b->method && a->steps == b->steps);
    ck_assert(a->temperature == b->temperature && a->step == b->step);
    ck_assert_pstr_eq(a->start, b->start);
    ck_assert(a->budget == b->budget && a->goal == b->goal && a->improve == b->improve &&
              a->unseen == b->unseen);
    ck_assert(a->temperature_from == b->temperature_from && a->temperature_to == b->temperature_to);
    ck_assert_uint_eq(a->temperature_count, b->temperature_count);
}

#define MLP "[data]\nfile = \"d.csv\"\ntarget = \"t\"\n[surface]\nkind = \"mlp\"\nhidden = [5]\n"
#define GP "[data]\nfile = \"d.csv\"\ntarget = \"t\"\n[surface]\nkind = \"gp\"\n"
#define GP_FULL                                                                                              \
    "[data]\nfile = \"d.csv\"\ntarget = \"t\"\ninputs = [\"a\", \"b c\"]\nrows = 50\n[surface]\nkind = "     \
    "\"gp\"\n"                                                                                               \
    "kernel = \"se + matern(a) * rq\"\nard = true\njitter = 1e-8\n"
#define LJ "[surface]\nkind = \"lennard-jones\"\natoms = 7\n"

static const char full[] = "[study]\nname = \"m\\u00fc \\\"x\"\nseed = 42\n[data]\nfile = "
                           "\"data/d.csv\"\ntarget = \"the target\"\nstandardise = false\n"
                           "test_fraction = 0.3\nvalidation_fraction = 0.1\nsplit_seed = 3\n[surface]\nkind "
                           "= \"mlp\"\nhidden = [8, 1_0]\nactivation = \"silu\"\n"
                           "loss = \"mse\"\nl2 = 2.5e-4\nl2_biases = false\n[explore]\nmethod = "
                           "\"random\"\nsteps = 77\ntemperature = 0.25\nstep = 2\nstart = \"w.npz\"\n"
                           "[connect]\nbudget = 99\ngoal = \"exhaust\"\nimprove = 5\nunseen = "
                           "0.01\n[analyse]\ntemperatures = [0.001, 2, 50]\n";

START_TEST(every_key)
{
    el4ml_study *s = read_text(full);
    char path[300];
    ck_assert_str_eq(s->name, "m\xc3\xbc \"x");
    ck_assert(s->seed == 42 && s->has_data && !s->standardise);
    snprintf(path, sizeof path, "%s/data/d.csv", scratch_folder);
    ck_assert_str_eq(s->data_file, path);
    ck_assert_str_eq(s->target, "the target");
    ck_assert(s->test_fraction == 0.3 && s->validation_fraction == 0.1 && s->split_seed == 3);
    ck_assert(s->kind == EL4ML_KIND_MLP && s->mlp.hidden_layers == 2 && s->mlp.hidden[0] == 8 &&
              s->mlp.hidden[1] == 10);
    ck_assert(s->mlp.activation == EL4ML_SILU && s->mlp.loss == EL4ML_MSE && s->mlp.l2 == 2.5e-4 &&
              !s->mlp.l2_biases);
    ck_assert(s->method == EL4ML_RANDOM_STARTS && s->steps == 77 && s->temperature == 0.25 && s->step == 2);
    snprintf(path, sizeof path, "%s/w.npz", scratch_folder);
    ck_assert_str_eq(s->start, path);
    ck_assert(s->budget == 99 && s->goal == EL4ML_EXHAUST && s->improve == 5 && s->unseen == 0.01);
    ck_assert(s->temperature_from == 0.001 && s->temperature_to == 2 && s->temperature_count == 50);
    el4ml_study_free(s);
}
END_TEST

/* Keys of the losses: read, written and read again. */
START_TEST(keys_of_the_losses)
{
    static const char *const texts[] = {
        MLP "loss = \"auc\"\nlogits = 1\npositive = \"x \\\"y\"\nbeta = 2.5\n",
        MLP "loss = \"contrastive\"\nembedding = 3\nmargin = 2\nepsilon = 0.5\nbeta = 4\npairs = 5000\n"
            "neighbours = 7\n",
        MLP "logits = 1\npositive = 1\nlabel_smoothing = 0.25\nclass_weight = [1, 2.5]\n",
        "[data]\nfile = \"d.csv\"\ntarget = [\"a\", \"b \\\"\"]\n[surface]\nkind = \"mlp\"\nhidden = []\n"
        "loss = \"mse\"\n",
        "[data]\nfile = \"d.csv\"\ntarget = \"t\"\ntop_k = 4\n[surface]\nkind = \"mlp\"\nhidden = []\n"
        "class_weight = \"balanced\"\n"};
    el4ml_study *s[5];
    for (size_t i = 0; i < 5; i++)
        for (int way = 0; way < 2; way++) {
            if (way == 0) {
                s[i] = read_text(texts[i]);
                continue;
            }
            char *text = el4ml_study_text(s[i]);
            el4ml_study_free(s[i]);
            s[i] = read_text(text);
            el4ml_text_free(text);
        }
    const el4ml_mlp_options *auc = &s[0]->mlp, *contrastive = &s[1]->mlp;
    ck_assert(auc->loss == EL4ML_AUC && auc->logits == 1 && auc->beta == 2.5);
    ck_assert_str_eq(s[0]->positive, "x \"y");
    ck_assert(contrastive->loss == EL4ML_CONTRASTIVE && contrastive->embedding == 3);
    ck_assert(contrastive->margin == 2 && contrastive->epsilon == 0.5 && contrastive->beta == 4);
    ck_assert(contrastive->pairs == 5000 && contrastive->neighbours == 7);
    ck_assert(s[2]->mlp.logits == 1 && s[2]->mlp.label_smoothing == 0.25);
    ck_assert_str_eq(s[2]->positive, "1");
    ck_assert(s[2]->class_weight_count == 2 && s[2]->class_weight[1] == 2.5);
    ck_assert_uint_eq(s[3]->target_count, 2);
    ck_assert_str_eq(s[3]->targets[1], "b \"");
    ck_assert(s[4]->mlp.balanced && s[4]->mlp.top_k == 4 && s[4]->target_count == 0);
    for (size_t i = 0; i < 5; i++)
        el4ml_study_free(s[i]);
}
END_TEST

/* Every kind, with mini-batches where it has some: what is written is read again, and written the same. */
START_TEST(keys_of_the_models)
{
#define ON_DATA "[data]\nfile = \"d.csv\"\n"
    static const char *const texts[] = {
        "[surface]\nkind = \"morse\"\natoms = 5\nrho = 6\n",
        "[surface]\nkind = \"plugin\"\nfile = \"a.so\"\nparameters = { a = 1, b = \"x\" }\n",
        ON_DATA "target = \"t\"\n[surface]\nkind = \"logistic\"\nlogits = 1\nl2 = 0.5\n",
        ON_DATA "[surface]\nkind = \"factorisation\"\nrank = 2\n",
        ON_DATA "[surface]\nkind = \"autoencoder\"\ncode = 2\nactivation = \"tanh\"\nl2_biases = false\n",
        ON_DATA "target = \"t\"\n[surface]\nkind = \"mixture\"\ncomponents = 3\ncovariance = \"diagonal\"\n",
        ON_DATA "[surface]\nkind = \"kmeans\"\nclusters = 3\n",
        ON_DATA "target = \"t\"\n[surface]\nkind = \"gp\"\n"};
    char given[400];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        snprintf(given, sizeof given, "%s%s", texts[i], i < 6 ? "[explore]\nminimiser = \"adam\"\n" : "");
        el4ml_study *s = read_text(given);
        char *text = el4ml_study_text(s), *identity = el4ml_study_identity(s);
        el4ml_study *again = read_text(text);
        char *text_again = el4ml_study_text(again), *identity_again = el4ml_study_identity(again);
        ck_assert(again->kind == s->kind);
        ck_assert_str_eq(text, text_again);
        ck_assert_str_eq(identity, identity_again);
        el4ml_text_free(text);
        el4ml_text_free(text_again);
        el4ml_text_free(identity);
        el4ml_text_free(identity_again);
        el4ml_study_free(s);
        el4ml_study_free(again);
    }
#undef ON_DATA
}
END_TEST

/* The defaults of the contract. */
START_TEST(defaults)
{
    el4ml_study *s = read_text(MLP);
    ck_assert_str_eq(s->name, "s");
    ck_assert(s->seed == 1 && s->split_seed == 1 && s->standardise && s->test_fraction == 0 &&
              s->validation_fraction == 0);
    ck_assert(s->mlp.activation == EL4ML_TANH && s->mlp.loss == EL4ML_CROSS_ENTROPY && s->mlp.l2_biases &&
              s->mlp.l2 > 0);
    ck_assert(s->method == EL4ML_BASIN_HOPPING && s->steps == 1000 && s->temperature == 1 && s->step == 1 &&
              !s->start);
    ck_assert(s->budget == 2000 && s->goal == EL4ML_CONNECTED && s->improve == 0 && s->unseen == 1e-3);
    ck_assert(s->temperature_from == 1e-4 && s->temperature_to == 1 && s->temperature_count == 200);
    el4ml_study_free(s);
    s = read_text("[study]\nseed = 9\n" MLP);
    ck_assert_uint_eq(s->split_seed, 9);
    el4ml_study_free(s);
    s = read_text(LJ "[connect]\ngoal = \"exhaust\"\n");
    ck_assert(!s->has_data && s->data_file == NULL && s->atoms == 7 && s->budget == 200000);
    el4ml_study_free(s);
    s = read_text("[surface]\nkind = \"function\"\nname = \"schwefel\"\n");
    ck_assert(s->kind == EL4ML_KIND_FUNCTION);
    ck_assert_str_eq(s->function_name, "schwefel");
    el4ml_study_free(s);
    s = read_text("[data]\nfile=\"/abs/d.csv\"\ntarget=\"t\"\n[surface]\nkind=\"mlp\"\nhidden=[]\n");
    ck_assert_uint_eq(s->mlp.hidden_layers, 0);
    ck_assert_str_eq(s->data_file, "/abs/d.csv");
    el4ml_study_free(s);
}
END_TEST

static const struct {
    const char *text, *message;
} bad_studies_of_all_kinds[] = {
    /* tables */
    {"", "s.toml: |[surface] is missing|kind"},
    {"[surfce]\nkind = \"mlp\"\n", "s.toml:1:2: 'surfce'|did you mean [surface]"},
    {"[zzzzzzzzzzzz]\n", "s.toml:1:2: 'zzzzzzzzzzzz'|unknown table|explore"},
    {"seed = 1\n", "s.toml:1:1: 'seed'|[study]"},
    {"surface = 1\n", "s.toml:1:11: 'surface'|is a table"},
    /* kind */
    {"[surface]\nhidden = [5]\n", "s.toml:1: [surface] needs 'kind'"},
    {"[surface]\nkind = \"mpl\"\n", "s.toml:2:8: 'kind'|'mpl'|did you mean 'mlp'"},
    {"[surface]\nkind = 5\n", "s.toml:2:8: 'kind'|text"},
    /* models */
    {"[surface]\nkind = \"morse\"\natoms = 5\n", "s.toml:1: [surface] needs 'rho'"},
    {"[surface]\nkind = \"morse\"\natoms = 5\nrho = 0\n", "s.toml:4:7: 'rho'|greater than 0"},
    {"[surface]\nkind = \"plugin\"\n", "s.toml:1: [surface] needs 'file'"},
    {"[surface]\nkind = \"plugin\"\nfile = \"a.so\"\nparameters = 3\n", "s.toml:4:14: 'parameters'|table"},
    {"[surface]\nkind = \"plugin\"\nfile = \"a.so\"\n[surface.parameters]\na = [1]\n",
     "s.toml:5:5: 'a'|text, a number"},
    {"[surface]\nkind = \"plugin\"\nfile = \"a.so\"\natoms = 2\n", "s.toml:4:1: 'atoms'|kind \"plugin\""},
    {"[data]\nfile = \"d.csv\"\n[surface]\nkind = \"logistic\"\n", "s.toml:1: [data] needs 'target'"},
    {"[data]\nfile = \"d.csv\"\n[surface]\nkind = \"factorisation\"\n", "s.toml:3: [surface] needs 'rank'"},
    {"[data]\nfile = \"d.csv\"\n[surface]\nkind = \"autoencoder\"\n", "s.toml:3: [surface] needs 'code'"},
    {"[data]\nfile = \"d.csv\"\n[surface]\nkind = \"autoencoder\"\ncode = 2\nl2_biases = true\n",
     "s.toml:6:1: 'l2_biases'|no biases"},
    {"[data]\nfile = \"d.csv\"\n[surface]\nkind = \"mixture\"\n", "s.toml:3: [surface] needs 'components'"},
    {"[data]\nfile = \"d.csv\"\n[surface]\nkind = \"mixture\"\ncomponents = 2\nprior = 0\n",
     "s.toml:6:9: 'prior'|greater than 0"},
    {"[surface]\nkind = \"mixture\"\ncomponents = 2\n", "[data] is missing"},
    /* keys */
    {MLP "hiden = [5]\n", "s.toml:7:1: 'hiden'|did you mean 'hidden'"},
    {MLP "[explore]\ntemprature = 1\n", "s.toml:8:1: 'temprature'|did you mean 'temperature'"},
    {MLP "zzzzzzzzzzzzz = 1\n", "s.toml:7:1: 'zzzzzzzzzzzzz'|activation"},
    {MLP "steps = 1\n", "s.toml:7:1: 'steps'|belongs in [explore]"},
    {MLP "atoms = 7\n", "s.toml:7:1: 'atoms'|does not belong to kind \"mlp\""},
    {LJ "hidden = [5]\n", "s.toml:4:1: 'hidden'|does not belong to kind \"lennard-jones\""},
    {LJ "[data]\nfile = \"x\"\n", "s.toml:4:2: 'data'|lennard-jones"},
    {LJ "[explore]\nstart = \"w.npz\"\n", "s.toml:5:1: 'start'|does not belong"},
    {LJ "[surface.atoms]\n", "s.toml:4:10: 'atoms'|line 3"},
    {"[surface]\nkind = \"lennard-jones\"\n[surface.atoms]\n", "s.toml:3:10: 'atoms'|integer|not a table"},
    {MLP "hidden = [3]\n", "s.toml:7:1: 'hidden'|line 6"},
    {LJ "atoms", "s.toml:4:"},
    /* what must be there */
    {"[surface]\nkind = \"mlp\"\nhidden = [5]\n", "s.toml: [data] is missing|file"},
    {"[data]\nfile = \"d\"\n[surface]\nkind = \"mlp\"\nhidden = [5]\n", "s.toml:1: [data] needs 'target'"},
    {"[data]\ntarget = \"d\"\n[surface]\nkind = \"mlp\"\nhidden = [5]\n", "s.toml:1: [data] needs 'file'"},
    {"[data]\nfile = \"d\"\ntarget = \"t\"\n[surface]\nkind = \"mlp\"\n",
     "s.toml:4: [surface] needs 'hidden'"},
    {"[surface]\nkind = \"lennard-jones\"\n", "s.toml:1: [surface] needs 'atoms'"},
    {"[surface]\nkind = \"function\"\n", "s.toml:1: [surface] needs 'name'"},
    /* values */
    {"[study]\nname = 5\n" LJ, "s.toml:2:8: 'name'|text"},
    {"[study]\nname = \"\"\n" LJ, "s.toml:2:8: 'name'|empty"},
    {"[study]\nname = \"a/b\"\n" LJ, "s.toml:2:8: 'name'|folder"},
    {"[study]\nname = \"..\"\n" LJ, "s.toml:2:8: 'name'|folder"},
    {"[study]\nseed = -1\n" LJ, "s.toml:2:8: 'seed'|-1"},
    {"[study]\nseed = 1.0\n" LJ, "s.toml:2:8: 'seed'|integer"},
    {"[study]\nseed = 99999999999999999999\n" LJ, "s.toml:2:8: |too large"},
    {MLP "[data.x]\n", "s.toml:7:7: 'x'|unknown key"},
    {"[data]\nfile = true\ntarget = \"t\"\n[surface]\nkind=\"mlp\"\nhidden=[5]\n", "s.toml:2:8: 'file'|text"},
    {"[data]\nfile = \"\"\ntarget = \"t\"\n[surface]\nkind=\"mlp\"\nhidden=[5]\n",
     "s.toml:2:8: 'file'|empty"},
    {"[data]\nfile = \"d\"\ntarget = 4\n[surface]\nkind=\"mlp\"\nhidden=[5]\n", "s.toml:3:10: 'target'|text"},
    {"[data]\nfile=\"d\"\ntarget=\"t\"\nstandardise=1\n[surface]\nkind=\"mlp\"\nhidden=[5]\n",
     "s.toml:4:13: 'standardise'|true or false"},
    {"[data]\nfile=\"d\"\ntarget=\"t\"\ntest_fraction=0.95\n[surface]\nkind=\"mlp\"\nhidden=[5]\n",
     "s.toml:4:15: 'test_fraction'|0.9|not 0.95"},
    {"[data]\nfile=\"d\"\ntarget=\"t\"\nvalidation_fraction=-0.1\n[surface]\nkind=\"mlp\"\nhidden=[5]\n",
     "s.toml:4:21: 'validation_fraction'|at least 0|not -0.1"},
    {"[data]\nfile=\"d\"\ntarget=\"t\"\ntest_fraction=nan\n[surface]\nkind=\"mlp\"\nhidden=[5]\n",
     "s.toml:4:15: 'test_fraction'|nan"},
    {"[data]\nfile=\"d\"\ntarget=\"t\"\nsplit_seed=\"x\"\n[surface]\nkind=\"mlp\"\nhidden=[5]\n",
     "s.toml:4:12: 'split_seed'|integer"},
    {"[data]\nfile=\"d\"\ntarget=\"t\"\n[surface]\nkind=\"mlp\"\nhidden=5\n",
     "s.toml:6:8: 'hidden'|[5]|not an integer"},
    {"[data]\nfile=\"d\"\ntarget=\"t\"\n[surface]\nkind=\"mlp\"\nhidden=[5,0]\n",
     "s.toml:6:11: 'hidden'|between 1"},
    {"[data]\nfile=\"d\"\ntarget=\"t\"\n[surface]\nkind=\"mlp\"\nhidden=[2.5]\n",
     "s.toml:6:9: 'hidden'|integer"},
    {"[data]\nfile=\"d\"\ntarget=\"t\"\n[surface]\nkind=\"mlp\"\nhidden=[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
     "1]\n",
     "s.toml:6:8: 'hidden'|at most 16|17"},
    {"[data]\nfile=\"d\"\ntarget=\"t\"\n[surface]\nkind=\"mlp\"\nhidden=[10000,10000]\n",
     "s.toml:6:8: 'hidden'|parameters"},
    {"[data]\nfile=\"d\"\ntarget=\"t\"\n[surface]\nkind=\"mlp\"\nhidden=[9999999999]\n",
     "s.toml:6:9: 'hidden'|between"},
    {MLP "activation = \"tahn\"\n", "s.toml:7:14: 'activation'|did you mean 'tanh'"},
    {MLP "logits = 3\n", "s.toml:7:10: 'logits'|between 1 and 2"},
    {MLP "loss = \"mse\"\nlogits = 1\n", "s.toml:8:1: 'logits'|loss \"mse\"|cross_entropy, auc"},
    {MLP "loss = \"auc\"\nlabel_smoothing = 0.1\n",
     "s.toml:8:1: 'label_smoothing'|loss \"auc\"|cross_entropy"},
    {MLP "label_smoothing = 1.0\n", "s.toml:7:19: 'label_smoothing'|less than 1"},
    {MLP "class_weight = \"equal\"\n", "s.toml:7:16: 'class_weight'|balanced"},
    {MLP "class_weight = []\n", "s.toml:7:16: 'class_weight'|a number for each class"},
    {MLP "class_weight = [1, -2.5]\n", "s.toml:7:20: 'class_weight'|greater than 0"},
    {MLP "positive = [1]\n", "s.toml:7:12: 'positive'|text"},
    {MLP "loss = \"auc\"\nbeta = 0\n", "s.toml:8:8: 'beta'|greater than 0"},
    {MLP "beta = 2\n", "s.toml:7:1: 'beta'|loss \"cross_entropy\"|auc, contrastive"},
    {MLP "pairs = 10\n", "s.toml:7:1: 'pairs'|loss \"cross_entropy\"|contrastive"},
    {MLP "loss = \"contrastive\"\npairs = 0\n", "s.toml:8:9: 'pairs'|between 1"},
    {MLP "loss = \"contrastive\"\nmargin = -1\n", "s.toml:8:10: 'margin'|greater than 0"},
    {MLP "loss = \"contrastive\"\nembedding = 0\n", "s.toml:8:13: 'embedding'|between 1"},
    {LJ "pairs = 10\n", "s.toml:4:1: 'pairs'|does not belong to kind \"lennard-jones\""},
    {"[data]\nfile=\"d\"\ntarget=[]\n[surface]\nkind=\"mlp\"\nhidden=[5]\nloss=\"mse\"\n",
     "s.toml:3:8: 'target'|name a column"},
    {"[data]\nfile=\"d\"\ntarget=[\"a\", 5]\n[surface]\nkind=\"mlp\"\nhidden=[5]\nloss=\"mse\"\n",
     "s.toml:3:14: 'target'|text"},
    {"[data]\nfile=\"d\"\ntarget=[\"a\", \"b\"]\n[surface]\nkind=\"mlp\"\nhidden=[5]\n",
     "s.toml:3:8: 'target'|several targets|mse"},
    {MLP "loss = \"crossentropy\"\n", "s.toml:7:8: 'loss'|did you mean 'cross_entropy'"},
    {MLP "l2 = -1e-3\n", "s.toml:7:6: 'l2'|at least 0"},
    {MLP "l2 = inf\n", "s.toml:7:6: 'l2'|finite"},
    {MLP "l2 = \"1e-3\"\n", "s.toml:7:6: 'l2'|number|not a text"},
    {MLP "l2_biases = 0\n", "s.toml:7:13: 'l2_biases'|true or false"},
    {"[surface]\nkind = \"lennard-jones\"\natoms = 1\n", "s.toml:3:9: 'atoms'|between 2"},
    {"[surface]\nkind = \"lennard-jones\"\natoms = 1000000000\n", "s.toml:3:9: 'atoms'|between 2"},
    {"[surface]\nkind = \"function\"\nname = \"schwefl\"\n", "s.toml:3:8: 'name'|did you mean 'schwefel'"},
    {LJ "[explore]\nmethod = \"basinhopping\"\n", "s.toml:5:10: 'method'|did you mean 'basin-hopping'"},
    {LJ "[explore]\nsteps = 0\n", "s.toml:5:9: 'steps'|between 1"},
    {LJ "[explore]\nsteps = 1e3\n", "s.toml:5:9: 'steps'|integer"},
    {LJ "[explore]\ntemperature = 0\n", "s.toml:5:15: 'temperature'|greater than 0"},
    {LJ "[explore]\ntemperature = nan\n", "s.toml:5:15: 'temperature'|nan"},
    {LJ "[explore]\nstep = -0.5\n", "s.toml:5:8: 'step'|greater than 0, not -0.5"},
    {MLP "[explore]\nstart = 3\n", "s.toml:8:9: 'start'|text"},
    {LJ "[connect]\nbudget = -1\n", "s.toml:5:10: 'budget'|between 0"},
    {LJ "[connect]\ngoal = \"exhausted\"\n", "s.toml:5:8: 'goal'|did you mean 'exhaust'"},
    {LJ "[connect]\nimprove = true\n", "s.toml:5:11: 'improve'|integer|not a boolean"},
    {LJ "[connect]\nunseen = 0\n", "s.toml:5:10: 'unseen'|greater than 0"},
    {LJ "[connect]\nunseen = 1.0\n", "s.toml:5:10: 'unseen'|less than 1"},
    {LJ "[analyse]\ntemperatures = 1\n", "s.toml:5:16: 'temperatures'|how many"},
    {LJ "[analyse]\ntemperatures = [1, 2]\n", "s.toml:5:16: 'temperatures'|how many"},
    {LJ "[analyse]\ntemperatures = [0, 1, 20]\n", "s.toml:5:17: 'temperatures'|greater than 0"},
    {LJ "[analyse]\ntemperatures = [1, 0.5, 20]\n", "s.toml:5:20: 'temperatures'|greater than 1, not 0.5"},
    {LJ "[analyse]\ntemperatures = [0.1, 1, 1]\n", "s.toml:5:25: 'temperatures'|between 2"},
    {LJ "[analyse]\ntemperatures = [0.1, 1, 20.0]\n", "s.toml:5:25: 'temperatures'|integer"},
    {LJ "x = mlp\n", "s.toml:4:5: 'mlp'|quotes"},
    /* Gaussian processes */
    {"[surface]\nkind = \"gp\"\n", "[data] is missing"},
    {GP "hidden = [3]\n", "s.toml:6:1: 'hidden'|does not belong to kind"},
    {MLP "kernel = \"se\"\n", "s.toml:7:1: 'kernel'|does not belong to kind"},
    {GP "kernel = \"rbf\"\n", "s.toml:6:10: 'kernel'|rbf"},
    {GP "kernel = \"se +\"\n", "s.toml:6:10: 'kernel'"},
    {GP "kernel = 3\n", "s.toml:6:10: 'kernel'|text"},
    {GP "ard = 1\n", "s.toml:6:7: 'ard'|true or false"},
    {GP "jitter = -1e-9\n", "s.toml:6:10: 'jitter'|at least 0"},
    {GP "bounds = [1, 0.5]\n", "s.toml:6:14: 'bounds'|greater than 1"},
    {GP "bounds = [0, 1]\n", "s.toml:6:11: 'bounds'|greater than 0"},
    {GP "bounds = 3\n", "s.toml:6:10: 'bounds'|[low, high]"},
    {GP "bounds = [[1, 2], 3]\n", "s.toml:6:19: 'bounds'|[low, high]"},
    {GP "bounds = [[1, 2], [1, 2], [1, 2]]\nnoise_bounds = [1, 2]\n",
     "s.toml:7:1: 'noise_bounds'|'bounds' gives those of each hyperparameter already"},
    {GP "noise_prior = [1]\n", "s.toml:6:15: 'noise_prior'|median"},
    {GP "[explore]\nminimiser = \"adam\"\n", "s.toml:7:13: 'minimiser'|bounds"},
    {"[data]\nfile = \"d.csv\"\ntarget = \"t\"\ninputs = \"a\"\n[surface]\nkind = \"gp\"\n",
     "s.toml:4:10: 'inputs'"},
    {"[data]\nfile = \"d.csv\"\ntarget = \"t\"\ninputs = []\n[surface]\nkind = \"gp\"\n",
     "s.toml:4:10: 'inputs'"},
    {"[data]\nfile = \"d.csv\"\ntarget = \"t\"\nrows = 1\n[surface]\nkind = \"gp\"\n",
     "s.toml:4:8: 'rows'|between 2"},
};

START_TEST(bad_studies)
{
    for (size_t i = 0; i < sizeof bad_studies_of_all_kinds / sizeof *bad_studies_of_all_kinds; i++) {
        el4ml_study *study = NULL;
        el4ml_error error = {0};
        const el4ml_status status =
            el4ml_study_read(scratch_text("s.toml", bad_studies_of_all_kinds[i].text), &study, &error);
        ck_assert_msg(status == EL4ML_BAD_INPUT, "case %zu, status %d: %s", i, (int)status,
                      bad_studies_of_all_kinds[i].text);
        ck_assert_ptr_null(study);
        expect_message(&error, bad_studies_of_all_kinds[i].message);
    }
    el4ml_study *study = NULL;
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_study_read("/nowhere/s.toml", &study, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "/nowhere/s.toml|No such file");
}
END_TEST

START_TEST(keys_of_gaussian_processes)
{
    el4ml_study *s = read_text(GP);
    ck_assert(s->kind == EL4ML_KIND_GP && s->has_data && s->input_count == 0 && s->rows == 0);
    ck_assert_str_eq(s->gp.kernel, "se");
    ck_assert(!s->gp.ard && s->gp.jitter == 1e-10 && !s->gp.each);
    ck_assert(s->gp.bounds[EL4ML_GP_NOISE][0] == 1e-2 && s->gp.bounds[EL4ML_GP_NOISE][1] == 1e2);
    el4ml_study_free(s);
    s = read_text(GP_FULL "bounds = [0.1, 20]\nnoise_bounds = [1e-5, 1.0]\nlength_prior = [1.5, 0.7]\n");
    ck_assert(s->input_count == 2 && s->rows == 50 && s->gp.ard && s->gp.jitter == 1e-8);
    ck_assert_str_eq(s->inputs[0], "a");
    ck_assert_str_eq(s->inputs[1], "b c");
    ck_assert_str_eq(s->gp.kernel, "se + matern(a) * rq");
    ck_assert(s->gp.bounds[EL4ML_GP_LENGTH][0] == 0.1 && s->gp.bounds[EL4ML_GP_ALPHA][1] == 20);
    ck_assert(s->gp.bounds[EL4ML_GP_NOISE][0] == 1e-5 && s->gp.bounds[EL4ML_GP_NOISE][1] == 1);
    ck_assert(s->gp.bounds[EL4ML_GP_NU][0] == 0.25 && s->gp.bounds[EL4ML_GP_NU][1] == 25); /* no scale */
    ck_assert(s->gp.prior[EL4ML_GP_LENGTH][0] == 1.5 && s->gp.prior[EL4ML_GP_LENGTH][1] == 0.7);
    ck_assert(s->gp.prior[EL4ML_GP_NOISE][1] == 0);
    el4ml_study_free(s);
    s = read_text(GP "bounds = [[0.1, 1], [0.01, 1e2], [1e-7, 3]]\n");
    ck_assert(s->gp.each_count == 3 && s->gp.each[4] == 1e-7 && s->gp.each[5] == 3);
    el4ml_study_free(s);
}
END_TEST

static void check_round_trip(const el4ml_study *first)
{
    char *text = el4ml_study_text(first);
    ck_assert_ptr_nonnull(text);
    el4ml_study *second = NULL;
    el4ml_error error = {0};
    if (el4ml_study_read(scratch_text("again.toml", text), &second, &error) != EL4ML_OK)
        ck_abort_msg("%s in:\n%s", error.message, text);
    check_equal(first, second);
    char *again = el4ml_study_text(second), *a = el4ml_study_identity(first),
         *b = el4ml_study_identity(second);
    ck_assert_str_eq(text, again);
    ck_assert_str_eq(a, b);
    el4ml_text_free(text);
    el4ml_text_free(again);
    el4ml_text_free(a);
    el4ml_text_free(b);
    el4ml_study_free(second);
}

START_TEST(round_trips)
{
    static const char *const texts[] = {full,
                                        MLP,
                                        LJ,
                                        "[surface]\nkind = \"function\"\nname = \"himmelblau\"\n",
                                        "[study]\nname = \"q\\u0007\\\\uu\"\n" MLP "l2 = 0.1\n",
                                        GP,
                                        GP_FULL "bounds = [0.1, 20]\nnoise_bounds = [1e-5, 1.0]\nnu_bounds = "
                                                "[0.5, 3]\nlength_prior = [1.5, 0.7]\n",
                                        GP "bounds = [[0.1, 1], [0.01, 1e2], [1e-7, 3]]\n",
                                        MLP "l2 = 3.0000000000000004e-17\n[explore]\ntemperature = 1e300\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (i == 4) continue; /* a control character cannot name a folder: below */
        el4ml_study *first = read_text(texts[i]);
        check_round_trip(first);
        el4ml_study_free(first);
    }
    el4ml_study *first = read_text("[data]\nfile=\"a\\u0007\\\\\\\"b.csv\"\ntarget=\"new\\nline\"\n[surface]"
                                   "\nkind=\"mlp\"\nhidden=[]\n");
    check_round_trip(first);
    el4ml_study_free(first);
}
END_TEST

/* Data, surface and seed make a study; budgets, steps, temperatures, goals, its name and its folder do not.
 */
START_TEST(what_makes_a_study_the_same)
{
    static const struct {
        const char *text;
        bool same;
    } cases[] = {
        {"[study]\nname=\"other\"\n" MLP, true},
        {MLP "[explore]\nsteps=5\nmethod=\"random\"\ntemperature=2\nstep=3\n", true},
        {MLP
         "[connect]\nbudget=5\ngoal=\"exhaust\"\nimprove=1\nunseen=0.1\n[analyse]\ntemperatures=[1,2,3]\n",
         true},
        {MLP "activation = \"tanh\"\n", true},
        {"[data]\nfile=\"elsewhere/d.csv\"\ntarget=\"t\"\n[surface]\nkind=\"mlp\"\nhidden=[5]\n", true},
        {"[study]\nseed=2\n" MLP, false},
        {MLP "activation = \"gelu\"\n", false},
        {MLP "loss = \"mse\"\n", false},
        {MLP "l2 = 0.125\n", false},
        {MLP "l2_biases = false\n", false},
        {"[data]\nfile=\"d.csv\"\ntarget=\"u\"\n[surface]\nkind=\"mlp\"\nhidden=[5]\n", false},
        {"[data]\nfile=\"d.csv\"\ntarget=\"t\"\ntest_fraction=0.1\n[surface]\nkind=\"mlp\"\nhidden=[5]\n",
         false},
        {"[data]\nfile=\"d.csv\"\ntarget=\"t\"\nvalidation_fraction=0.1\n[surface]\nkind=\"mlp\"\nhidden=[5]"
         "\n",
         false},
        {"[data]\nfile=\"d.csv\"\ntarget=\"t\"\nsplit_seed=4\n[surface]\nkind=\"mlp\"\nhidden=[5]\n", false},
        {"[data]\nfile=\"d.csv\"\ntarget=\"t\"\nstandardise=false\n[surface]\nkind=\"mlp\"\nhidden=[5]\n",
         false},
        {"[data]\nfile=\"d.csv\"\ntarget=\"t\"\n[surface]\nkind=\"mlp\"\nhidden=[5,5]\n", false},
        {"[data]\nfile=\"d.csv\"\ntarget=\"t\"\nrows=40\n[surface]\nkind=\"mlp\"\nhidden=[5]\n", false},
        {"[data]\nfile=\"d.csv\"\ntarget=\"t\"\ninputs=[\"a\"]\n[surface]\nkind=\"mlp\"\nhidden=[5]\n",
         false},
        {LJ, false},
    };
    el4ml_study *base = read_text(MLP);
    char *identity = el4ml_study_identity(base);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        el4ml_study *other = read_text(cases[i].text);
        char *text = el4ml_study_identity(other);
        ck_assert_msg((strcmp(text, identity) == 0) == cases[i].same, "case %zu:\n%s\n%s", i, text, identity);
        el4ml_text_free(text);
        el4ml_study_free(other);
    }
    el4ml_text_free(identity);
    el4ml_study_free(base);
}
END_TEST

START_TEST(examples_are_good)
{
    static const char *const names[] = {"iris",          "wine",     "breast_cancer", "digits",
                                        "diabetes",      "lj7",      "lj8",           "lj13",
                                        "morse",         "schwefel", "autoencoder",   "autoencoder_tanh",
                                        "factorisation", "logistic", "mixture",       "gp_diabetes/study"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[512];
        el4ml_study *study = NULL;
        el4ml_error error = {0};
        snprintf(path, sizeof path, "%s/examples/%s.toml", EL4ML_SOURCE_DIR, names[i]);
        ck_assert_msg(el4ml_study_read(path, &study, &error) == EL4ML_OK, "%s", error.message);
        const size_t length = strcspn(names[i], "/"); /* a folder's study has its name */
        ck_assert(strncmp(study->name, names[i], length) == 0 && study->name[length] == 0);
        check_round_trip(study);
        if (study->has_data) {
            el4ml_data *data = NULL;
            el4ml_surface *surface = NULL;
            ck_assert_msg(el4ml_study_open(study, &data, &surface, &error) == EL4ML_OK, "%s", error.message);
            ck_assert_ptr_nonnull(data);
            el4ml_surface_free(surface);
            el4ml_data_free(data);
        }
        el4ml_study_free(study);
    }
}
END_TEST

/* ---- el4ml init ---- */

static el4ml_study *suggest(const char *csv, const char *target)
{
    char *text = NULL;
    el4ml_study *study = NULL;
    el4ml_error error = {0};
    if (el4ml_study_suggest(csv, target, &text, &error) != EL4ML_OK) ck_abort_msg("%s", error.message);
    if (el4ml_study_read(scratch_text("suggested.toml", text), &study, &error) != EL4ML_OK)
        ck_abort_msg("%s in:\n%s", error.message, text);
    static const char *const tables[] = {"[study]",   "[data]",    "[surface]", "[explore]",
                                         "[connect]", "[analyse]", "# "};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        ck_assert_ptr_nonnull(strstr(text, tables[i]));
    el4ml_text_free(text);
    return study;
}

START_TEST(suggestions_for_the_examples)
{
    static const struct {
        const char *name, *target;
        el4ml_loss loss;
    } cases[] = {{"iris", "species", EL4ML_CROSS_ENTROPY},
                 {"wine", "cultivar", EL4ML_CROSS_ENTROPY},
                 {"digits", "digit", EL4ML_CROSS_ENTROPY},
                 {"diabetes", "progression", EL4ML_MSE},
                 {"breast_cancer", "diagnosis", EL4ML_CROSS_ENTROPY},
                 {"diabetes", "sex", EL4ML_CROSS_ENTROPY},
                 {"iris", "sepal_length", EL4ML_MSE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/examples/data/%s.csv", EL4ML_SOURCE_DIR, cases[i].name);
        if (i == 6) { /* regression with a text among the inputs cannot work, and is refused now, not later */
            char *text = NULL;
            el4ml_error error = {0};
            ck_assert_int_eq(el4ml_study_suggest(path, cases[i].target, &text, &error), EL4ML_BAD_INPUT);
            expect_message(&error, "iris.csv:2: column 'species': 'setosa' is not a number");
            continue;
        }
        el4ml_study *study = suggest(path, cases[i].target);
        ck_assert_int_eq(study->mlp.loss, cases[i].loss);
        ck_assert_str_eq(study->name, cases[i].name);
        ck_assert_str_eq(study->data_file, path);
        ck_assert_str_eq(study->target, cases[i].target);
        ck_assert(study->test_fraction == 0.25);
        ck_assert(study->mlp.hidden_layers == 1 && study->mlp.hidden[0] >= 2 && study->mlp.l2 > 0);
        el4ml_study_free(study);
    }
}
END_TEST

/* The rule of the contract: text, or at most 20 distinct integers, are classes. */
START_TEST(suggestions_by_target)
{
    static const struct {
        int rows, distinct;
        double factor;
        bool text;
        el4ml_loss loss;
    } cases[] = {{60, 20, 1, false, EL4ML_CROSS_ENTROPY}, {60, 21, 1, false, EL4ML_MSE},
                 {60, 4, 0.5, false, EL4ML_MSE},          {60, 25, 1, true, EL4ML_CROSS_ENTROPY},
                 {60, 2, -3, false, EL4ML_CROSS_ENTROPY}, {12, 12, 1, false, EL4ML_MSE},
                 {8, 2, 1, false, EL4ML_CROSS_ENTROPY}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char csv[4096] = "a,b,the target\n";
        for (int i = 0; i < cases[k].rows; i++)
            snprintf(csv + strlen(csv), sizeof csv - strlen(csv), "%d,%d,%s%g\n", i, i * i % 7,
                     cases[k].text ? "c" : "", (i % cases[k].distinct) * cases[k].factor);
        el4ml_study *study = suggest(scratch_text("t.csv", csv), "the target");
        ck_assert_msg(study->mlp.loss == cases[k].loss, "case %zu", k);
        ck_assert_str_eq(study->name, "t");
        if (cases[k].rows < 20) ck_assert(study->test_fraction == 0);
        el4ml_study_free(study);
    }
}
END_TEST

START_TEST(suggestions_refused)
{
    static const struct {
        const char *csv, *target, *message;
    } cases[] = {
        {"a,b,species\n1,2,x\n2,2,x\n1,1,y\n2,1,y\n", NULL, "t.csv: |no target|a, b, species"},
        {"a,b,species\n1,2,x\n2,2,x\n1,1,y\n2,1,y\n", "spcies", "t.csv: |'spcies'|did you mean 'species'"},
        {"a,t\n1,x\n2,x\n3,y\n", "t", "t.csv:4: column 't'|only once"},
        {"a,t\nq,x\n2,x\n3,y\n4,y\n", "t", "t.csv:2: column 'a': 'q' is not a number"},
        {"", "t", "t.csv: |empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = NULL;
        el4ml_error error = {0};
        ck_assert_int_eq(
            el4ml_study_suggest(scratch_text("t.csv", cases[i].csv), cases[i].target, &text, &error),
            EL4ML_BAD_INPUT);
        ck_assert_ptr_null(text);
        expect_message(&error, cases[i].message);
    }
    char csv[2048] = "a,y\n";
    for (int i = 0; i < 40; i++)
        snprintf(csv + strlen(csv), sizeof csv - strlen(csv), i == 17 ? "%d,n/a\n" : "%d,%d.5\n", i, 3 * i);
    char *text = NULL;
    el4ml_error error = {0};
    ck_assert_int_eq(el4ml_study_suggest(scratch_text("t.csv", csv), "y", &text, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "t.csv:19: column 'y': 'n/a' is not a number");
}
END_TEST

/* Names that need care in a study file. */
START_TEST(suggestions_are_quoted)
{
    const char csv[] = "a,\"t\"\"\\ #\"\n1,x\n2,\"x\"\n3,\"y\nz\"\n4,\"y\nz\"\n";
    el4ml_study *study = suggest(scratch_text("odd \"name.csv", csv), "t\"\\ #");
    ck_assert_str_eq(study->target, "t\"\\ #");
    ck_assert_str_eq(study->name, "odd \"name");
    el4ml_study_free(study);
}
END_TEST

/* ---- opening ---- */

static el4ml_study *read_example(const char *name)
{
    char path[512];
    el4ml_study *study = NULL;
    el4ml_error error = {0};
    snprintf(path, sizeof path, "%s/examples/%s.toml", EL4ML_SOURCE_DIR, name);
    if (el4ml_study_read(path, &study, &error) != EL4ML_OK) ck_abort_msg("%s", error.message);
    return study;
}

/* Parameters: 5 x (4 + 1) + 3 x (5 + 1) = 43, as in the published landscape; 3 for each atom; 2. */
START_TEST(opening)
{
    static const struct {
        const char *name;
        size_t dimension, train, test;
    } cases[] = {{"iris", 43, 150, 0},
                 {"wine", 54, 133, 45},
                 {"diabetes", 49, 331, 111},
                 {"lj7", 21, 0, 0},
                 {"schwefel", 2, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        el4ml_study *study = read_example(cases[i].name);
        el4ml_data *data = NULL;
        el4ml_surface *surface = NULL;
        el4ml_error error = {0};
        ck_assert_msg(el4ml_study_open(study, &data, &surface, &error) == EL4ML_OK, "%s", error.message);
        ck_assert_uint_eq(surface->info.dimension, cases[i].dimension);
        ck_assert((data != NULL) == (cases[i].train > 0));
        if (data) ck_assert(data->train.rows == cases[i].train && data->test.rows == cases[i].test);
        el4ml_surface_free(surface);
        el4ml_data_free(data);
        el4ml_study_free(study);
    }
}
END_TEST

START_TEST(opening_fails)
{
    el4ml_data *data = NULL;
    el4ml_surface *surface = NULL;
    el4ml_error error = {0};
    el4ml_study *study = read_text(MLP);
    ck_assert_int_eq(el4ml_study_open(study, &data, &surface, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "d.csv|No such file");
    el4ml_study_free(study);
    study = read_example("digits");
    study->mlp.hidden[0] = 200000; /* with one input it would do; here are 64 */
    ck_assert_int_eq(el4ml_study_open(study, &data, &surface, &error), EL4ML_BAD_INPUT);
    expect_message(&error, "digits.toml: |'hidden'|parameters");
    ck_assert(data == NULL && surface == NULL);
    el4ml_study_free(study);
}
END_TEST

START_TEST(opening_without_memory)
{
    el4ml_study *study = read_example("iris");
    size_t n = 0;
    for (el4ml_status status = EL4ML_OUT_OF_MEMORY; status != EL4ML_OK; n++) {
        el4ml_data *data = NULL;
        el4ml_surface *surface = NULL;
        el4ml_error error = {0};
        el4ml_fail_allocation_after(n);
        status = el4ml_study_open(study, &data, &surface, &error);
        el4ml_fail_allocation_after(SIZE_MAX);
        ck_assert_msg(status == EL4ML_OK || (status == EL4ML_OUT_OF_MEMORY && !data && !surface), "%zu: %s",
                      n, error.message);
        el4ml_surface_free(surface);
        el4ml_data_free(data);
    }
    ck_assert(n > 30);
    el4ml_study_free(study);
}
END_TEST

/* ---- robustness ---- */

START_TEST(every_allocation_may_fail)
{
    const char *path = scratch_text("s.toml", full);
    size_t n = 0;
    for (el4ml_status status = EL4ML_OUT_OF_MEMORY; status != EL4ML_OK; n++) {
        el4ml_study *study = NULL;
        el4ml_error error = {0};
        el4ml_fail_allocation_after(n);
        status = el4ml_study_read(path, &study, &error);
        el4ml_fail_allocation_after(SIZE_MAX);
        ck_assert_msg(status == EL4ML_OK || (status == EL4ML_OUT_OF_MEMORY && study == NULL), "%zu: %s", n,
                      error.message);
        if (status == EL4ML_OK) {
            for (size_t m = 0; m < 4; m++) {
                el4ml_fail_allocation_after(m);
                char *text = el4ml_study_text(study);
                el4ml_fail_allocation_after(SIZE_MAX);
                el4ml_text_free(text);
            }
        }
        el4ml_study_free(study);
    }
    ck_assert(n > 50);
}
END_TEST

START_TEST(suggestion_allocations_may_fail)
{
    char path[512];
    snprintf(path, sizeof path, "%s/examples/data/iris.csv", EL4ML_SOURCE_DIR);
    size_t n = 0;
    for (el4ml_status status = EL4ML_OUT_OF_MEMORY; status != EL4ML_OK; n++) {
        char *text = NULL;
        el4ml_error error = {0};
        el4ml_fail_allocation_after(n);
        status = el4ml_study_suggest(path, "species", &text, &error);
        el4ml_fail_allocation_after(SIZE_MAX);
        ck_assert_msg(status == EL4ML_OK || (status == EL4ML_OUT_OF_MEMORY && text == NULL), "%zu: %s", n,
                      error.message);
        el4ml_text_free(text);
    }
    ck_assert(n > 50);
}
END_TEST

START_TEST(mutations_never_crash)
{
    el4ml_random random = el4ml_random_new(14, 0, 0);
    size_t accepted = 0;
    for (int i = 0; i < 4000; i++) {
        size_t length;
        char *text = mutate(&random, full, sizeof full - 1, &length);
        el4ml_study *study = NULL;
        el4ml_error error = {0};
        const el4ml_status status = el4ml_study_read(scratch_file("m.toml", text, length), &study, &error);
        free(text);
        ck_assert_msg(status == EL4ML_OK || status == EL4ML_BAD_INPUT, "%s", error.message);
        if (status == EL4ML_OK && accepted++ < 200) check_round_trip(study);
        if (status != EL4ML_OK) expect_message(&error, "m.toml");
        el4ml_study_free(study);
    }
    ck_assert(accepted > 50 && accepted < 3900);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("study");
    TCase *tests = tcase_create("study");
    tcase_add_test(tests, every_key);
    tcase_add_test(tests, keys_of_the_losses);
    tcase_add_test(tests, keys_of_the_models);
    tcase_add_test(tests, defaults);
    tcase_add_test(tests, bad_studies);
    tcase_add_test(tests, round_trips);
    tcase_add_test(tests, what_makes_a_study_the_same);
    tcase_add_test(tests, keys_of_gaussian_processes);
    tcase_add_test(tests, examples_are_good);
    tcase_add_test(tests, suggestions_for_the_examples);
    tcase_add_test(tests, suggestions_by_target);
    tcase_add_test(tests, suggestions_refused);
    tcase_add_test(tests, suggestions_are_quoted);
    tcase_add_test(tests, opening);
    tcase_add_test(tests, opening_fails);
    tcase_add_test(tests, opening_without_memory);
    tcase_add_test(tests, every_allocation_may_fail);
    tcase_add_test(tests, suggestion_allocations_may_fail);
    tcase_add_test(tests, mutations_never_crash);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
