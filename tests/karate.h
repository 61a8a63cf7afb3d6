/* The friendships of Zachary's karate club (J. Anthropol. Res. 33, 452, 1977), 34 members from 0. */
#ifndef EL4ML_TESTS_KARATE_H
#define EL4ML_TESTS_KARATE_H

#include "el4ml/network.h"

enum { KARATE_MEMBERS = 34, KARATE_LINKS = 78 };

static const size_t karate[KARATE_LINKS][2] = {
    {0, 1},   {0, 2},   {0, 3},   {0, 4},   {0, 5},   {0, 6},   {0, 7},   {0, 8},   {0, 10},  {0, 11},
    {0, 12},  {0, 13},  {0, 17},  {0, 19},  {0, 21},  {0, 31},  {1, 2},   {1, 3},   {1, 7},   {1, 13},
    {1, 17},  {1, 19},  {1, 21},  {1, 30},  {2, 3},   {2, 7},   {2, 27},  {2, 28},  {2, 32},  {2, 9},
    {2, 8},   {2, 13},  {3, 7},   {3, 12},  {3, 13},  {4, 6},   {4, 10},  {5, 6},   {5, 10},  {5, 16},
    {6, 16},  {8, 30},  {8, 32},  {8, 33},  {9, 33},  {13, 33}, {14, 32}, {14, 33}, {15, 32}, {15, 33},
    {18, 32}, {18, 33}, {19, 33}, {20, 32}, {20, 33}, {22, 32}, {22, 33}, {23, 25}, {23, 27}, {23, 32},
    {23, 33}, {23, 29}, {24, 25}, {24, 27}, {24, 31}, {25, 31}, {26, 29}, {26, 33}, {27, 33}, {28, 31},
    {28, 33}, {29, 32}, {29, 33}, {30, 32}, {30, 33}, {31, 32}, {31, 33}, {32, 33}};

/* Minima of ascending energy, all transition states alike. */
static inline el4ml_status karate_network(el4ml_network **network)
{
    el4ml_node nodes[KARATE_MEMBERS];
    el4ml_edge edges[KARATE_LINKS];
    for (size_t i = 0; i < KARATE_MEMBERS; i++)
        nodes[i] = (el4ml_node){.id = (int64_t)i + 1, .energy = (double)i};
    for (size_t e = 0; e < KARATE_LINKS; e++)
        edges[e] = (el4ml_edge){.id = (int64_t)e + 1, .energy = 50, .a = karate[e][0], .b = karate[e][1]};
    return el4ml_network_new(nodes, KARATE_MEMBERS, edges, KARATE_LINKS, 1, network, NULL);
}

#endif
