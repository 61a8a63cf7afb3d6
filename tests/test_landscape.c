/* The landscape: what is new and what is known, and its database through kills, foreign files, damage, locks
 * and full disks. */
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "engine_help.h"
#include "landscape/internal.h"

static const el4ml_identity usual = {
    .study = "study A", .data_sha256 = "00ff", .dimension = 2, .zero_modes = 0};

/* Two coordinates, no symmetry: every point is what its numbers say. */
typedef struct desk {
    el4ml_surface *surface;
    el4ml_evaluator e;
    const char *folder;
} desk;

static desk desk_new(const char *name)
{
    desk d = {.surface = function_surface("himmelblau"), .folder = scratch_folder(name)};
    ck_assert_int_eq(el4ml_evaluator_init(&d.e, d.surface, NULL), EL4ML_OK);
    return d;
}

static void desk_free(desk *d)
{
    el4ml_evaluator_clear(&d->e);
    el4ml_surface_free(d->surface);
    remove_folder(d->folder);
}

static el4ml_landscape *open_landscape(const char *folder, const el4ml_identity *identity)
{
    el4ml_landscape *l = NULL;
    el4ml_error error = {0};
    ck_assert_msg(el4ml_landscape_open(folder, identity ? identity : &usual, &l, &error) == EL4ML_OK, "%s",
                  error.message);
    return l;
}

static el4ml_landscape *read_landscape(const char *folder)
{
    el4ml_landscape *l = NULL;
    el4ml_error error = {0};
    ck_assert_msg(el4ml_landscape_read(folder, &l, &error) == EL4ML_OK, "%s", error.message);
    return l;
}

/* A made-up minimum number k: all its numbers differ. */
static size_t add_minimum(el4ml_landscape *l, el4ml_evaluator *e, double k, bool expect_fresh)
{
    double x[2] = {k, -k / 3};
    const el4ml_stationary point = {.energy = 1 + k / 7,
                                    .gradient_rms = 1e-10 * (k + 1),
                                    .log_product = 3 * k,
                                    .log_multiplicity = k / 11,
                                    .smallest_eigenvalue = 0.5 + k,
                                    .proved = true,
                                    .flagged = (int)k % 5 == 4,
                                    .x = x};
    size_t index;
    bool fresh;
    ck_assert_int_eq(el4ml_landscape_add(l, e, EL4ML_MINIMUM, &point, 0, 0, &index, &fresh, NULL), EL4ML_OK);
    ck_assert(fresh == expect_fresh);
    return index;
}

static size_t add_state(el4ml_landscape *l, el4ml_evaluator *e, double k, size_t a, size_t b)
{
    double x[2] = {k, k * k};
    const el4ml_stationary point = {.energy = 100 + k / 7,
                                    .gradient_rms = 1e-11,
                                    .log_product = k == 1 ? (double)NAN : k, /* a checked point has none */
                                    .log_multiplicity = 1.5,
                                    .smallest_eigenvalue = -1 - k,
                                    .index = 1,
                                    .proved = k != 1,
                                    .x = x};
    size_t index;
    bool fresh;
    ck_assert_int_eq(el4ml_landscape_add(l, e, EL4ML_TRANSITION_STATE, &point, a, b, &index, &fresh, NULL),
                     EL4ML_OK);
    ck_assert(fresh);
    return index;
}

/* ---- New or known ---- */

START_TEST(known_by_energy_and_place)
{
    desk d = desk_new("known");
    el4ml_landscape *l = open_landscape(d.folder, NULL);
    for (int k = 0; k < 50; k++) /* in an order that is not that of their energies */
        ck_assert_uint_eq(add_minimum(l, &d.e, (k * 37) % 50, true), (size_t)k);
    for (int k = 49; k >= 0; k--)
        ck_assert_uint_eq(add_minimum(l, &d.e, (k * 37) % 50, false), (size_t)k);
    const double e7 = el4ml_landscape_record(l, EL4ML_MINIMUM, 7)->point.energy;
    const double *x7 = el4ml_landscape_record(l, EL4ML_MINIMUM, 7)->point.x;
    static const struct {
        double energy, place; /* differences */
        bool known;
    } cases[] = {{0, 0, true},      {5e-10, 0, true}, {-5e-10, 5e-4, true}, {1e-7, 0, false},
                 {-1e-7, 0, false}, {0, 1e-2, false}, {5e-10, 2e-3, false}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        double x[2] = {x7[0] + cases[k].place, x7[1]};
        const el4ml_stationary point = {
            .energy = e7 + cases[k].energy, .gradient_rms = 1e-10, .smallest_eigenvalue = 1, .x = x};
        size_t index;
        ck_assert_int_eq(el4ml_landscape_find(l, &d.e, EL4ML_MINIMUM, &point, &index), EL4ML_OK);
        ck_assert_uint_eq(index, cases[k].known ? 7 : EL4ML_NONE);
        ck_assert_int_eq(el4ml_landscape_find(l, &d.e, EL4ML_TRANSITION_STATE, &point, &index), EL4ML_OK);
        ck_assert_uint_eq(index, EL4ML_NONE);
    }
    double x[2] = {x7[0],
                   x7[1] + 0.01}; /* soft and badly converged: it may lie 0.1 away from where it should */
    const el4ml_stationary doubtful = {
        .energy = e7, .gradient_rms = 1e-8, .smallest_eigenvalue = 1e-6, .x = x};
    size_t index;
    ck_assert_int_eq(el4ml_landscape_find(l, &d.e, EL4ML_MINIMUM, &doubtful, &index), EL4ML_OK);
    ck_assert_uint_eq(index, 7);
    el4ml_landscape_close(l);
    desk_free(&d);
}
END_TEST

