"""rates, paths, communities: what they answer about PyGT's 32-state network, and about landscapes where little is known."""
import itertools
import math
import os

import program

PYGT = os.path.join(program.SOURCE, "tests", "data", "pygt32")
A, B = list(range(1, 9)), list(range(25, 33))


def numbers(name):
    with open(os.path.join(PYGT, name)) as file:
        return [[float(word) for word in line.split()] for line in file]


ENERGIES = [row[0] for row in numbers("min.data")]
STATES = [(row[0], int(row[3]), int(row[4])) for row in numbers("ts.data")]  # all ln products 1, all orders 1


def log_expected():
    """temperature -> name -> state -> ln value, by tools/kinetics-reference in 200-digit arithmetic."""
    found = {}
    with open(os.path.join(PYGT, "expected.dat")) as file:
        for line in file:
            if line.startswith("#"):
                continue
            temperature, name, state, value = line.split()
            mantissa, exponent = value.split("e")
            log = math.log(float(mantissa)) + int(exponent) * math.log(10) if float(mantissa) > 0 else -math.inf
            found.setdefault(temperature, {}).setdefault(name, {})[int(state)] = log
    return found


class Network(program.Case):
    """The network imported once for all tests of a class."""
    @classmethod
    def setUpClass(cls):
        case = cls("prepare")
        case.setUp()
        cls.case = case
        case.good("import", "pathsample", PYGT, "-o", "net", "--quiet")

    @classmethod
    def tearDownClass(cls):
        cls.case.doCleanups()

    def prepare(self):
        pass

    def setUp(self):
        if self._testMethodName == "prepare":
            super().setUp()
        else:
            self.folder = self.case.folder

    def near(self, a, b, tolerance=1e-12):
        self.assertLessEqual(abs(a - b), tolerance * max(1, abs(b)), (a, b))


