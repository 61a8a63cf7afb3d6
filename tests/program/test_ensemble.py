"""ensemble and robustness: what they answer, recommend, draw and save."""
import json
import os
import random
import re

import program

CLASSES = {"accuracy", "auc", "log_loss", "calibration_error"}
VALUES = {"rmse", "r2", "log_density"}


class Answers(program.Case):
    """Two landscapes for all tests of the class: classes with validation rows, values without."""
    @classmethod
    def setUpClass(cls):
        case = cls("prepare")
        case.setUp()
        cls.case = case
        case.write("c.toml", program.study(
            {"file": os.path.join(program.DATA, "breast_cancer.csv"), "target": "diagnosis", "test_fraction": 0.3,
             "validation_fraction": 0.25},
            {"kind": "mlp", "hidden": [2], "l2": 1e-4}, explore={"steps": 96}, connect={"budget": 40}))
        case.write("v.toml", program.study(
            {"file": os.path.join(program.DATA, "diabetes.csv"), "target": "progression", "test_fraction": 0.3},
            {"kind": "mlp", "hidden": [2], "loss": "mse", "l2": 1e-3}, explore={"steps": 96}, connect={"budget": 40}))
        case.good("run", "c.toml", "-o", "classes", "--quiet")
        case.good("run", "v.toml", "-o", "values", "--quiet")

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


