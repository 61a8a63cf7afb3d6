/* Runs that are interrupted, killed, or out of disk, and then continued: the same tables as an undisturbed
 * run's. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "run_samples.h"

/* Cancels after some batches, or in the middle of one: from the surface, after so many evaluations. */
typedef struct interrupter {
    volatile bool cancel;
    int batches; /* left until the flag turns */
} interrupter;

static void count_batches(void *context, const el4ml_progress *progress)
{
    interrupter *i = context;
    ck_assert_uint_le(progress->done, progress->budget);
    ck_assert(progress->components <= progress->minima);
    if (--i->batches <= 0) i->cancel = true;
}

/* The sample's surface with a counter in front. */
typedef struct counting {
    el4ml_surface *inner;
    volatile bool *cancel;
    long left; /* evaluations until it cancels; one thread */
} counting;

static counting counter; /* the hooks get the inner surface's data as they are */

static el4ml_status counted_value_gradient(const void *self, void *work, const double *x, double *value,
                                           double *gradient)
{
    if (counter.left > 0 && --counter.left == 0) *counter.cancel = true;
    return counter.inner->ops.value_gradient(self, work, x, value, gradient);
}

static el4ml_landscape *run_interrupted(const char *folder, const sample *s, el4ml_random *random,
                                        unsigned *times)
{
    el4ml_surface_ops ops = s->surface->ops;
    ops.value_gradient = counted_value_gradient;
    ops.destroy = NULL;
    el4ml_surface *counted = NULL;
    ck_assert_int_eq(el4ml_surface_new(&ops, &s->surface->info, s->surface->self, &counted, NULL), EL4ML_OK);
    el4ml_landscape *l = open_run(folder, counted);
    for (*times = 0; *times < 1000; ++*times) {
        interrupter i = {.batches = 1 + (int)el4ml_random_below(random, 3)};
        counter = (counting){.inner = s->surface, .cancel = &i.cancel};
        if (*times % 2) { /* in the middle of a batch */
            counter.left = 1 + (long)el4ml_random_below(random, 10000);
            i.batches = 1000;
        }
        el4ml_error error = {0};
        const el4ml_run_options options = {
            .threads = 1, .cancel = &i.cancel, .progress = count_batches, .context = &i};
        const el4ml_status status = run_both(&s->study, counted, l, &options, &error);
        if (status == EL4ML_OK) break;
        ck_assert_msg(status == EL4ML_INTERRUPTED, "%s", error.message);
        ck_assert_ptr_nonnull(strstr(error.message, "continue"));
        if (*times % 3 == 0)
            continue; /* go on with the same landscape in memory, or as a new program would */
        el4ml_landscape_close(l);
        l = open_run(folder, counted);
    }
    el4ml_surface_free(counted);
    return l;
}

START_TEST(interrupted_runs_end_like_undisturbed_ones)
{
    el4ml_random random = el4ml_random_new(61, 1, 1);
    for (int k = 0; k < SAMPLES; k++) {
        const sample s = make_sample(k);
        const char *folder = scratch_folder(s.name), *other = scratch_folder("interrupted");
        el4ml_landscape *straight = run_study(folder, &s.study, s.surface, 1);
        unsigned times;
        el4ml_landscape *broken = run_interrupted(other, &s, &random, &times);
        ck_assert_msg(times >= 2, "%s: interrupted %u times", s.name, times);
        check_same_tables(straight, broken, false);
        el4ml_landscape_close(straight);
        el4ml_landscape_close(broken);
        remove_folder(folder);
        remove_folder(other);
        el4ml_surface_free(s.surface);
    }
}
END_TEST

/* Killed for good, again and again, by a process that cannot clean up. */
static void run_in_child(const char *folder, const sample *s, unsigned microseconds)
{
    fflush(NULL);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        el4ml_landscape *l = NULL;
        const el4ml_identity identity = {.study = "test",
                                         .data_sha256 = "",
                                         .dimension = s->surface->info.dimension,
                                         .zero_modes = s->surface->info.usual_zero_modes};
        const el4ml_run_options options = {.threads = 2};
        if (el4ml_landscape_open(folder, &identity, &l, NULL) != EL4ML_OK) _exit(1);
        _exit(run_both(&s->study, s->surface, l, &options, NULL) == EL4ML_OK ? 0 : 1);
    }
    usleep(microseconds); /* when it strikes does not matter */
    kill(child, SIGKILL);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
}

START_TEST(killed_runs_end_like_undisturbed_ones)
{
    el4ml_random random = el4ml_random_new(62, 1, 1);
    const sample s = make_sample(2);
    const char *folder = scratch_folder(s.name), *other = scratch_folder("killed");
    el4ml_landscape *straight = run_study(folder, &s.study, s.surface, 2);
    for (int k = 0; k < 20; k++)
        run_in_child(other, &s, 2000 + (unsigned)el4ml_random_below(&random, 60000));
    el4ml_landscape *broken = run_study(other, &s.study, s.surface, 2);
    check_same_tables(straight, broken, false);
    el4ml_landscape_close(straight);
    el4ml_landscape_close(broken);
    remove_folder(folder);
    remove_folder(other);
    el4ml_surface_free(s.surface);
}
END_TEST

/* The disk fills up at some point of the run; room is made, and it goes on. */
START_TEST(a_full_disk_in_the_middle)
{
    const sample s = make_sample(0);
    const char *folder = scratch_folder(s.name), *other = scratch_folder("full-run");
    el4ml_landscape *straight = run_study(folder, &s.study, s.surface, 1);
    static const rlim_t sizes[] = {30000, 60000, 90000};
    for (int k = 0; k < 3; k++) {
        fflush(NULL);
        const pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            signal(SIGXFSZ, SIG_IGN);
            struct rlimit limit;
            getrlimit(RLIMIT_FSIZE, &limit);
            limit.rlim_cur = sizes[k];
            setrlimit(RLIMIT_FSIZE, &limit);
            el4ml_landscape *l = NULL;
            const el4ml_identity identity = {.study = "test",
                                             .data_sha256 = "",
                                             .dimension = s.surface->info.dimension,
                                             .zero_modes = s.surface->info.usual_zero_modes};
            const el4ml_run_options options = {.threads = 1};
            el4ml_status status = el4ml_landscape_open(other, &identity, &l, NULL);
            if (status == EL4ML_OK) status = run_both(&s.study, s.surface, l, &options, NULL);
            _exit(status == EL4ML_IO ? 7 : 1);
        }
        int status;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 7, "limit %d: ended with %x", k,
                      (unsigned)status);
    }
    el4ml_landscape *full = run_study(other, &s.study, s.surface, 1);
    check_same_tables(straight, full, false);
    el4ml_landscape_close(straight);
    el4ml_landscape_close(full);
    remove_folder(folder);
    remove_folder(other);
    el4ml_surface_free(s.surface);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {interrupted_runs_end_like_undisturbed_ones,
                                  killed_runs_end_like_undisturbed_ones, a_full_disk_in_the_middle};
    return RUN_SUITE("resume", tests);
}
