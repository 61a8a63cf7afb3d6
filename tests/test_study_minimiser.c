/* The keys of a study file that choose and set a minimiser. */
#include "input_test.h"
#include "run/study_minimiser.h"

#define LJ "[surface]\nkind = \"lennard-jones\"\natoms = 7\n[explore]\n"
#define MLP "[data]\nfile = \"d.csv\"\ntarget = \"t\"\n[surface]\nkind = \"mlp\"\nhidden = [5]\n[explore]\n"

static el4ml_study *read_text(const char *text)
{
    el4ml_study *study = NULL;
    el4ml_error error = {0};
    if (el4ml_study_read(scratch_text("s.toml", text), &study, &error) != EL4ML_OK)
        ck_abort_msg("%s in:\n%s", error.message, text);
    return study;
}

static void check_equal(const el4ml_study *a, const el4ml_study *b)
{
    const el4ml_training_options *s = &a->training, *t = &b->training;
    ck_assert(a->minimiser == b->minimiser && a->history == b->history && a->handover == b->handover);
    ck_assert(s->learning_rate == t->learning_rate && s->momentum == t->momentum);
    ck_assert(s->batch_size == t->batch_size && s->epochs == t->epochs && s->radius == t->radius);
    ck_assert(s->walk == t->walk && s->scope == t->scope && s->noise == t->noise);
    ck_assert_int_eq(a->method, b->method);
}

START_TEST(every_key)
{
    el4ml_study *s =
        read_text(MLP "minimiser = \"sam\"\nhistory = 100\nhandover = 1e-4\nlearning_rate = 0.5\n"
                      "momentum = 0\nbatch_size = 16\nepochs = 7\nsam_radius = 0.2\n");
    el4ml_minimise_options o = el4ml_minimise_options_default();
    el4ml_study_minimise(s, &o);
    ck_assert(o.method == EL4ML_SAM && o.history == 100 && o.handover == 1e-4);
    ck_assert(o.training.learning_rate == 0.5 && o.training.momentum == 0 && o.training.batch_size == 16);
    ck_assert(o.training.epochs == 7 && o.training.radius == 0.2);
    el4ml_study_free(s);
}
END_TEST

/* A study that says nothing leaves the library's defaults as they are, whatever the minimiser. */
START_TEST(defaults)
{
    const el4ml_minimise_options usual = el4ml_minimise_options_default();
    for (int k = 0; k < 8; k++) {
        static const char *const lines[] = {"",
                                            "minimiser = \"newton-lbfgs\"\n",
                                            "minimiser = \"lbfgs\"\n",
                                            "minimiser = \"conjugate-gradient\"\n",
                                            "minimiser = \"adam\"\n",
                                            "minimiser = \"sgd\"\n",
                                            "minimiser = \"sam\"\n",
                                            "minimiser = \"entropy-sgd\"\n"};
        char text[300];
        snprintf(text, sizeof text, "%s%s", k % 2 ? LJ : MLP, lines[k]);
        el4ml_study *s = read_text(text);
        el4ml_minimise_options o = usual;
        el4ml_study_minimise(s, &o);
        ck_assert_int_eq(o.method, k == 0 ? EL4ML_NEWTON_LBFGS : (el4ml_minimise_method)(k - 1));
        o.method = usual.method;
        ck_assert(memcmp(&o.training, &usual.training, sizeof o.training) == 0);
        ck_assert(o.history == usual.history && o.handover == 0);
        el4ml_study_free(s);
    }
}
END_TEST

/* Written out, read again: the same; and no different a study than without them. */
START_TEST(round_trips)
{
    static const char *const texts[] = {
        MLP "minimiser = \"lbfgs\"\nhistory = 500\nhandover = 1e-5\n",
        MLP "minimiser = \"adam\"\nlearning_rate = 3e-4\nbatch_size = 0\nepochs = 12\n",
        MLP "minimiser = \"sgd\"\nmomentum = 0.5\nhandover = 0.01\n",
        MLP "minimiser = \"sam\"\nsam_radius = 0.125\nhistory = 7\n",
        MLP "minimiser = \"entropy-sgd\"\nentropy_walk = 7\nentropy_scope = 0.3\nentropy_noise = 0\n",
        MLP "method = \"sam\"\nsam_radius = 0.3\n",
        MLP "method = \"entropy-sgd\"\nminimiser = \"entropy-sgd\"\n",
        MLP "history = 11\n",
        MLP "minimiser = \"conjugate-gradient\"\n",
        LJ "minimiser = \"sgd\"\nlearning_rate = 0.001\n"};
    el4ml_study *plain[2] = {read_text(MLP), read_text(LJ)};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        el4ml_study *first = read_text(texts[i]);
        char *text = el4ml_study_text(first);
        el4ml_study *second = read_text(text);
        check_equal(first, second);
        char *again = el4ml_study_text(second), *identity = el4ml_study_identity(second),
             *without = el4ml_study_identity(plain[!first->has_data]);
        ck_assert_str_eq(text, again);
        ck_assert_str_eq(identity, without);
        el4ml_text_free(text);
        el4ml_text_free(again);
        el4ml_text_free(identity);
        el4ml_text_free(without);
        el4ml_study_free(first);
        el4ml_study_free(second);
    }
    el4ml_study_free(plain[0]);
    el4ml_study_free(plain[1]);
}
END_TEST