class Rates(Network):
    def rates(self, *words):
        return self.json("rates", "net", "--from", "A", "--to", "B", *words)

    def test_published_numbers(self):
        """Passage times and their second moments at T = 1, Kemeny's constant at T = 10, by PyGT."""
        answer = self.rates("--temperature", "1")
        self.near(answer["mfpt_ab"], 664.5826837564705)
        self.near(answer["mfpt_ba"], 585.7934067017948)
        self.near(math.exp(answer["log_moments_ab"][1] / 2), 878.2798938434962)
        self.near(math.exp(answer["log_moments_ba"][1] / 2), 777.2852968888889)
        self.near(self.rates("--temperature", "10")["kemeny"], 97.53002029348983)

    def test_forty_digits(self):
        """Everything, down to where rates span fifty orders of magnitude, against high-precision arithmetic."""
        names = {"mfpt": "log_mfpt", "rate": "log_rate", "rate_ss": "log_rate_ss", "rate_nss": "log_rate_nss",
                 "slowest": "log_rate_slowest"}
        for temperature, expected in log_expected().items():
            answer = self.rates("--temperature", temperature)
            compared = 0
            for direction in ("ab", "ba"):
                for name, key in names.items():
                    for log in expected.get("%s_%s" % (name, direction), {}).values():
                        self.near(answer["%s_%s" % (key, direction)], log, 1e-10 if name == "slowest" else 1e-12)
                        compared += 1
                for k, name in enumerate(("mfpt", "second", "third")):
                    for log in expected.get("%s_%s" % (name, direction), {}).values():
                        self.near(answer["log_moments_" + direction][k], log)
            self.near(answer["log_kemeny"], expected["kemeny"][0])
            for name, key in (("time_ab", "log_time_to_b"), ("time_ba", "log_time_to_a")):
                for state, log in expected[name].items():
                    if log > -math.inf:
                        self.near(answer[key][state - 1], log)
                    else:
                        self.assertIsNone(answer[key][state - 1])
            for state, log in expected["committor_ab"].items():
                self.near(answer["committor"][state - 1], math.exp(log))
            self.assertEqual(compared, 10)

    def test_committor(self):
        """0 in A, 1 in B, between elsewhere; and the mean over the next states, each with its branching probability."""
        T = 0.3
        q = self.rates("--temperature", str(T))["committor"]
        self.assertEqual([q[i - 1] for i in A], [0] * 8)
        self.assertEqual([q[i - 1] for i in B], [1] * 8)
        for i in range(1, 33):
            if i in A or i in B:
                continue
            weights, mean = 0, 0
            for energy, a, b in STATES:
                if i in (a, b) and a != b:
                    k = math.exp(-energy / T)
                    weights += k
                    mean += k * q[a + b - i - 1]
            self.assertTrue(0 < q[i - 1] < 1)
            self.near(q[i - 1], mean / weights, 1e-12)

    def test_detailed_balance(self):
        """The same steady-state flux both ways; for two minima and nothing between them rate_ab p_a = rate_ba p_b."""
        for T in ("0.01", "0.1", "1", "10"):
            answer = self.rates("--temperature", T)
            self.near(answer["log_rate_ss_ab"] + answer["log_p_a"], answer["log_rate_ss_ba"] + answer["log_p_b"])
            self.near(answer["log_rate_mfpt_ab"], -answer["log_mfpt_ab"])
        whole = self.json("rates", "net", "--from", "1-16", "--to", "17-32", "--temperature", "0.5")
        self.near(math.exp(whole["log_p_a"]) + math.exp(whole["log_p_b"]), 1)
        p = [math.exp(-v / 0.5) for v in ENERGIES]
        self.near(math.exp(whole["log_p_a"]), sum(p[:16]) / sum(p))

    def test_two_minima(self):
        """k = (n_t/n_a)/(2 pi) exp(L_a/2 - L_t/2 - (V_t - V_a)/T), parallel transition states added, degenerate ones not."""
        os.makedirs(self.path("two"), exist_ok=True)
        minima = [(-3.0, 9.2, 6), (-2.0, 8.5, 2)]
        states = [(-1.5, 7.25, 2, 1, 2), (-1.4, 6.25, 1, 2, 1), (-1.9, 5.0, 1, 1, 1)]
        self.write("two/min.data", "".join("%r %r %d 1 1 1\n" % row for row in minima))
        self.write("two/ts.data", "".join("%r %r %d %d %d 1 1 1\n" % row for row in states))
        self.good("import", "pathsample", "two", "-o", "pair")
        answer = self.json("rates", "pair", "--from", "1", "--to", "2", "--temperature", "0.25")
        for key, (v, product, order) in zip(("ab", "ba"), minima):
            k = sum(order / o / (2 * math.pi) * math.exp(product / 2 - l / 2 - (e - v) / 0.25)
                    for e, l, o, a, b in states if a != b)
            for name in ("rate", "rate_mfpt", "rate_ss", "rate_slowest"):
                self.near(answer["%s_%s" % (name, key)], k, 1e-13)
            self.near(answer["mfpt_" + key], 1 / k, 1e-13)
        self.near(answer["log_rate_ab"] + answer["log_p_a"], answer["log_rate_ba"] + answer["log_p_b"], 1e-13)

    def test_table(self):
        answer = self.rates("--temperatures", "0.001,10,5")
        self.assertNotIn("committor", answer)
        self.assertEqual(len(answer["table"]), 5)
        for row in answer["table"]:
            single = self.rates("--temperature", repr(row["temperature"]))
            self.assertEqual({key: single[key] for key in row}, row)
        self.assertIsNone(answer["table"][0]["mfpt_ab"])  # 10^1195: only its logarithm has a place
        self.near(answer["table"][0]["log_mfpt_ab"] / math.log(10), 1194.9831, 1e-4)
        lines = self.good("rates", "net", "--from", "A", "--to", "B", "--temperatures", "0.001,10,5").out.splitlines()
        self.assertEqual(len(lines), 7)

    def test_check_samples_the_same_times(self):
        for T in ("0.05", "1"):
            answer = self.rates("--temperature", T, "--check", "--trajectories", "2000")
            for direction in ("ab", "ba"):
                sampled = answer["sampled_" + direction]
                self.assertLess(abs(sampled["deviation"]), 4.5)
                self.near(sampled["log_mfpt"], answer["log_mfpt_" + direction], 0.2)
        again = self.rates("--temperature", T, "--check", "--trajectories", "2000")
        self.assertEqual(again["sampled_ab"], answer["sampled_ab"])
        other = self.rates("--temperature", T, "--check", "--trajectories", "2000", "--seed", "5")
        self.assertNotEqual(other["sampled_ab"], answer["sampled_ab"])
        self.assertIn("standard errors", self.good("rates", "net", "--from", "A", "--to", "B", "--check").out)

    def test_weights_and_moments(self):
        plain = self.rates("--temperature", "0.5", "--moments", "6")
        self.assertEqual(len(plain["log_moments_ab"]), 6)
        self.near(plain["log_moments_ab"][0], plain["log_mfpt_ab"])
        equal = self.rates("--temperature", "0.5", "--equal-weights")
        times = [math.exp(equal["log_time_to_b"][i - 1]) for i in A]
        self.near(equal["mfpt_ab"], sum(times) / 8)
        self.near(equal["rate_ab"], sum(1 / t for t in times) / 8)
        self.assertNotEqual(plain["mfpt_ab"], equal["mfpt_ab"])

    def test_default_temperature_is_that_of_the_peak(self):
        peaks = self.json("analyse", "net")["peaks"]
        self.assertEqual(self.rates()["temperature"], peaks[0]["temperature"])
        again = self.json("analyse", "net", "--from", "A", "--to", "B", "--temperature", "1")
        self.assertEqual(again["committor"], self.rates("--temperature", "1")["committor"])
        self.assertEqual(again["mfpt_ab"], self.rates("--temperature", "1")["mfpt_ab"])

    def test_sets(self):
        first = self.json("rates", "net", "--from", "A", "--to", "B", "--temperature", "1")
        for words in ("1-8", "1,2,3-8", "8,7-7, 1-6", "2-8,global"):
            self.assertEqual(self.json("rates", "net", "--from", words, "--to", "25-32", "--temperature", "1"), first)
        analysis = self.json("analyse", "net")
        for kind, groups in (("basin", analysis["sequence_basins"]), ("funnel", analysis["funnels"])):
            one, two = groups[0]["minima"], groups[1]["minima"]
            answer = self.json("rates", "net", "--from", "%s:%d" % (kind, one[-1]), "--to", "%s:%d" % (kind, two[0]))
            self.assertEqual((answer["from"], answer["to"]), (one, two))

    def test_wrong_words(self):
        for words, said in (
                ([], "say with --from and --to"), (["--from", "A"], "--from and --to come together"),
                (["--from", "A", "--to", "A"], "minimum 1 is in both sets"),
                (["--from", "A", "--to", "B,3"], "minimum 3 is in both sets"),
                (["--from", "5-2", "--to", "B"], "--from: '5-2': a range goes up"),
                (["--from", "A", "--to", "40"], "--to: '40': there is no such minimum; they are numbered 1 to 32"),
                (["--from", "0", "--to", "B"], "'0': there is no such minimum"),
                (["--from", "1,", "--to", "B"], "a part of the set is empty"),
                (["--from", "C", "--to", "B"], "no set of minima is named 'C'; the sets are: A, B"),
                (["--from", "basin:99", "--to", "B"], "'basin:99': there is no such minimum"),
                (["--from", "funnel:x", "--to", "B"], "a number of a minimum belongs after the colon"),
                (["--from", "1.5", "--to", "B"], "'1.5' is neither the number of a minimum nor a range"),
                (["--from", "1-2-3", "--to", "B"], "'1-2-3' is neither"),
                (["--from", "9" * 30, "--to", "B"], "is neither the number"),
                (["--from", "A", "--to", "B", "--temperature", "-1"], "--temperature: '-1' is not a temperature"),
                (["--from", "A", "--to", "B", "--temperature", "nan"], "--temperature: 'nan' is not"),
                (["--from", "A", "--to", "B", "--temperature", "1e-9"], "is the temperature too low?"),
                (["--from", "A", "--to", "B", "--temperature", "1", "--temperatures", "1,2,3"], "either --temperature or"),
                (["--from", "A", "--to", "B", "--moments", "21"], "--moments: '21' is not"),
                (["--from", "A", "--to", "B", "--count", "3"], "rates does not take --count")):
            self.assertIn(said, self.refused("rates", "net", *words), words)