/* Real minima of LJ9: symmetry copies are known, the mirror image too; one atom exchanged for noise is not.
 */
START_TEST(symmetry_copies_are_known)
{
    el4ml_surface *surface = cluster_surface(9);
    el4ml_searcher *s = new_searcher(surface, NULL);
    el4ml_evaluator *e = el4ml_searcher_evaluator(s);
    const char *folder = scratch_folder("copies");
    const el4ml_identity identity = {.study = "lj9", .data_sha256 = "", .dimension = 27, .zero_modes = 6};
    el4ml_landscape *l = open_landscape(folder, &identity);
    double x[27], y[27], energies[64];
    for (uint64_t job = 0; job < 25; job++) {
        el4ml_random random = el4ml_random_new(51, 1, job);
        el4ml_stationary point = {.x = x};
        size_t known, index, again;
        bool fresh;
        el4ml_initialise(e, &random, x);
        if (el4ml_search_proved_minimum(s, x, &point, &known) != EL4ML_OK) continue;
        const size_t before = el4ml_landscape_count(l, EL4ML_MINIMUM);
        ck_assert_int_eq(el4ml_landscape_add(l, e, EL4ML_MINIMUM, &point, 0, 0, &index, &fresh, NULL),
                         EL4ML_OK);
        bool by_energy = true; /* LJ9's minima all differ in energy */
        for (size_t k = 0; k < before; k++)
            by_energy = by_energy && fabs(energies[k] - point.energy) > 1e-8;
        ck_assert(fresh == by_energy);
        if (fresh) energies[before] = point.energy;
        for (int copy = 0; copy < 5; copy++) {
            surface->ops.random_operation(surface->self, e->workspace, &random, x, y);
            if (copy == 4)
                for (size_t i = 0; i < 27; i++)
                    y[i] = i % 3 ? y[i] : -y[i];
            el4ml_stationary image = point;
            image.x = y;
            ck_assert_int_eq(el4ml_landscape_add(l, e, EL4ML_MINIMUM, &image, 0, 0, &again, &fresh, NULL),
                             EL4ML_OK);
            ck_assert(!fresh && again == index);
            y[4] += 0.05; /* same energy by decree, another structure: new, were it added */
            ck_assert_int_eq(el4ml_landscape_find(l, e, EL4ML_MINIMUM, &image, &again), EL4ML_OK);
            ck_assert_uint_eq(again, EL4ML_NONE);
        }
    }
    ck_assert_uint_ge(el4ml_landscape_count(l, EL4ML_MINIMUM), 3);
    el4ml_landscape_close(l);
    remove_folder(folder);
    el4ml_searcher_free(s);
    el4ml_surface_free(surface);
}
END_TEST

/* ---- Round trip ---- */

static void fill(el4ml_landscape *l, el4ml_evaluator *e, int first, int count)
{
    for (int k = first; k < first + count; k++) {
        const size_t index = add_minimum(l, e, k, true);
        el4ml_landscape_hit(l, EL4ML_MINIMUM, index, k);
        el4ml_landscape_set_metrics(
            l, index,
            &(el4ml_metrics){0.1 * k, 0.5, NAN, 0.9 - 0.01 * k, NAN, 0.3, k % 2 ? -1.5 * k : NAN, NAN},
            &(el4ml_metrics){NAN, 0.25, k, 0.8, 0.01 * k, NAN, NAN, 0.02 * k});
    }
}

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void check_same_record(const el4ml_record *p, const el4ml_record *q, size_t n)
{
    ck_assert(p->point.energy == q->point.energy && p->point.gradient_rms == q->point.gradient_rms);
    ck_assert(same_number(p->point.log_product, q->point.log_product));
    ck_assert(p->point.log_multiplicity == q->point.log_multiplicity);
    ck_assert(p->point.smallest_eigenvalue == q->point.smallest_eigenvalue);
    ck_assert(p->point.index == q->point.index && p->point.proved == q->point.proved &&
              p->point.flagged == q->point.flagged);
    ck_assert(p->hits == q->hits);
    ck_assert(memcmp(p->point.x, q->point.x, n * sizeof(double)) == 0);
    size_t count;
    const el4ml_metric *list = el4ml_metric_list(&count);
    const el4ml_metrics *metrics[2][2] = {{&p->train, &q->train}, {&p->test, &q->test}};
    for (int k = 0; k < 2; k++)
        for (size_t m = 0; m < count; m++)
            ck_assert(same_number(el4ml_metric_of(metrics[k][0], &list[m]),
                                  el4ml_metric_of(metrics[k][1], &list[m])));
}

static void check_same_landscape(el4ml_landscape *p, el4ml_landscape *q)
{
    for (int species = 0; species < 2; species++) {
        const el4ml_species kind = (el4ml_species)species;
        ck_assert_uint_eq(el4ml_landscape_count(p, kind), el4ml_landscape_count(q, kind));
        for (size_t i = 0; i < el4ml_landscape_count(p, kind); i++) {
            const el4ml_record *a = el4ml_landscape_record(p, kind, i),
                               *b = el4ml_landscape_record(q, kind, i);
            check_same_record(a, b, el4ml_landscape_dimension(p));
            if (kind == EL4ML_TRANSITION_STATE) ck_assert(a->a == b->a && a->b == b->b);
        }
    }
    ck_assert(memcmp(el4ml_landscape_totals(p), el4ml_landscape_totals(q), sizeof(el4ml_totals)) == 0);
    for (int species = 0; species < 2; species++) {
        ck_assert_uint_eq(p->table[species].ordered, q->table[species].ordered);
        for (size_t i = 0; i < p->table[species].ordered; i++)
            ck_assert_uint_eq(p->table[species].by_energy[i], q->table[species].by_energy[i]);
    }
}

