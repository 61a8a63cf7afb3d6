"""K-means end to end: the example folders in a short form, inertia as scikit-learn counts it, bad input, unsupervised data."""
import csv
import math
import os
import random
import re

import program

EXAMPLES = os.path.join(program.SOURCE, "examples")


def study_of(example, **values):
    """The example's study file with other numbers, and its data file's path made absolute."""
    with open(os.path.join(EXAMPLES, example, "study.toml"), encoding="utf-8") as file:
        text = file.read()
    text = text.replace('"../data/', '"%s/' % program.DATA)
    for key, value in values.items():
        text, count = re.subn(r"(?m)^%s = .*$" % key, "%s = %s" % (key, value), text)
        assert count == 1, key
    return text


def rows_of(name):
    with open(os.path.join(program.DATA, name), newline="", encoding="utf-8") as file:
        return [[float(cell) for cell in row[:-1]] for row in list(csv.reader(file))[1:]]


def inertia(rows, centroids):
    """What scikit-learn calls inertia_: squared distances to the nearest centroid, added up."""
    return math.fsum(min(math.fsum((a - b) ** 2 for a, b in zip(row, c)) for c in centroids) for row in rows)


def kmeans(file, clusters, target=None, connect=None, **data):
    table = dict({"file": os.path.join(program.DATA, file)}, **data)
    if target:
        table["target"] = target
    return program.study(table, {"kind": "kmeans", "clusters": clusters}, explore={"steps": 100},
                         connect=connect or {"budget": 2000})


class Examples(program.Case):
    def short(self, example, **values):
        self.write("study.toml", study_of(example, **values))
        self.assertIn("passed", self.good("check", "study.toml").out)
        self.good("run", "study.toml", "-o", "out", "--quiet")
        self.assertEqual(set(os.listdir(self.path("out"))) | {"figures"}, program.FILES)
        info = self.json("info", "out")
        self.assertIs(info["goal_reached"], True)
        self.assertEqual(info["components"], 1)
        self.assertEqual(self.json("verify", "out")["faults"], [])
        self.good("connect", "study.toml", "-o", "out", "--quiet")  # what is done stays done
        self.good("report", "out")
        self.assertEqual(self.json("info", "out")["minima"], info["minima"])
        self.assertIn("heat capacity", self.good("analyse", "out").out)
        return info, self.json("list", "out", "minima", "--coordinates")

    def test_iris(self):
        info, minima = self.short("kmeans_iris", steps=200, improve=20)
        lowest = min(minima, key=lambda m: m["energy"])
        self.assertAlmostEqual(lowest["energy"], 39.0399872460872, delta=1e-9)  # du Merle et al. (2000)
        self.assertEqual((info["dimension"], info["zero_modes"]), (24, 0))
        rows = rows_of("iris.csv")
        for m in minima[:20]:
            c = m["coordinates"]
            self.assertAlmostEqual(m["energy"], inertia(rows, [c[k:k + 4] for k in range(0, 24, 4)]), delta=1e-9)
            self.assertAlmostEqual(m["log_multiplicity"], math.log(720), delta=1e-12)

    def test_wine(self):
        info, minima = self.short("kmeans_wine", steps=100, improve=0)
        self.assertEqual(info["dimension"], 52)
        for m in minima:
            self.assertGreater(m["test"]["loss"], 0)
            self.assertGreater(m["train"]["loss"], 0)
            self.assertTrue(-1 < m["test"]["adjusted_rand"] <= 1)
        lowest = min(minima, key=lambda m: m["energy"])
        self.assertGreater(lowest["train"]["adjusted_rand"], 0.5)  # three cultivars, four clusters

    def test_raw_wine(self):
        self.write("study.toml", kmeans("wine.csv", 3, "cultivar", standardise=False))
        self.good("run", "study.toml", "-o", "out", "--quiet")
        self.assertEqual(self.json("verify", "out")["faults"], [])
        rows = rows_of("wine.csv")
        for m in self.json("list", "out", "minima", "--coordinates"):
            c = m["coordinates"]
            value = inertia(rows, [c[k:k + 13] for k in range(0, 39, 13)])
            self.assertAlmostEqual(m["energy"], value, delta=1e-12 * value)