class Ensemble(Answers):
    def test_answer(self):
        for folder, names, rows in (("classes", CLASSES, "validation rows"),
                                    ("values", VALUES, "training rows, cross-fitted")):
            before = program.listing(self.path(folder))
            answer = self.json("ensemble", folder, "--members", "4", "--bootstraps", "100")
            self.assertEqual(program.listing(self.path(folder)), before)
            self.assertEqual(answer["held_out_rows_are"], rows)
            listed = answer["ensembles"]
            self.assertEqual((listed[0]["selection"], len(listed[0]["members"])), ("single", 1))
            minima = {m["id"]: m for m in self.json("list", folder, "minima")}
            lowest = min(minima.values(), key=lambda m: m["energy"])
            self.assertEqual(listed[0]["members"][0]["minimum"], lowest["id"])
            found = {(e["selection"], e["combination"]) for e in listed}
            for selection in ("lowest", "random", "disagreement", "restarts"):
                for combination in ("mean", "vote", "stack", "gate"):
                    self.assertIn((selection, combination), found)
            self.assertIn(("bagging", "mean"), found)
            self.assertEqual(("validated", "mean") in found, folder == "classes")
            for one in listed:
                self.assertEqual(set(one["test_scores"]), names)
                self.assertAlmostEqual(sum(m["weight"] for m in one["members"]), 1, delta=1e-12)
                for name in names:
                    low, value, high = (one[k][name] for k in ("test_low", "test_scores", "test_high"))
                    if value is not None and name != "calibration_error":  # the bootstrap's ECE is biased upwards
                        self.assertLessEqual(low, value)
                        self.assertLessEqual(value, high)
            self.assertIn(answer["recommended"], range(len(listed)))
            self.assertTrue(answer["recommendation"])
            self.assertTrue(answer["test_verdict"])

    def test_recommended_by_held_out_rows(self):
        answer = self.json("ensemble", "values", "--members", "4", "--bootstraps", "10")
        gains = [(one["gain"], k) for k, one in enumerate(answer["ensembles"]) if k > 0 and one["gain"] is not None
                 and one["gain"] > max(one["gain_error"], 1e-4)]
        self.assertEqual(answer["recommended"], max(gains)[1] if gains else 0)

    def test_save(self):
        """Members come as models that predict what the minima do; their mean is that of predict."""
        answer = self.json("ensemble", "values", "--members", "3", "--save", "kept", "--bootstraps", "10")
        chosen = answer["ensembles"][answer["recommended"]]
        with open(self.path("kept", "ensemble.json")) as file:
            kept = json.load(file)
        self.assertEqual([m["minimum"] for m in kept["members"]], [m["minimum"] for m in chosen["members"]])
        for member in kept["members"]:
            self.assertTrue(os.path.getsize(self.path("kept", member["file"])) > 0)
            if member["minimum"] is not None:
                self.good("export", "model", "values", "--minimum", str(member["minimum"]), "-o", "one.npz", "--force")
                with open(self.path("one.npz"), "rb") as a, open(self.path("kept", member["file"]), "rb") as b:
                    self.assertEqual(a.read(), b.read())
        self.assertIn("exists already", self.run_program("ensemble", "values", "--save", "kept").err)

    def test_figure_and_text(self):
        said = self.good("ensemble", "classes", "--members", "3", "--figure", "e.svg", "--bootstraps", "50").out
        self.assertIn("* ", said)
        self.assertIn("communities", said)
        with open(self.path("e.svg")) as file:
            self.assertIn("</svg>", file.read())
        quick = self.json("ensemble", "classes", "--members", "3", "--no-refits", "--bootstraps", "10")
        self.assertEqual(quick["left_out"]["bagging"], "left out on demand")
        self.assertEqual(self.json("ensemble", "classes", "--seed", "5", "--bootstraps", "10"),
                         self.json("ensemble", "classes", "--seed", "5", "--bootstraps", "10"))

    def test_several_splits(self):
        """Means over landscapes are the means of what each of them says."""
        folders = []
        for seed in (1, 2, 3):
            self.write("s.toml", program.study(
                {"file": os.path.join(program.DATA, "diabetes.csv"), "target": "progression", "test_fraction": 0.3,
                 "split_seed": seed}, {"kind": "mlp", "hidden": [2], "loss": "mse", "l2": 1e-3},
                explore={"steps": 24}, connect={"budget": 0}))
            folders.append("split_%d" % seed)
            self.good("run", "s.toml", "-o", folders[-1], "--quiet")
        options = ["--members", "3", "--bootstraps", "5"]
        each = [self.json("ensemble", folder, *options)["ensembles"] for folder in folders]
        whole = self.json("ensemble", *folders, *options, "--figure", "splits.svg")
        self.assertEqual(whole["splits"], 3)
        self.assertIn("splits", whole["test_verdict"])
        checked = 0
        for one in whole["ensembles"]:
            same = [e for run in each for e in run
                    if (e["selection"], e["combination"]) == (one["selection"], one["combination"])]
            if len(same) == 3:
                self.assertAlmostEqual(one["test_scores"]["rmse"]["mean"],
                                       sum(e["test_scores"]["rmse"] for e in same) / 3, delta=1e-9)
                self.assertAlmostEqual(one["test_gain"]["r2"]["mean"], sum(e["test_gain"]["r2"] for e in same) / 3,
                                       delta=1e-12)
                checked += 1
        self.assertGreater(checked, 8)
        self.good("ensemble", *folders, *options)
        self.assertIn("one landscape", self.refused("ensemble", *folders, "--save", "several"))
        rank = [self.json("robustness", folder, "--samples", "4")["test_correlations"] for folder in folders]
        mean = self.json("robustness", *folders, "--samples", "4", "--figure", "rank.svg")["test_correlations"]
        for k, one in enumerate(mean):
            self.assertAlmostEqual(one["test_gap"]["mean"],
                                   sum(r[k]["test_gap"]["rank_correlation"] for r in rank) / 3, delta=1e-12)
        self.good("robustness", *folders, "--samples", "4")

    def test_clusterings(self):
        """K-means minima are combined by consensus."""
        self.write("k.toml", program.study(
            {"file": os.path.join(program.DATA, "wine.csv"), "target": "cultivar", "test_fraction": 0.3},
            {"kind": "kmeans", "clusters": 4}, explore={"steps": 60, "method": "random"}, connect={"budget": 0}))
        self.good("run", "k.toml", "-o", "clusters", "--quiet")
        answer = self.json("ensemble", "clusters", "--members", "5", "--figure", "k.svg")
        self.assertEqual((answer["predicts"], answer["clusters"]), ("clusters", 4))
        single, names = answer["ensembles"][0], [one["selection"] for one in answer["ensembles"]]
        minima = {m["id"]: m for m in self.json("list", "clusters", "minima")}
        lowest = min(minima.values(), key=lambda m: m["energy"])
        self.assertEqual(single["minima"], [lowest["id"]])
        self.assertAlmostEqual(single["inertia"] * answer["train_rows"], lowest["energy"], delta=1e-9 * lowest["energy"])
        self.assertIn("restarts", names)
        for one in answer["ensembles"]:
            self.assertEqual(len(one["cluster"]), answer["train_rows"])
            self.assertGreaterEqual(one["inertia"], single["inertia"] - 1e-12)
        self.assertIn("--save is for models", self.run_program("ensemble", "clusters", "--save", "k").err)
        self.good("ensemble", "clusters")
        self.good("export", "model", "clusters", "-o", "centroids.npz")

    def test_refused(self):
        self.assertIn("--members", self.refused("ensemble", "classes", "--members", "1"))
        self.assertIn("nowhere", self.refused("ensemble", "nowhere"))
        self.write("f.toml", program.study(explore={"steps": 8}))
        self.good("run", "f.toml", "-o", "function", "--quiet")
        result = self.run_program("ensemble", "function")
        self.assertNotEqual(result.status, 0)
        self.assertIn("learns from no data", result.err)


def without_tests(value):
    """All but what is about test rows."""
    if isinstance(value, dict):
        return {k: without_tests(v) for k, v in value.items() if not k.startswith("test") and k != "predictions"}
    return [without_tests(v) for v in value] if isinstance(value, list) else value