START_TEST(all_of_it_comes_back)
{
    desk d = desk_new("round-trip");
    el4ml_landscape *l = open_landscape(d.folder, NULL), *again;
    fill(l, &d.e, 0, 30);
    for (int k = 0; k < 10; k++)
        el4ml_landscape_hit(l, EL4ML_TRANSITION_STATE, add_state(l, &d.e, k, (size_t)k, (size_t)(k * 2) % 30),
                            1 + k);
    const unsigned char bytes[5] = {0, 255, 1, 0, 7};
    ck_assert_int_eq(el4ml_landscape_put(l, "walkers", bytes, 5, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_landscape_put(l, "empty", bytes, 0, NULL), EL4ML_OK);
    ck_assert_int_eq(el4ml_landscape_set_meta(l, "note", "it's \"quoted\"; Gr\xc3\xbc\xc3\x9f", NULL),
                     EL4ML_OK);
    el4ml_totals *totals = el4ml_landscape_totals(l);
    *totals = (el4ml_totals){.evaluations = 1, .searches = 2, .improved = UINT64_MAX, .seconds = 0.125};
    ck_assert_int_eq(el4ml_landscape_commit(l, NULL), EL4ML_OK);
    el4ml_landscape_hit(l, EL4ML_MINIMUM, 3, 1000); /* of what is stored already */
    el4ml_landscape_hit(l, EL4ML_MINIMUM, 3, 1);
    el4ml_landscape_hit(l, EL4ML_TRANSITION_STATE, 4, 5);
    ck_assert_int_eq(el4ml_landscape_put(l, "walkers", bytes + 1, 3, NULL), EL4ML_OK);
    fill(l, &d.e, 30, 5);
    ck_assert_int_eq(el4ml_landscape_commit(l, NULL), EL4ML_OK);
    for (int way = 0; way < 2; way++) {
        if (way == 1) { /* first a reader beside the writer, then a new writer */
            el4ml_landscape_close(l);
            l = open_landscape(d.folder, NULL);
        }
        again = read_landscape(d.folder);
        check_same_landscape(l, again);
        ck_assert(el4ml_landscape_record(again, EL4ML_MINIMUM, 3)->hits == 1004);
        size_t size;
        const void *blob = el4ml_landscape_get(again, "walkers", &size);
        ck_assert(size == 3 && memcmp(blob, bytes + 1, 3) == 0);
        ck_assert_ptr_nonnull(el4ml_landscape_get(again, "empty", &size));
        ck_assert_uint_eq(size, 0);
        ck_assert_ptr_null(el4ml_landscape_get(again, "nothing", &size));
        ck_assert_ptr_null(el4ml_landscape_meta(again, "nothing"));
        ck_assert_str_eq(el4ml_landscape_meta(again, "note"), "it's \"quoted\"; Gr\xc3\xbc\xc3\x9f");
        ck_assert_str_eq(el4ml_landscape_meta(again, "study"), "study A");
        ck_assert_uint_eq(el4ml_landscape_dimension(again), 2);
        el4ml_landscape_close(again);
    }
    el4ml_network *network =
        NULL; /* the unproved transition state and the flagged minima are in it, marked */
    ck_assert_int_eq(el4ml_landscape_network(l, &network, NULL), EL4ML_OK);
    ck_assert(network->node_count == 35 && network->edge_count == 10 && network->kappa == 2);
    ck_assert(network->nodes[4].flagged && !network->nodes[5].flagged && network->nodes[6].hits == 6);
    ck_assert(network->edges[3].a == 3 && network->edges[3].b == 6);
    el4ml_network_free(network);
    el4ml_landscape_close(l);
    desk_free(&d);
}
END_TEST

/* Sorted when read, inserted one by one when found: the same order, also of equal energies. */
START_TEST(the_order_by_energy_comes_back)
{
    desk d = desk_new("order");
    el4ml_landscape *l = open_landscape(d.folder, NULL);
    for (int k = 0; k < 200; k++) {
        double x[2] = {k, 0};
        const el4ml_stationary point = {
            .energy = (k * 37) % 50 % 7 - 3.0, .gradient_rms = 1e-10, .smallest_eigenvalue = 1, .x = x};
        size_t index;
        bool fresh;
        ck_assert_int_eq(el4ml_landscape_add(l, &d.e, EL4ML_MINIMUM, &point, 0, 0, &index, &fresh, NULL),
                         EL4ML_OK);
        ck_assert(fresh);
    }
    ck_assert_int_eq(el4ml_landscape_commit(l, NULL), EL4ML_OK);
    el4ml_landscape *again = read_landscape(d.folder);
    check_same_landscape(l, again);
    el4ml_landscape_close(l);
    el4ml_landscape_close(again);
    desk_free(&d);
}
END_TEST

/* The file as the outer interface describes it, read with plain SQL. */
static double number_in(const char *folder, const char *sql)
{
    char path[600];
    sqlite3 *db;
    sqlite3_stmt *s;
    snprintf(path, sizeof path, "%s/landscape.db", folder);
    ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
    const double number = sqlite3_column_double(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return number;
}

static void run_sql(const char *folder, const char *sql)
{
    char path[600], *message = NULL;
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/landscape.db", folder);
    ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK, "%s", message);
    sqlite3_close(db);
}

START_TEST(the_schema_is_the_published_one)
{
    desk d = desk_new("schema");
    el4ml_landscape *l = open_landscape(d.folder, NULL);
    fill(l, &d.e, 0, 4);
    add_state(l, &d.e, 2, 1, 3);
    ck_assert_int_eq(el4ml_landscape_commit(l, NULL), EL4ML_OK);
    el4ml_landscape_close(l);
    ck_assert(number_in(d.folder, "SELECT count(*) FROM minima") == 4);
    ck_assert(number_in(d.folder, "SELECT hits FROM minima WHERE id = 4") == 3);
    ck_assert(number_in(d.folder, "SELECT energy FROM minima WHERE id = 3") == 1 + 2.0 / 7);
    ck_assert(
        number_in(d.folder,
                  "SELECT log_product + log_multiplicity + smallest_eigenvalue + gradient_rms FROM minima "
                  "WHERE id = 1") == 0.5 + 1e-10);
    ck_assert(number_in(d.folder, "SELECT length(coordinates) FROM minima WHERE id = 2") == 16);
    ck_assert(
        number_in(d.folder,
                  "SELECT coordinates = x'000000000000f03f555555555555d5bf' FROM minima WHERE id = 2") == 1);
    ck_assert(number_in(d.folder, "SELECT minimum_a * 10 + minimum_b FROM transition_states") == 24);
    ck_assert(number_in(d.folder, "SELECT value FROM meta WHERE key = 'dimension'") == 2);
    ck_assert(number_in(d.folder, "SELECT value FROM meta WHERE key = 'schema_version'") ==
              EL4ML_SCHEMA_VERSION);
    ck_assert(number_in(d.folder, "SELECT journal_mode = 'wal' FROM pragma_journal_mode") == 1);
    desk_free(&d);
}
END_TEST

/* ---- Kills ---- */

/* Run `work` in a child; returns how it ended as waitpid tells. */
static int in_child(void (*work)(const desk *d, int argument), const desk *d, int argument)
{
    fflush(NULL);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        work(d, argument);
        _exit(0);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

/* Checks in a child cannot speak through Check: its exit status does. */
#define CHILD_CHECK(condition)                                                                               \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: in the child: %s\n", __FILE__, __LINE__, #condition);                    \
            _exit(1);                                                                                        \
        }                                                                                                    \
    } while (0)