def minimax(count, states):
    """Floyd and Warshall with max for the sum."""
    cost = [[math.inf] * (count + 1) for _ in range(count + 1)]
    for energy, a, b in states:
        if a != b:
            cost[a][b] = cost[b][a] = min(cost[a][b], energy)
    for k, i, j in itertools.product(range(1, count + 1), repeat=3):
        cost[i][j] = min(cost[i][j], max(cost[i][k], cost[k][j]))
    return cost


class Paths(Network):
    def check_route(self, route, first, last):
        minima, states = route["minima"], route["transition_states"]
        self.assertEqual(len(minima), len(states) + 1)
        self.assertIn(minima[0]["id"], first)
        self.assertIn(minima[-1]["id"], last)
        for k, state in enumerate(states):
            energy, a, b = STATES[state["id"] - 1]
            self.assertEqual({a, b}, {minima[k]["id"], minima[k + 1]["id"]})
            self.assertEqual(energy, state["energy"])
        for minimum in minima:
            self.assertEqual(minimum["energy"], ENERGIES[minimum["id"] - 1])
        self.assertEqual(route["highest"]["energy"], max(s["energy"] for s in states))
        self.near(route["barrier"], route["highest"]["energy"] - minima[0]["energy"], 1e-15)

    def test_paths(self):
        T = 0.7
        answer = self.json("paths", "net", "--from", "A", "--to", "B", "--temperature", str(T), "--count", "40")
        self.assertEqual(len(answer["paths"]), 40)
        shares = [p["share"] for p in answer["paths"]]
        for larger, smaller in zip(shares, shares[1:]):
            self.assertLessEqual(smaller, larger * (1 + 1e-13))
        self.assertTrue(0 < sum(shares) <= 1)
        weights = [sum(math.exp(-e / T) for e, a, b in STATES if i in (a, b)) for i in range(33)]
        whole = sum(math.exp(-ENERGIES[i - 1] / T) for i in A)
        for p in answer["paths"]:
            self.check_route(p, A, B)
            # equilibrium in A, the rate of the first step, then branching probabilities; parallel ones add
            log = -math.log(whole) - math.log(2 * math.pi)
            ids = [m["id"] for m in p["minima"]]
            for k, (i, j) in enumerate(zip(ids, ids[1:])):
                flux = sum(math.exp(-e / T) for e, a, b in STATES if {a, b} == {i, j})
                log += math.log(flux) - (math.log(weights[i]) if k else 0)
            self.near(p["log_rate"], log, 1e-12)
        keys = [tuple(m["id"] for m in p["minima"]) for p in answer["paths"]]
        self.assertEqual(len(set(keys)), 40)
        self.near(answer["log_rate_ss_ab"],
                  self.json("rates", "net", "--from", "A", "--to", "B", "--temperature", str(T))["log_rate_ss_ab"])

    def test_lowest_barrier(self):
        cost = minimax(32, STATES)
        for first, last in ((A, B), ([1], [20]), ([9, 12], [30])):
            words = [",".join(map(str, s)) for s in (first, last)]
            route = self.json("paths", "net", "--from", words[0], "--to", words[1])["minimax"]
            self.check_route(route, first, last)
            self.assertEqual(route["highest"]["energy"], min(cost[a][b] for a in first for b in last))

    def test_barriers(self):
        cost = minimax(32, STATES)
        answer = self.json("paths", "net", "--from", "all", "--to", "all", "--barriers")["barriers"]
        self.assertEqual(len(answer), 32 * 31 // 2)
        for row in answer:
            self.assertEqual(row["energy"], cost[row["from"]][row["to"]])
            self.assertEqual(row["energy"], STATES[row["transition_state"] - 1][0])
            self.near(row["barrier"], row["energy"] - ENERGIES[row["from"] - 1], 1e-15)
            self.near(row["barrier_back"], row["energy"] - ENERGIES[row["to"] - 1], 1e-15)
        self.assertEqual(len(self.json("paths", "net", "--from", "A", "--to", "B", "--barriers")["barriers"]), 64)
        self.assertEqual(len(self.good("paths", "net", "--from", "1", "--to", "2-4", "--barriers").out.splitlines()), 4)

    def test_text(self):
        out = self.good("paths", "net", "--from", "1", "--to", "32", "--temperature", "1", "--count", "2").out
        self.assertEqual(out.count("% of the rate"), 2)
        self.assertIn("lowest barrier", out)
        self.assertIn("say with --from and --to", self.refused("paths", "net"))
        self.assertIn("--count: '0' is not", self.refused("paths", "net", "--from", "1", "--to", "2", "--count", "0"))
        self.assertIn("both sets", self.refused("paths", "net", "--from", "1", "--to", "1"))


class Communities(Network):
    def modularity(self, membership, weights):
        inside, strength, total = {}, {}, 0
        for (energy, a, b), w in zip(STATES, weights):
            if a == b:
                continue
            total += w
            for i in (a, b):
                strength[membership[i - 1]] = strength.get(membership[i - 1], 0) + w
            if membership[a - 1] == membership[b - 1]:
                inside[membership[a - 1]] = inside.get(membership[a - 1], 0) + w
        return sum(inside.get(c, 0) / total - (s / (2 * total)) ** 2 for c, s in strength.items())

    def check(self, answer, weights):
        self.assertEqual(answer["count"], len(answer["communities"]))
        self.assertEqual(sorted(i for c in answer["communities"] for i in c["minima"]), list(range(1, 33)))
        for k, c in enumerate(answer["communities"]):
            self.assertEqual(c["size"], len(c["minima"]))
            self.assertEqual({answer["membership"][i - 1] for i in c["minima"]}, {k + 1})
            self.assertEqual(c["energy"], min(ENERGIES[i - 1] for i in c["minima"]))
        energies = [c["energy"] for c in answer["communities"]]
        self.assertEqual(energies, sorted(energies))
        self.near(answer["modularity"], self.modularity(answer["membership"], weights))

    def test_methods(self):
        """methods.md 3: transition state t weighs n_t exp(-V_t/T - L_t/2)."""
        weights = [math.exp(-energy / 0.6) for energy, a, b in STATES]
        methods = ["rates"]
        if self.run_program("communities", "net", "--method", "leiden").status == 0:  # built with igraph
            methods += ["leiden", "infomap"]
            self.check(self.json("communities", "net", "--unweighted"), [1] * len(STATES))
            many = self.json("communities", "net", "--temperature", "0.6", "--resolution", "20")
            self.check(many, weights)
            self.assertGreater(many["count"], self.json("communities", "net", "--temperature", "0.6")["count"])
        for method in methods:
            answer = self.json("communities", "net", "--method", method, "--temperature", "0.6")
            self.assertEqual((answer["method"], answer["temperature"]), (method, 0.6))
            self.assertIsNone(answer["test_accuracy"])
            self.check(answer, weights)
            self.assertGreater(answer["modularity"], 0.5)
            lines = self.good("communities", "net", "--method", method, "--temperature", "0.6").out.splitlines()
            self.assertEqual(len(lines), 2 + answer["count"])

    def test_threshold(self):
        """Every barrier is below the largest free-energy barrier, none below the smallest."""
        for threshold, count in (("1e3", 1), ("-1e3", 32)):
            answer = self.json("communities", "net", "--method", "rates", "--temperature", "1", "--threshold", threshold)
            self.assertEqual(answer["count"], count)
        chosen = self.json("communities", "net", "--method", "rates", "--temperature", "1")
        again = self.json("communities", "net", "--method", "rates", "--temperature", "1", "--threshold",
                          repr(chosen["barrier"]))
        self.assertEqual(again["membership"], chosen["membership"])

    def test_wrong_words(self):
        for words, said in ((["--method", "louvain"], "--method: 'louvain' is none of leiden, infomap, rates"),
                            (["--method", "rates", "--unweighted"], "--unweighted is not for --method rates"),
                            (["--method", "infomap", "--resolution", "2"], "--resolution is for --method leiden only"),
                            (["--method", "leiden", "--threshold", "2"], "--threshold is for --method rates only"),
                            (["--resolution", "0"], "--resolution: '0' is not a positive number"),
                            (["--temperature", "0"], "--temperature: '0' is not"),
                            (["--from", "1", "--to", "2"], "communities does not take --from")):
            self.assertIn(said, self.refused("communities", "net", *words), words)


class Sparse(program.Case):
    """Landscapes where little is known: every command answers, or says in one line why it cannot."""
    COMMANDS = [["info"], ["analyse"], ["report"], ["communities"], ["communities", "--method", "rates"]]

    def landscape(self, minima, states, *words):
        os.makedirs(self.path("db"))
        self.write("db/min.data", "".join("%r %r %d 1 1 1\n" % row for row in minima))
        if states:
            self.write("db/ts.data", "".join("%r %r %d %d %d 1 1 1\n" % row for row in states))
        self.good("import", "pathsample", "db", "-o", "net", "--quiet", *words)

    def all_answer(self):
        for command, *words in self.COMMANDS:
            self.assertNotEqual(self.good(command, "net", *words).out, "", command)
            self.json(command, "net", *words)
        for words in (["rates"], ["paths"]):
            self.assertIn("say with --from and --to", self.refused(*words, "net"))

    def test_one_minimum(self):
        self.landscape([(-1.0, 2.0, 1)], [])
        self.all_answer()
        self.assertIn("both sets", self.refused("rates", "net", "--from", "1", "--to", "global"))
        self.assertEqual(self.json("communities", "net")["membership"], [1])

    def test_no_transition_states(self):
        self.landscape([(-1.0, 2.0, 1), (-0.5, 2.0, 1)], [], "--kappa", "6")
        self.all_answer()
        for command in ("rates", "paths"):
            self.assertIn("no path of transition states is known between minimum 1 and the other set, which begins with "
                          "minimum 2", self.refused(command, "net", "--from", "1", "--to", "2"))
        barriers = self.json("paths", "net", "--from", "1", "--to", "2", "--barriers")["barriers"]
        self.assertEqual((barriers[0]["transition_state"], barriers[0]["energy"]), (None, None))
        self.assertIn("no path known", self.good("paths", "net", "--from", "1", "--to", "2", "--barriers").out)
        self.assertIn("no transition state joins two minima", self.good("analyse", "net").out)
        self.assertFalse(os.path.exists(self.path("net", "figures", "path.svg")))

    def test_two_components(self):
        self.landscape([(-1.0, 2.0, 1), (-0.9, 2.0, 1), (-0.8, 2.0, 1), (-0.7, 2.0, 1)],
                       [(0.0, 2.0, 1, 1, 3), (0.1, 2.0, 1, 2, 4)])
        self.all_answer()
        answer = self.json("rates", "net", "--from", "1", "--to", "3", "--temperature", "1")
        self.assertEqual((answer["states"], answer["left_out"]), (2, 2))
        self.assertEqual(answer["committor"], [0, None, 1, None])
        both = self.json("rates", "net", "--from", "1,2", "--to", "3,4", "--temperature", "1")
        self.assertEqual((both["states"], both["committor"], both["kemeny"]), (4, [0, 0, 1, 1], None))
        self.assertIn("minimum 2 and the other set", self.refused("rates", "net", "--from", "1,2", "--to", "3"))
        self.assertEqual(self.json("communities", "net", "--temperature", "1")["count"], 2)

    def test_without_products(self):
        """TopSearch's files have no ln products: no thermodynamics, no rates, but barriers and basins."""
        os.makedirs(self.path("top"))
        self.write("top/min.data", "0 -1.2\n1 -2.0\n2 -1.5\n")
        self.write("top/ts.data", "0 1 0.5\n1 2 0.7\n")
        self.good("import", "topsearch", "top", "-o", "net", "--quiet")
        self.all_answer()
        self.assertIn("minimum 1 has no rates: it is a linear cluster, or has no ln product",
                      self.refused("rates", "net", "--from", "1", "--to", "2"))
        self.assertEqual(len(self.json("paths", "net", "--from", "all", "--to", "all", "--barriers")["barriers"]), 3)
        basins = self.json("analyse", "net")["sequence_basins"]
        self.assertEqual([(b["bottom"], b["minima"]) for b in basins], [(2, [1, 2, 3])])

    def test_no_minimum(self):
        self.write("d.csv", "a,b\n" + "".join("%d,%de200\n" % (k, k * k) for k in range(10)))
        self.write("s.toml", program.study({"file": "d.csv", "target": "b", "standardise": False},
                                           {"kind": "mlp", "hidden": [2], "loss": "mse"},
                                           explore={"steps": 4}, connect={"budget": 1}))
        self.good("run", "s.toml", "-o", "net", "--quiet")
        self.all_answer()
        self.assertIn("'1': there is no minimum", self.refused("rates", "net", "--from", "1", "--to", "2"))
        self.assertIn("'global': there is no minimum", self.refused("paths", "net", "--from", "global", "--to", "2"))


if __name__ == "__main__":
    program.main()