class SciKitLearn(program.Case):
    def test_inertia(self):
        """The lowest minimum beside sklearn.cluster.KMeans, where that is installed: the same number, or lower."""
        try:
            from sklearn.cluster import KMeans
        except ImportError:
            self.skipTest("scikit-learn is not installed")
        for name, target in (("iris.csv", "species"), ("wine.csv", "cultivar")):
            rows = rows_of(name)
            self.write("study.toml", kmeans(name, 3, target, standardise=False))
            self.good("explore", "study.toml", "-o", name, "--quiet")
            minima = self.json("list", name, "minima", "--coordinates")
            lowest = min(minima, key=lambda m: m["energy"])
            size = len(rows[0])
            centroids = [lowest["coordinates"][k:k + size] for k in range(0, 3 * size, size)]
            theirs = KMeans(3, init=centroids, n_init=1, tol=0).fit(rows)
            self.assertAlmostEqual(lowest["energy"], theirs.inertia_, delta=1e-9 * max(1, theirs.inertia_ / 1e3))
            restarted = KMeans(3, n_init=20, random_state=0, tol=0).fit(rows)
            self.assertLessEqual(lowest["energy"], restarted.inertia_ * (1 + 1e-12))


class Data(program.Case):
    def test_without_target(self):
        generator = random.Random(1)
        lines = ["a,b"] + ["%r,%r" % (generator.gauss(10 * (i % 3), 1), generator.gauss(0, 1)) for i in range(60)]
        self.write("plain.csv", "\n".join(lines) + "\n")
        self.write("study.toml", program.study({"file": "plain.csv"}, {"kind": "kmeans", "clusters": 3}))
        self.good("run", "study.toml", "-o", "out", "--quiet")
        self.assertEqual(self.json("verify", "out")["faults"], [])
        self.assertGreaterEqual(self.json("info", "out")["minima"], 1)

    def test_threads_do_not_matter(self):
        self.write("study.toml", kmeans("iris.csv", 5, "species"))
        for threads in ("1", "2"):
            self.good("run", "study.toml", "-o", "out" + threads, "--threads", threads, "--quiet")
        self.assert_same_tables(self.tables("out1"), self.tables("out2"))

    def test_bad_input(self):
        def refusal(clusters, **more):
            self.write("study.toml", program.study(
                {"file": os.path.join(program.DATA, "iris.csv"), "target": "species"},
                dict({"kind": "kmeans"}, **({"clusters": clusters} if clusters is not None else {})), **more))
            return self.refused("run", "study.toml", "-o", "out")

        self.assertIn("clusters", refusal(None))
        self.assertIn("clusters", refusal(0))
        self.assertIn("clusters", refusal(1.5))
        self.assertIn("150 training rows", refusal(151))
        self.assertIn("distinct rows", refusal(150))
        self.assertIn("minimiser", refusal(3, explore={"minimiser": "adam"}))
        self.write("study.toml", program.study(None, {"kind": "kmeans", "clusters": 3}))
        self.assertIn("file", self.refused("run", "study.toml", "-o", "out"))

    def test_basin_volume(self):
        """Probabilities under k-means++, by the exact gradient flow: they add up to one."""
        self.write("study.toml", kmeans("iris.csv", 3, "species", standardise=False))
        self.good("run", "study.toml", "-o", "out", "--quiet")
        found = self.json("basin-volume", "out", "--samples", "300", "--compare")
        shares = [basin["probability"] for basin in found["basins"]]
        self.assertAlmostEqual(math.fsum(shares) + found["unknown_hits"] / 300, 1, delta=1e-9)


if __name__ == "__main__":
    program.main()
