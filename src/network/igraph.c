/* Community detection by igraph (GPL), an optional component. igraph keeps its random generator and its
 * handlers in global variables and is not thread-safe as Debian builds it: one lock around every call, under
 * which the handlers that print or abort and the random generator are replaced by ours, and put back after.
 */
#include "network/igraph.h"

#ifdef EL4ML_HAVE_IGRAPH

#include <igraph.h>
#include <pthread.h>

#include "base/memory.h"

bool el4ml_communities_supported(void)
{
    return true;
}

static pthread_mutex_t igraph_lock = PTHREAD_MUTEX_INITIALIZER;

/* What is igraph's while we are not there. */
typedef struct globals {
    igraph_error_handler_t *error;
    igraph_warning_handler_t *warning;
    igraph_rng_t *rng, rng_copy;
    igraph_rng_t ours;
    bool replaced;
} globals;

static igraph_error_t enter(globals *g, uint64_t seed)
{
    pthread_mutex_lock(&igraph_lock);
    g->error = igraph_set_error_handler(igraph_error_handler_ignore);
    g->warning = igraph_set_warning_handler(igraph_warning_handler_ignore);
    const igraph_error_t code = igraph_rng_init(&g->ours, &igraph_rngtype_mt19937);
    g->replaced = code == IGRAPH_SUCCESS;
    if (!g->replaced) return code;
    g->rng = igraph_rng_default();
    g->rng_copy = *g->rng;
    igraph_rng_set_default(&g->ours);
    return igraph_rng_seed(igraph_rng_default(), (igraph_uint_t)seed);
}

static void leave(globals *g)
{
    if (g->replaced) {
        /* Versions of igraph differ in whether the default generator is pointed to or copied. */
        igraph_rng_set_default(igraph_rng_default() == g->rng ? &g->rng_copy : g->rng);
        igraph_rng_destroy(&g->ours);
    }
    igraph_set_warning_handler(g->warning);
    igraph_set_error_handler(g->error);
    pthread_mutex_unlock(&igraph_lock);
}

struct el4ml_community_search {
    globals before;
    size_t nodes;
    igraph_t graph;
    igraph_vector_int_t ends, membership;
    igraph_vector_t weight, strength;
    int made; /* how many of the vectors and the graph there are, in the order of make_part */
};

static el4ml_status report(igraph_error_t code, el4ml_error *error)
{
    if (code == IGRAPH_SUCCESS) return EL4ML_OK;
    if (code == IGRAPH_ENOMEM) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "communities: out of memory");
    return el4ml_fail(error, EL4ML_FAILED, "communities: igraph says: %s", igraph_strerror(code));
}

enum { PARTS = 5 };

static igraph_error_t make_part(el4ml_community_search *s, const el4ml_weighted_links *links, int part)
{
    const igraph_integer_t count = (igraph_integer_t)links->count, nodes = (igraph_integer_t)links->nodes;
    switch (part) {
    case 0:
        return igraph_vector_int_init(&s->membership, nodes);
    case 1:
        return igraph_vector_int_init(&s->ends, 2 * count);
    case 2:
        return igraph_vector_init(&s->weight, count);
    case 3:
        return igraph_vector_init(&s->strength, nodes);
    default:
        return igraph_create(&s->graph, &s->ends, nodes, IGRAPH_UNDIRECTED);
    }
}

static void destroy_part(el4ml_community_search *s, int part)
{
    switch (part) {
    case 0:
        igraph_vector_int_destroy(&s->membership);
        break;
    case 1:
        igraph_vector_int_destroy(&s->ends);
        break;
    case 2:
        igraph_vector_destroy(&s->weight);
        break;
    case 3:
        igraph_vector_destroy(&s->strength);
        break;
    default:
        igraph_destroy(&s->graph);
    }
}

static void fill_links(el4ml_community_search *s, const el4ml_weighted_links *links)
{
    for (size_t k = 0; k < links->count; k++) {
        VECTOR(s->weight)[k] = links->weight[k];
        for (size_t end = 2 * k; end < 2 * k + 2; end++) {
            VECTOR(s->ends)[end] = (igraph_integer_t)links->ends[end];
            VECTOR(s->strength)[links->ends[end]] += links->weight[k];
        }
    }
}

el4ml_status el4ml_community_search_begin(const el4ml_weighted_links *links, uint64_t seed,
                                          el4ml_community_search **search, el4ml_error *error)
{
    el4ml_community_search *s = EL4ML_NEW(el4ml_community_search, 1);
    if (!s) return el4ml_fail(error, EL4ML_OUT_OF_MEMORY, "communities: out of memory");
    s->nodes = links->nodes;
    igraph_error_t code = enter(&s->before, seed);
    for (; code == IGRAPH_SUCCESS && s->made < PARTS; s->made += code == IGRAPH_SUCCESS) {
        if (s->made == PARTS - 1) fill_links(s, links);
        code = make_part(s, links, s->made);
    }
    const el4ml_status status = report(code, error);
    if (status == EL4ML_OK)
        *search = s;
    else
        el4ml_community_search_end(s);
    return status;
}

void el4ml_community_search_end(el4ml_community_search *search)
{
    while (search->made > 0)
        destroy_part(search, --search->made);
    leave(&search->before);
    el4ml_release(search);
}

/* Until nothing changes any more. Modularity is what igraph maximises when nodes weigh as much as their links
 * and the resolution is over twice the weight of all links. */
static igraph_error_t leiden(el4ml_community_search *s, double resolution)
{
    igraph_integer_t clusters;
    double total = 0;
    for (size_t i = 0; i < s->nodes; i++)
        total += VECTOR(s->strength)[i];
    return igraph_community_leiden(&s->graph, &s->weight, &s->strength, resolution / total, 0.01, false, -1,
                                   &s->membership, &clusters, NULL);
}

el4ml_status el4ml_community_search_run(el4ml_community_search *search,
                                        const el4ml_community_options *options, size_t *membership,
                                        el4ml_error *error)
{
    igraph_real_t ignored;
    const igraph_error_t code = options->method == EL4ML_LEIDEN
                                    ? leiden(search, options->resolution)
                                    : igraph_community_infomap(&search->graph, &search->weight, NULL, 1,
                                                               &search->membership, &ignored);
    for (size_t i = 0; code == IGRAPH_SUCCESS && i < search->nodes; i++)
        membership[i] = (size_t)VECTOR(search->membership)[i];
    return report(code, error);
}

#else

bool el4ml_communities_supported(void)
{
    return false;
}

el4ml_status el4ml_community_search_begin(const el4ml_weighted_links *links, uint64_t seed,
                                          el4ml_community_search **search, el4ml_error *error)
{
    (void)links;
    (void)seed;
    (void)search;
    return el4ml_fail(
        error, EL4ML_NOT_SUPPORTED,
        "communities: this el4ml was built without igraph; install libigraph-dev and build it with "
        "-DEL4ML_IGRAPH=ON");
}

el4ml_status el4ml_community_search_run(el4ml_community_search *search,
                                        const el4ml_community_options *options, size_t *membership,
                                        el4ml_error *error)
{
    (void)search;
    (void)options;
    (void)membership;
    (void)error;
    return EL4ML_NOT_SUPPORTED;
}

void el4ml_community_search_end(el4ml_community_search *search)
{
    (void)search;
}

#endif