class Leakage(program.Case):
    def test_scrambled_test_rows(self):
        """Inputs of the test rows replaced in the file: nothing changes but numbers named test. (Their targets stay: the
        split is stratified by them.) tests/test_leakage.c scrambles the targets too."""
        with open(os.path.join(program.DATA, "diabetes.csv")) as file:
            lines = file.read().splitlines()
        answers = []
        for name in ("plain", "scrambled"):
            if name == "scrambled":
                rows = [r["row"] for r in answers[0]["analyse"]["peaks"][0]["predictions"]["rows"]]
                self.assertEqual(len(rows), answers[0]["ensemble"]["test_rows"])
                draw = random.Random(1)
                for row in rows:
                    cells = lines[row].split(",")
                    lines[row] = ",".join(["%.3f" % draw.uniform(-5, 5) for _ in cells[:-1]] + cells[-1:])
            self.write(name + ".csv", "\n".join(lines) + "\n")
            self.write(name + ".toml", program.study(
                {"file": name + ".csv", "target": "progression", "test_fraction": 0.3},
                {"kind": "mlp", "hidden": [3], "loss": "mse", "l2": 1e-3}, explore={"steps": 96},
                connect={"budget": 40}, analyse={"temperatures": [1e-6, 1.0, 200]}))
            self.good("run", name + ".toml", "-o", name, "--quiet")
            answer = {command: self.json(command, name, *words) for command, words in
                      (("analyse", []), ("ensemble", ["--members", "4", "--bootstraps", "20"]),
                       ("robustness", ["--samples", "4", "--spectra"]))}
            answer["list"] = self.json("list", name, "minima", "--coordinates")
            del answer["analyse"]["seconds"]
            answers.append(answer)
        self.assertNotEqual(answers[0]["ensemble"], answers[1]["ensemble"])
        self.assertNotEqual(answers[0]["robustness"], answers[1]["robustness"])
        for command in answers[0]:
            self.assertEqual(without_tests(answers[0][command]), without_tests(answers[1][command]), command)


class Robustness(Answers):
    def test_answer(self):
        for folder in ("classes", "values"):
            answer = self.json("robustness", folder, "--samples", "8", "--spectra")
            minima = {m["id"]: m for m in self.json("list", folder, "minima")}
            self.assertEqual(len(answer["minima"]) + answer["left_out"], len(minima))
            energies = [m["energy"] for m in answer["minima"]]
            self.assertEqual(energies, sorted(energies))
            for m in answer["minima"]:
                self.assertEqual(m["log_product"], minima[m["id"]]["log_product"])
                self.assertAlmostEqual(sum(m["spectrum"]), m["trace"], delta=1e-9 * m["trace"])
                self.assertGreater(m["input_noise"]["error"], 0)
            lowest = answer["minima"][0]["energy"]
            near = [m for m in answer["minima"] if m["energy"] - lowest <= 0.1 * abs(lowest)]
            self.assertEqual(answer["within_margin"], len(near))
            best = min(near, key=lambda m: m["relative_noise"]["sampled"])
            self.assertEqual(answer["most_robust"], best["id"])
            self.assertEqual(len(answer["test_correlations"]), 9)
            self.assertIn("Dinh", answer["caveat"])

    def test_text_and_figure(self):
        said = self.good("robustness", "values", "--samples", "4", "--most", "5", "--figure", "r.svg").out
        self.assertIn("minima are left out", said)
        self.assertIn("rank correlation", said)
        with open(self.path("r.svg")) as file:
            self.assertIn("</svg>", file.read())

    def test_without_data(self):
        """A surface that learns from nothing has a spectrum and noise, and nothing else."""
        self.write("g.toml", program.study(explore={"steps": 16}))
        self.good("run", "g.toml", "-o", "plane", "--quiet")
        answer = self.json("robustness", "plane", "--samples", "4")
        self.assertGreater(len(answer["minima"]), 1)
        self.assertIsNone(answer["test_verdict"])
        for m in answer["minima"]:
            self.assertIsNone(m["test_loss"])
            self.assertGreater(m["largest_eigenvalue"], 0)

    def test_flat_minima(self):
        """method = "sam" and "entropy-sgd" are random starts by these minimisers."""
        for method in ("sam", "entropy-sgd"):
            self.write("m.toml", program.iris([2], explore={"steps": 6, "method": method, "epochs": 20},
                                              connect={"budget": 0}))
            self.good("run", "m.toml", "-o", method, "--quiet")
            with open(self.path(method, "study.toml")) as file:
                text = file.read()
            self.assertTrue(re.search(r'^method = "random"$', text, re.M), text)
            self.assertTrue(re.search(r'^minimiser = "%s"$' % method, text, re.M), text)


if __name__ == "__main__":
    program.main()
