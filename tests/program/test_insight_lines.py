"""interpolate and compare: what they answer, what they refuse; the folder is only read."""
import os
import xml.dom.minidom

import program

WAY = {"length", "top", "top_at", "barrier", "barrier_back", "excess", "rise", "accuracy_loss", "points"}
PAIR = {"a", "b", "gain", "tolerance", "symmetry", "middle", "stored", "aligned", "lowest", "random_copies", "path", "no_path",
        "path_minima", "path_transition_states"}
LANDSCAPE = {"name", "model", "parameters", "kappa", "minima", "transition_states", "components", "goal_reached", "sequence_basins",
             "funnels", "lowest", "median", "highest", "train", "test", "barrier_median", "barrier_largest", "temperature", "entropy",
             "frustration_normalised", "heat_capacity_above_kappa", "peaks", "peak_temperature", "peak_height", "training", "cost"}
TRAINING = {"source", "trainings", "failed", "distinct", "same_minimum", "same_class", "test_same_class", "spread", "test_spread",
            "lowest_share", "lowest_interval", "excess_loss", "ends"}


def study(hidden, l2, method="random", **data):
    table = {"file": os.path.join(program.DATA, "iris.csv"), "target": "species", "test_fraction": 0.3}
    table.update(data)
    return program.study(table, {"kind": "mlp", "hidden": [hidden], "l2": l2}, explore={"method": method, "steps": 60},
                         connect={"budget": 200})


GROUP = {"bottom", "energy", "minima", "conserved", "spread", "spread_ratio", "spread_p", "spread_q", "models_permuted",
         "weight_importance_spearman", "weight_importance_p", "parameters", "features"}
FEATURE = {"name", "weight", "weight_range", "weights_conserved", "importance", "importance_error", "p", "q", "dispersion_ratio",
           "dispersion_p", "dispersion_q", "dispersion_conserved"}


class Funnels(program.Case):
    """interpret, on a landscape of several funnels."""
    def setUp(self):
        super().setUp()
        data = {"file": os.path.join(program.DATA, "diabetes.csv"), "target": "progression", "test_fraction": 0.3}
        self.write("d.toml", program.study(data, {"kind": "mlp", "hidden": [3], "loss": "mse", "l2": 1e-3},
                                           explore={"method": "random", "steps": 100}, connect={"budget": 100}))
        self.good("run", "d.toml")
        self.before = program.listing(self.path("d"))

    def tearDown(self):
        self.assertEqual(program.listing(self.path("d")), self.before)

    def test_funnels(self):
        answer = self.json("interpret", "d", "--permutations", "99", "--figure", "d.svg")
        self.assertEqual(answer["groups_by"], "funnels")
        self.assertEqual(answer["importance_rows"], "training")
        self.assertGreaterEqual(len(answer["groups"]), 2)
        for group in [answer["all"]] + answer["groups"]:
            self.assertEqual(set(group), GROUP)
            self.assertEqual(len(group["parameters"]), 37)
            self.assertEqual([f["name"] for f in group["features"]][:3], ["age", "sex", "bmi"])
            self.assertAlmostEqual(sum(f["weight"] for f in group["features"]), 1, 9)
            for feature in group["features"]:
                self.assertEqual(set(feature), FEATURE)
        for group in answer["groups"]:
            self.assertEqual(group["conserved"], sum(p["conserved"] for p in group["parameters"]))
            for parameter in group["parameters"]:
                self.assertTrue(0.01 <= parameter["p"] <= parameter["q"] + 1e-12)
        self.assertEqual(answer["distinction"]["first_bottom"], answer["groups"][0]["bottom"])
        xml.dom.minidom.parse(self.path("d.svg"))
        self.assertEqual(answer, self.json("interpret", "d", "--permutations", "99", "--threads", "1"))

    def test_basins_and_sets(self):
        answer = self.json("interpret", "d", "--groups", "basins", "--permutations", "19")
        self.assertEqual(answer["groups_by"], "basins")
        self.assertIsNone(answer["persistence"])
        answer = self.json("interpret", "d", "--from", "1-4", "--to", "5,6,7", "--permutations", "19")
        self.assertEqual((answer["distinction"]["first_minima"], answer["distinction"]["second_minima"]), (4, 3))
        out = self.good("interpret", "d", "--persistence", "0", "--permutations", "19").out
        self.assertIn("relies most on", out)

    def test_refused(self):
        self.refused("interpret", "d", "--groups", "heaps")
        self.refused("interpret", "d", "--groups", "basins", "--persistence", "1")
        self.refused("interpret", "d", "--from", "1-3", "--to", "3,4")
        self.refused("interpret", "d", "--from", "1-3")
        self.refused("interpret", "d", "--level", "2")
        self.refused("interpret")

    def test_surfaces_that_predict_nothing(self):
        self.write("h.toml", program.study(explore={"steps": 60}))
        self.good("run", "h.toml")
        answer = self.json("interpret", "h", "--permutations", "19", "--figure", "h.svg")
        self.assertEqual(answer["all"]["features"], [])
        self.assertEqual(answer["all"]["parameters"][1]["name"], "x[2]")