/* Batches of 3 minima; after `batches` of them are committed half a batch more, then killed. */
static void work_and_die(const desk *d, int batches)
{
    desk own = *d;
    el4ml_landscape *l = open_landscape(d->folder, NULL);
    for (int k = 0; k < batches; k++) {
        fill(l, &own.e, 3 * k, 3);
        el4ml_landscape_totals(l)->searches = (uint64_t)k + 1;
        el4ml_landscape_put(l, "queue", &k, sizeof k, NULL);
        CHILD_CHECK(el4ml_landscape_commit(l, NULL) == EL4ML_OK);
    }
    fill(l, &own.e, 1000, 2);
    el4ml_landscape_totals(l)->searches = 1000;
    el4ml_landscape_put(l, "queue", "lost", 4, NULL);
    el4ml_landscape_hit(l, EL4ML_MINIMUM, 0, 50);
    kill(getpid(), SIGKILL);
}

START_TEST(a_kill_loses_the_open_batch_and_no_more)
{
    for (int batches = 1; batches <= 40; batches += 13) {
        desk d = desk_new("kill");
        const int status = in_child(work_and_die, &d, batches);
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        el4ml_landscape *l = open_landscape(d.folder, NULL); /* the dead process holds no lock */
        ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), (size_t)(3 * batches));
        ck_assert_uint_eq(el4ml_landscape_totals(l)->searches, (size_t)batches);
        size_t size;
        const int *queue = el4ml_landscape_get(l, "queue", &size);
        ck_assert(size == sizeof *queue && *queue == batches - 1);
        ck_assert(el4ml_landscape_record(l, EL4ML_MINIMUM, 0)->hits == 0);
        fill(l, &d.e, 1000, 2); /* and it goes on */
        ck_assert_int_eq(el4ml_landscape_commit(l, NULL), EL4ML_OK);
        el4ml_landscape_close(l);
        desk_free(&d);
    }
}
END_TEST

START_TEST(closing_discards_what_was_not_committed)
{
    desk d = desk_new("discard");
    el4ml_landscape *l = open_landscape(d.folder, NULL);
    fill(l, &d.e, 0, 3);
    el4ml_landscape_close(l);
    l = open_landscape(d.folder, NULL);
    ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), 0);
    fill(l, &d.e, 0, 3);
    ck_assert_int_eq(el4ml_landscape_commit(l, NULL), EL4ML_OK);
    fill(l, &d.e, 3, 3);
    el4ml_landscape_close(l);
    l = read_landscape(d.folder);
    ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), 3);
    el4ml_landscape_close(l);
    el4ml_landscape_close(NULL);
    desk_free(&d);
}
END_TEST

/* ---- What does not belong ---- */

