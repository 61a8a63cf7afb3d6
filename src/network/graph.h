/* Building simple graphs from lists of links. */
#ifndef EL4ML_NETWORK_GRAPH_H
#define EL4ML_NETWORK_GRAPH_H

#include "el4ml/graph.h"

typedef struct el4ml_link {
    size_t a, b;
} el4ml_link;

/* Where the links come from; link 0 ... count - 1, in any order. a == b is no link, repeated ones are one. */
typedef el4ml_link el4ml_link_source(const void *context, size_t index);

/* NULL when out of memory. */
el4ml_graph *el4ml_graph_from_links(size_t nodes, el4ml_link_source *source, const void *context,
                                    size_t count);

#endif