class Lines(program.Case):
    def setUp(self):
        super().setUp()
        self.write("a.toml", study(4, 1e-3))
        self.good("run", "a.toml")
        self.before = program.listing(self.path("a"))

    def tearDown(self):
        self.assertEqual(program.listing(self.path("a")), self.before)

    def check_picture(self, name):
        with open(self.path(name)) as file:
            text = file.read()
        xml.dom.minidom.parseString(text)
        self.assertNotIn("nan", text)

    def test_pair(self):
        answer = self.json("interpolate", "a", "1", "2", "--starts", "10", "--figure", "pair.svg")
        self.assertEqual(set(answer), {"recommendation", "pair", "random_starts"})
        pair = answer["pair"]
        self.assertEqual(set(pair), PAIR)
        energies = [m["energy"] for m in self.json("list", "a", "minima")]
        for name in ("stored", "aligned", "lowest", "path"):
            way = pair[name]
            self.assertEqual(set(way), WAY if name == "path" else WAY | {"connected"})
            self.assertAlmostEqual(way["points"][0]["value"], energies[0], 9)
            self.assertAlmostEqual(way["points"][-1]["value"], energies[1], 9)
            self.assertAlmostEqual(way["top"] - way["barrier"], energies[0], 9)
            self.assertAlmostEqual(way["top"] - way["barrier_back"], energies[1], 9)
            self.assertIn("test", way["points"][0])
        states = {s["id"]: s for s in self.json("list", "a", "transition-states")}
        self.assertAlmostEqual(max(states[t]["energy"] for t in pair["path_transition_states"]), pair["path"]["top"], 9)
        self.assertEqual((pair["path_minima"][0], pair["path_minima"][-1]), (1, 2))
        self.assertEqual(answer["random_starts"]["starts"], 10)
        self.check_picture("pair.svg")
        again = self.json("interpolate", "a", "1", "2", "--starts", "10", "--threads", "1")
        self.assertEqual(answer, again)
        out = self.good("interpolate", "a", "global", "2", "--starts", "0").out
        self.assertIn("linearly connected", out)

    def test_all_pairs(self):
        answer = self.json("interpolate", "a", "--starts", "0", "--figure", "all.svg")
        self.assertEqual(set(answer), {"recommendation", "all_pairs"})
        minima = len(self.json("list", "a", "minima"))
        self.assertEqual(answer["all_pairs"]["pairs"], min(100, minima * (minima - 1) // 2))
        for pair in answer["all_pairs"]["each"]:
            self.assertLessEqual(pair["lowest"], pair["aligned"])
            self.assertLessEqual(pair["aligned_distance"], pair["distance"] + 1e-9)
        self.check_picture("all.svg")

    def test_trajectories(self):
        answer = self.json("interpolate", "a", "--trajectory", "sgd,lbfgs", "--starts", "2", "--points", "12", "--figure", "t.svg")
        self.assertEqual(set(answer), {"recommendation", "trajectories"})
        self.assertEqual([(t["minimiser"], t["start"]) for t in answer["trajectories"]],
                         [("sgd", 0), ("lbfgs", 0), ("sgd", 1), ("lbfgs", 1)])
        for t in answer["trajectories"]:
            self.assertEqual(set(t), {"minimiser", "start", "converged", "steps", "length", "direct", "rise", "basins", "kept",
                                      "visits", "points"})
            self.assertTrue(t["converged"])
            self.assertEqual(sum(v["points"] for v in t["visits"]), len(t["points"]))
            self.assertEqual(t["kept"], t["points"][0]["bottom"] is not None and
                             abs(t["points"][0]["bottom"] - t["points"][-1]["bottom"]) < 1e-9)
        self.check_picture("t.svg")
        self.assertIn("ended", self.good("interpolate", "a", "--trajectory", "adam").out)
        self.write("h.toml", program.study(explore={"steps": 60}))
        self.good("run", "h.toml")
        self.good("interpolate", "h", "--trajectory", "adam,newton-lbfgs", "--figure", "h.svg")
        self.check_picture("h.svg")
        for words in (["--trajectory", "sgd,"], ["--trajectory", "nothing"], ["1", "2", "--trajectory", "sgd"],
                      ["--trajectory", "sgd", "--starts", "0"]):
            self.refused("interpolate", "a", *words)

    def test_refused(self):
        for words in (["1"], ["1", "1"], ["1", "999"], ["1", "x"], ["1,2", "1"]):
            self.refused("interpolate", "a", *words)
        self.refused("interpolate", "a", "1", "2", "--points", "2")
        self.refused("interpolate", "nowhere")
        self.refused("compare")
        self.refused("compare", "a", "nowhere")
        self.refused("compare", "a", "--temperature", "0")

    def test_compare(self):
        self.write("b.toml", study(3, 1e-2, "basin-hopping"))
        self.good("run", "b.toml")
        answer = self.json("compare", "a", "b", "--starts", "20", "--figure", "both.svg")
        self.assertEqual(set(answer), {"recommendation", "level", "same_loss", "landscapes", "reproducibility_differences"})
        self.assertFalse(answer["same_loss"])
        self.assertEqual([each["name"] for each in answer["landscapes"]], ["a", "b"])
        for each, source in zip(answer["landscapes"], ("exploration", "trainings")):
            self.assertEqual(set(each), LANDSCAPE)
            training = each["training"]
            self.assertEqual(set(training), TRAINING)
            self.assertEqual(training["source"], source)
            hits = [end["hits"] for end in training["ends"]]
            total = sum(hits)
            self.assertEqual(total, training["trainings"])
            self.assertAlmostEqual(training["same_minimum"]["probability"],
                                   sum(n * (n - 1) for n in hits) / (total * (total - 1)), 12)
            low, high = training["same_minimum"]["interval"]
            self.assertTrue(0 <= low <= training["same_minimum"]["probability"] <= high <= 1)
            self.assertEqual(each["minima"], self.json("info", each["name"])["minima"])
        self.assertEqual(len(answer["reproducibility_differences"]), 1)
        self.check_picture("both.svg")
        self.assertIn("Most reproducible", self.good("compare", "a", "b", "--starts", "20").out)
        self.assertEqual(self.json("compare", "a", "--starts", "0")["reproducibility_differences"], [])
        self.good("import", "pathsample", os.path.join(program.SOURCE, "tests", "data", "pygt32"), "-o", "imported")
        imported = self.json("compare", "a", "imported", "--starts", "5")["landscapes"][1]
        self.assertEqual((imported["minima"], imported["model"], imported["training"]["source"]), (32, None, None))
        for command in ("interpolate", "interpret"):
            self.assertIn("surface is not known", self.refused(command, "imported"))


if __name__ == "__main__":
    program.main()