static void check_refused(const char *folder, const el4ml_identity *identity, el4ml_status expected,
                          const char *say)
{
    el4ml_landscape *l = NULL;
    el4ml_error error = {0};
    const el4ml_status status = identity ? el4ml_landscape_open(folder, identity, &l, &error)
                                         : el4ml_landscape_read(folder, &l, &error);
    ck_assert_msg(status == expected, "status %d: %s", (int)status, error.message);
    ck_assert_ptr_null(l);
    ck_assert_int_eq(error.status, expected);
    ck_assert_msg(strstr(error.message, say) != NULL, "'%s' is not in: %s", say, error.message);
    ck_assert_msg(strstr(error.message, folder) != NULL, "the folder is not named: %s", error.message);
    ck_assert_ptr_null(strchr(error.message, '\n'));
}

START_TEST(another_study_is_refused)
{
    desk d = desk_new("identity");
    el4ml_landscape *l = open_landscape(d.folder, NULL);
    fill(l, &d.e, 0, 3);
    ck_assert_int_eq(el4ml_landscape_commit(l, NULL), EL4ML_OK);
    el4ml_landscape_close(l);
    el4ml_identity other = usual;
    other.study = "study B";
    check_refused(d.folder, &other, EL4ML_BAD_INPUT, "another study");
    other = usual;
    other.data_sha256 = "00fe";
    check_refused(d.folder, &other, EL4ML_BAD_INPUT, "has changed since");
    other = usual;
    other.dimension = 3;
    check_refused(d.folder, &other, EL4ML_BAD_INPUT, "dimension");
    run_sql(d.folder, "UPDATE meta SET value = '3' WHERE key = 'schema_version'");
    check_refused(d.folder, &usual, EL4ML_BAD_INPUT, "newer");
    check_refused(d.folder, NULL, EL4ML_BAD_INPUT, "newer");
    run_sql(d.folder, "UPDATE meta SET value = 'one' WHERE key = 'schema_version'");
    check_refused(d.folder, &usual, EL4ML_BAD_INPUT, "schema_version");
    run_sql(d.folder, "UPDATE meta SET value = '2' WHERE key = 'schema_version'");
    l = open_landscape(d.folder, NULL); /* none of the refusals did harm */
    ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), 3);
    el4ml_landscape_close(l);
    desk_free(&d);
}
END_TEST

/* As version 1 made it: three metrics, in this order, and no tables of targets. */
START_TEST(an_older_database_is_read_and_brought_up_to_date)
{
    desk d = desk_new("older");
    el4ml_landscape *l = open_landscape(d.folder, NULL);
    fill(l, &d.e, 0, 5);
    ck_assert_int_eq(el4ml_landscape_commit(l, NULL), EL4ML_OK);
    el4ml_landscape_close(l);
    run_sql(d.folder,
            "CREATE TABLE older(id INTEGER PRIMARY KEY, proved INTEGER, flagged INTEGER, train_loss REAL, "
            "train_accuracy REAL, train_r2 REAL, test_loss REAL, test_accuracy REAL, test_r2 REAL);"
            "INSERT INTO older SELECT id, proved, flagged, train_loss, train_accuracy, train_r2, test_loss, "
            "test_accuracy, test_r2 FROM minimum_details;"
            "DROP TABLE minimum_details; ALTER TABLE older RENAME TO minimum_details;"
            "DROP TABLE targets; DROP TABLE minimum_targets;"
            "UPDATE meta SET value = '1' WHERE key = 'schema_version'");
    for (int way = 0; way < 3;
         way++) { /* a reader, which changes nothing; a writer; a reader of what it made */
        l = way == 1 ? open_landscape(d.folder, NULL) : read_landscape(d.folder);
        ck_assert(number_in(d.folder, "SELECT value FROM meta WHERE key = 'schema_version'") ==
                  (way == 0 ? 1 : EL4ML_SCHEMA_VERSION));
        if (way == 1) {
            fill(l, &d.e, 5, 1);
            ck_assert_int_eq(el4ml_landscape_commit(l, NULL), EL4ML_OK);
        }
        for (size_t i = 0; i < (way == 0 ? 5 : 6); i++) {
            const el4ml_record *r = el4ml_landscape_record(l, EL4ML_MINIMUM, i);
            ck_assert(r->train.loss == 0.1 * (double)i && r->test.accuracy == 0.25 &&
                      r->test.r2 == (double)i);
            ck_assert(i < 5 ? isnan(r->test.auc) : r->test.auc == 0.8);
        }
        el4ml_landscape_close(l);
    }
    desk_free(&d);
}
END_TEST

START_TEST(several_targets_come_back)
{
    desk d = desk_new("targets");
    char weight[] = "weight", length[] = "length \"cm\"", *names[] = {weight, length};
    el4ml_landscape *l = open_landscape(d.folder, NULL);
    for (int batch = 0; batch < 2; batch++) {
        for (int k = 3 * batch; k < 3 * batch + 3; k++) {
            const size_t index = add_minimum(l, &d.e, k, true);
            const el4ml_target_metrics train[] = {{k, 0.5}, {0.5 * k, NAN}}, test[] = {{NAN, NAN}, {7, -k}};
            ck_assert_int_eq(el4ml_landscape_name_targets(l, 2, names, NULL), EL4ML_OK);
            ck_assert_int_eq(el4ml_landscape_set_target_metrics(l, index, train, test, NULL), EL4ML_OK);
        }
        ck_assert_int_eq(el4ml_landscape_commit(l, NULL), EL4ML_OK);
    }
    el4ml_landscape_close(l);
    for (int way = 0; way < 2; way++) {
        size_t count;
        l = way == 1 ? open_landscape(d.folder, NULL) : read_landscape(d.folder);
        char *const *found = el4ml_landscape_targets(l, &count);
        ck_assert_uint_eq(count, 2);
        ck_assert_str_eq(found[0], weight);
        ck_assert_str_eq(found[1], length);
        for (int k = 0; k < 6; k++) {
            const el4ml_record *r = el4ml_landscape_record(l, EL4ML_MINIMUM, (size_t)k);
            ck_assert(r->train_targets[0].loss == k && r->train_targets[0].r2 == 0.5);
            ck_assert(r->train_targets[1].loss == 0.5 * k && isnan(r->train_targets[1].r2));
            ck_assert(isnan(r->test_targets[0].loss) && r->test_targets[1].r2 == -k);
        }
        el4ml_landscape_close(l);
    }
    run_sql(d.folder, "DELETE FROM targets WHERE target = 2");
    check_refused(d.folder, NULL, EL4ML_BAD_INPUT, "damaged");
    desk_free(&d);
}
END_TEST