START_TEST(bad_keys)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {LJ "minimiser = \"lbgfs\"\n", "s.toml:5:13: 'minimiser'|'lbgfs'|did you mean 'lbfgs'"},
        {LJ "minimiser = \"conjugate_gradient\"\n", "'minimiser'|did you mean 'conjugate-gradient'"},
        {LJ "minimiser = \"Adam\"\n", "'minimiser'|did you mean 'adam'"},
        {LJ "minimiser = \"genetic\"\n",
         "unknown 'genetic'|Known: newton-lbfgs, lbfgs, conjugate-gradient, adam, sgd, sam"},
        {LJ "minimiser = 3\n", "'minimiser'|text"},
        {LJ "minimizer = \"adam\"\n", "s.toml:5:1: 'minimizer'|did you mean 'minimiser'"},
        {MLP "learning_rat = 1\n", "'learning_rat'|did you mean 'learning_rate'"},
        {LJ "minimiser = \"adam\"\nbatch_size = 32\n",
         "s.toml:6:1: 'batch_size'|does not belong to kind \"lennard-jones\""},
        {MLP "learning_rate = 0.1\n",
         "s.toml:8:1: 'learning_rate'|does not belong to minimiser \"newton-lbfgs\", but to: adam, sgd, sam"},
        {MLP "handover = 0.1\n", "'handover'|but to: lbfgs, conjugate-gradient, adam, sgd, sam"},
        {MLP "minimiser = \"adam\"\nmomentum = 0.9\n",
         "s.toml:9:1: 'momentum'|minimiser \"adam\", but to: sgd, sam"},
        {MLP "method = \"sam\"\nminimiser = \"adam\"\n",
         "s.toml:9:1: 'minimiser'|method \"sam\" is a minimiser"},
        {MLP "minimiser = \"sam\"\nentropy_walk = 3\n",
         "'entropy_walk'|minimiser \"sam\", but to: entropy-sgd"},
        {MLP "minimiser = \"entropy-sgd\"\nentropy_walk = 0\n", "'entropy_walk'|between 1"},
        {MLP "minimiser = \"entropy-sgd\"\nentropy_noise = -1\n", "'entropy_noise'|at least 0"},
        {MLP "minimiser = \"sgd\"\nsam_radius = 0.1\n", "'sam_radius'|minimiser \"sgd\", but to: sam"},
        {MLP "minimiser = \"lbfgs\"\nepochs = 3\n", "'epochs'|minimiser \"lbfgs\""},
        {MLP "history = 0\n", "'history'|between 1 and 500"},
        {MLP "history = 501\n", "'history'|between 1 and 500"},
        {MLP "minimiser = \"sgd\"\nlearning_rate = 0\n", "'learning_rate'|greater than 0"},
        {MLP "minimiser = \"sgd\"\nlearning_rate = inf\n", "'learning_rate'|finite"},
        {MLP "minimiser = \"sgd\"\nmomentum = 1\n", "'momentum'|less than 1"},
        {MLP "minimiser = \"sgd\"\nmomentum = -0.1\n", "'momentum'|at least 0"},
        {MLP "minimiser = \"sgd\"\nbatch_size = -1\n", "'batch_size'|between 0"},
        {MLP "minimiser = \"sgd\"\nbatch_size = 1.5\n", "'batch_size'|integer"},
        {MLP "minimiser = \"sgd\"\nepochs = 0\n", "'epochs'|between 1"},
        {MLP "minimiser = \"sam\"\nsam_radius = 0\n", "'sam_radius'|greater than 0"},
        {MLP "minimiser = \"adam\"\nhandover = 0\n", "'handover'|greater than 0"},
        {"minimiser = \"adam\"\n" LJ, "s.toml:1:1: 'minimiser'|belongs in a table, [explore]"},
        {"[connect]\nminimiser = \"adam\"\n" LJ, "s.toml:2:1: 'minimiser'|belongs in [explore]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        el4ml_study *study = NULL;
        el4ml_error error = {0};
        const el4ml_status status = el4ml_study_read(scratch_text("s.toml", cases[i].text), &study, &error);
        ck_assert_msg(status == EL4ML_BAD_INPUT, "case %zu, status %d: %s", i, (int)status, cases[i].text);
        ck_assert_ptr_null(study);
        expect_message(&error, cases[i].message);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("study_minimiser");
    TCase *cases = tcase_create("study_minimiser");
    tcase_add_test(cases, every_key);
    tcase_add_test(cases, defaults);
    tcase_add_test(cases, round_trips);
    tcase_add_test(cases, bad_keys);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