static void write_file(const char *folder, const char *text, size_t size)
{
    char path[600];
    mkdir(folder, 0777);
    snprintf(path, sizeof path, "%s/landscape.db", folder);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, size, file), size);
    fclose(file);
}

START_TEST(not_a_landscape)
{
    desk d = desk_new("foreign");
    check_refused(d.folder, NULL, EL4ML_BAD_INPUT, "no landscape here");
    char text[5000];
    memset(text, 'x', sizeof text);
    write_file(d.folder, text, sizeof text);
    check_refused(d.folder, &usual, EL4ML_BAD_INPUT, "landscape.db");
    check_refused(d.folder, NULL, EL4ML_BAD_INPUT, "landscape.db");
    remove_folder(d.folder);
    write_file(d.folder, "",
               0); /* what a kill before the first commit may leave: a beginning, not an error */
    check_refused(d.folder, NULL, EL4ML_BAD_INPUT, "landscape.db");
    el4ml_landscape *l = open_landscape(d.folder, NULL);
    el4ml_landscape_close(l);
    remove_folder(d.folder);
    write_file(d.folder, "", 0);
    run_sql(d.folder, "CREATE TABLE recipes(name TEXT); INSERT INTO recipes VALUES('bread')");
    check_refused(d.folder, &usual, EL4ML_BAD_INPUT, "landscape.db");
    check_refused(d.folder, NULL, EL4ML_BAD_INPUT, "landscape.db");
    ck_assert(number_in(d.folder, "SELECT count(*) FROM recipes") == 1);
    ck_assert(number_in(d.folder, "SELECT journal_mode = 'delete' FROM pragma_journal_mode") ==
              1); /* left as it was */
    desk_free(&d);
}
END_TEST

/* ---- Damage ---- */

static void check_damage(const char *sql, const char *table, const char *row)
{
    desk d = desk_new("damage");
    el4ml_landscape *l = open_landscape(d.folder, NULL);
    fill(l, &d.e, 0, 5);
    for (int k = 0; k < 4; k++)
        add_state(l, &d.e, k, 0, (size_t)k);
    ck_assert_int_eq(el4ml_landscape_commit(l, NULL), EL4ML_OK);
    el4ml_landscape_close(l);
    run_sql(d.folder, sql);
    const el4ml_identity *ways[2] = {NULL, &usual};
    for (int way = 0; way < 2; way++) {
        check_refused(d.folder, ways[way], EL4ML_BAD_INPUT, table);
        check_refused(d.folder, ways[way], EL4ML_BAD_INPUT, row);
    }
    desk_free(&d);
}

START_TEST(damaged_rows_are_named)
{
    check_damage("UPDATE minima SET coordinates = x'0011223344556677' WHERE id = 3", "minima", "3");
    check_damage("UPDATE minima SET coordinates = NULL WHERE id = 2", "minima", "2");
    check_damage("UPDATE minima SET energy = NULL WHERE id = 4", "minima", "4");
    check_damage("UPDATE minima SET energy = 9e999 WHERE id = 4", "minima", "4");
    check_damage("UPDATE minima SET coordinates = x'000000000000f87f000000000000f03f' WHERE id = 5", "minima",
                 "5"); /* NaN */
    check_damage("DELETE FROM minima WHERE id = 2", "minima", "2");
    check_damage("UPDATE transition_states SET minimum_b = 6 WHERE id = 3", "transition_states", "3");
    check_damage("UPDATE transition_states SET minimum_a = 0 WHERE id = 1", "transition_states", "1");
    check_damage("UPDATE transition_states SET minimum_a = NULL WHERE id = 1", "transition_states", "1");
    check_damage("UPDATE transition_states SET coordinates = zeroblob(24) WHERE id = 2", "transition_states",
                 "2");
    check_damage("UPDATE transition_states SET energy = 'high' WHERE id = 2", "transition_states", "2");
    check_damage("DELETE FROM meta WHERE key = 'dimension'", "meta", "dimension");
    check_damage("UPDATE meta SET value = '0' WHERE key = 'dimension'", "meta", "dimension");
    check_damage("DROP TABLE transition_states", "transition_states", "transition_states");
}
END_TEST

/* ---- Two programs ---- */

static void open_and_expect_busy(const desk *d, int argument)
{
    (void)argument;
    el4ml_landscape *l = NULL;
    el4ml_error error = {0};
    CHILD_CHECK(el4ml_landscape_open(d->folder, &usual, &l, &error) == EL4ML_BUSY);
    CHILD_CHECK(error.status == EL4ML_BUSY && l == NULL && strstr(error.message, "another el4ml"));
    CHILD_CHECK(el4ml_landscape_read(d->folder, &l, &error) == EL4ML_OK); /* reading is always possible */
    CHILD_CHECK(el4ml_landscape_count(l, EL4ML_MINIMUM) == 3);
    el4ml_landscape_close(l);
}

static void open_and_expect_success(const desk *d, int argument)
{
    (void)argument;
    el4ml_landscape *l = NULL;
    CHILD_CHECK(el4ml_landscape_open(d->folder, &usual, &l, NULL) == EL4ML_OK);
    el4ml_landscape_close(l);
}

START_TEST(a_second_writer_is_turned_away)
{
    desk d = desk_new("busy");
    el4ml_landscape *l = open_landscape(d.folder, NULL);
    fill(l, &d.e, 0, 3);
    ck_assert_int_eq(el4ml_landscape_commit(l, NULL), EL4ML_OK);
    ck_assert_int_eq(in_child(open_and_expect_busy, &d, 0), 0);
    fill(l, &d.e, 3, 3); /* and the first is not disturbed */
    ck_assert_int_eq(el4ml_landscape_commit(l, NULL), EL4ML_OK);
    el4ml_landscape_close(l);
    ck_assert_int_eq(in_child(open_and_expect_success, &d, 0), 0);
    desk_free(&d);
}
END_TEST

/* Commits of 5 minima and 5 transition states with equal counters, until told to stop through the pipe's end.
 */
static void write_batches(const desk *d, int count)
{
    desk own = *d;
    el4ml_landscape *l = open_landscape(d->folder, NULL);
    for (int k = 0; k < count; k++) {
        fill(l, &own.e, 5 * k, 5);
        for (int i = 0; i < 5; i++)
            add_state(l, &own.e, 5 * k + i, (size_t)(5 * k), (size_t)(5 * k + i));
        el4ml_landscape_totals(l)->searches = (uint64_t)k + 1;
        CHILD_CHECK(el4ml_landscape_commit(l, NULL) == EL4ML_OK);
    }
    el4ml_landscape_close(l);
}

/* A reader sees whole batches only: every table of the same moment. */
START_TEST(reading_while_another_writes)
{
    desk d = desk_new("reading");
    el4ml_landscape_close(open_landscape(d.folder, NULL));
    fflush(NULL);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        write_batches(&d, 150);
        _exit(0);
    }
    size_t last = 0, steps = 0;
    int status = 0;
    for (bool running = true; running;) {
        running = waitpid(child, &status, WNOHANG) == 0;
        el4ml_landscape *l = read_landscape(d.folder);
        const size_t batches = (size_t)el4ml_landscape_totals(l)->searches;
        ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), 5 * batches);
        ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_TRANSITION_STATE), 5 * batches);
        ck_assert_uint_ge(batches, last);
        steps += batches > last;
        last = batches;
        el4ml_landscape_close(l);
    }
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(last, 150);
    ck_assert_uint_ge(steps, 1);
    desk_free(&d);
}
END_TEST

/* ---- Places that cannot be written ---- */

static void fill_up(const desk *d, int by_limit)
{
    desk own = *d;
    el4ml_error error = {0};
    signal(SIGXFSZ, SIG_IGN);
    el4ml_landscape *l = open_landscape(d->folder, NULL);
    fill(l, &own.e, 0, 3);
    CHILD_CHECK(el4ml_landscape_commit(l, NULL) == EL4ML_OK);
    struct rlimit limit;
    CHILD_CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    const struct rlimit small = {.rlim_cur = 100000, .rlim_max = limit.rlim_max};
    if (by_limit)
        CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    else
        CHILD_CHECK(sqlite3_exec(l->db, "PRAGMA max_page_count = 20", NULL, NULL, NULL) == SQLITE_OK);
    fill(l, &own.e, 3, 4000);
    el4ml_landscape_put(l, "queue", "second", 6, NULL);
    el4ml_landscape_hit(l, EL4ML_MINIMUM, 0, 9);
    for (int attempt = 0; attempt < 2; attempt++) {
        CHILD_CHECK(el4ml_landscape_commit(l, &error) == EL4ML_IO);
        CHILD_CHECK(error.status == EL4ML_IO && strstr(error.message, d->folder));
        el4ml_landscape *reader = NULL; /* nothing of the batch is there */
        CHILD_CHECK(el4ml_landscape_read(d->folder, &reader, NULL) == EL4ML_OK);
        CHILD_CHECK(el4ml_landscape_count(reader, EL4ML_MINIMUM) == 3);
        CHILD_CHECK(el4ml_landscape_record(reader, EL4ML_MINIMUM, 0)->hits == 0);
        el4ml_landscape_close(reader);
    }
    if (by_limit)
        CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    else
        CHILD_CHECK(sqlite3_exec(l->db, "PRAGMA max_page_count = 1000000", NULL, NULL, NULL) == SQLITE_OK);
    CHILD_CHECK(el4ml_landscape_commit(l, &error) ==
                EL4ML_OK); /* room was made: the same batch is stored after all */
    el4ml_landscape_close(l);
}

START_TEST(a_full_disk_loses_nothing_that_was_committed)
{
    for (int by_limit = 0; by_limit < 2; by_limit++) {
        desk d = desk_new("full");
        ck_assert_int_eq(in_child(fill_up, &d, by_limit), 0);
        el4ml_landscape *l = open_landscape(d.folder, NULL);
        ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), 4003);
        ck_assert(el4ml_landscape_record(l, EL4ML_MINIMUM, 0)->hits == 9);
        for (int k = 0; k < 4003; k += 50)
            add_minimum(l, &d.e, k, false);
        el4ml_landscape_close(l);
        desk_free(&d);
    }
}
END_TEST

/* From the very first byte: no room even for the schema, then room. */
static void begin_without_room(const desk *d, int bytes)
{
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit;
    CHILD_CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    const struct rlimit small = {.rlim_cur = (rlim_t)bytes, .rlim_max = limit.rlim_max};
    CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    el4ml_landscape *l = NULL;
    el4ml_error error = {0};
    CHILD_CHECK(el4ml_landscape_open(d->folder, &usual, &l, &error) == EL4ML_IO && l == NULL);
    CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHILD_CHECK(el4ml_landscape_open(d->folder, &usual, &l, &error) == EL4ML_OK);
    el4ml_landscape_close(l);
}

START_TEST(no_room_for_a_beginning)
{
    static const int bytes[] = {0, 1000, 6000, 20000};
    for (int k = 0; k < 4; k++) {
        desk d = desk_new("beginning");
        ck_assert_int_eq(in_child(begin_without_room, &d, bytes[k]), 0);
        el4ml_landscape *l = open_landscape(d.folder, NULL);
        ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), 0);
        el4ml_landscape_close(l);
        desk_free(&d);
    }
}
END_TEST

START_TEST(impossible_folders)
{
    desk d = desk_new("impossible");
    mkdir(d.folder, 0777);
    char path[600], long_path[6000];
    snprintf(path, sizeof path, "%s/file", d.folder);
    FILE *file = fopen(path, "w");
    fclose(file);
    check_refused(path, &usual, EL4ML_BAD_INPUT, "file"); /* a file where the folder should be */
    memset(long_path, 'a', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    el4ml_landscape *l = NULL;
    ck_assert_int_eq(el4ml_landscape_open(long_path, &usual, &l, NULL), EL4ML_BAD_INPUT);
    ck_assert_int_eq(el4ml_landscape_read(long_path, &l, NULL), EL4ML_BAD_INPUT);
    if (geteuid() != 0) { /* root may write anywhere */
        ck_assert_int_eq(chmod(d.folder, 0555), 0);
        check_refused(d.folder, &usual, EL4ML_BAD_INPUT, "cannot write");
        ck_assert_int_eq(chmod(d.folder, 0777), 0);
    }
    desk_free(&d);
}
END_TEST

/* Folders inside folders are made, and a landscape is begun in a folder that is there already. */
START_TEST(folders_are_made)
{
    desk d = desk_new("made");
    char inner[600];
    snprintf(inner, sizeof inner, "%s/inner", d.folder);
    el4ml_landscape_close(open_landscape(inner, NULL));
    el4ml_landscape_close(open_landscape(d.folder, NULL));
    remove_folder(inner);
    desk_free(&d);
}
END_TEST

/* Each allocation of opening, adding and committing in turn fails: an error, and then all is well. */
START_TEST(failed_allocations_are_survived)
{
    for (size_t k = 0;; k++) {
        desk d = desk_new("memory");
        el4ml_landscape *l = NULL;
        double x[2] = {1, 2};
        const el4ml_stationary point = {.energy = 1, .gradient_rms = 1e-10, .smallest_eigenvalue = 1, .x = x};
        size_t index;
        bool fresh, all_good = false;
        el4ml_fail_allocation_after(k);
        el4ml_status status = el4ml_landscape_open(d.folder, &usual, &l, NULL);
        if (status == EL4ML_OK)
            status = el4ml_landscape_add(l, &d.e, EL4ML_MINIMUM, &point, 0, 0, &index, &fresh, NULL);
        if (status == EL4ML_OK) status = el4ml_landscape_put(l, "key", x, sizeof x, NULL);
        if (status == EL4ML_OK) status = el4ml_landscape_commit(l, NULL);
        el4ml_fail_allocation_after(SIZE_MAX);
        all_good = status == EL4ML_OK;
        ck_assert(all_good || status == EL4ML_OUT_OF_MEMORY);
        el4ml_landscape_close(l);
        l = open_landscape(d.folder, NULL);
        ck_assert_uint_eq(el4ml_landscape_count(l, EL4ML_MINIMUM), all_good);
        el4ml_landscape_close(l);
        desk_free(&d);
        if (all_good) {
            ck_assert_uint_ge(k, 10);
            break;
        }
        ck_assert_uint_lt(k, 200);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {known_by_energy_and_place,
                                  symmetry_copies_are_known,
                                  all_of_it_comes_back,
                                  the_order_by_energy_comes_back,
                                  an_older_database_is_read_and_brought_up_to_date,
                                  several_targets_come_back,
                                  the_schema_is_the_published_one,
                                  a_kill_loses_the_open_batch_and_no_more,
                                  closing_discards_what_was_not_committed,
                                  another_study_is_refused,
                                  not_a_landscape,
                                  damaged_rows_are_named,
                                  a_second_writer_is_turned_away,
                                  reading_while_another_writes,
                                  a_full_disk_loses_nothing_that_was_committed,
                                  no_room_for_a_beginning,
                                  impossible_folders,
                                  folders_are_made,
                                  failed_allocations_are_survived};
    return RUN_SUITE("landscape", tests);
}
