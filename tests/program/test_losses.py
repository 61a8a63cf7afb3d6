"""The losses of the perceptron end to end: the example folders in a short form, several targets, and keys that do not fit the data."""
import csv
import os
import re
import unittest
import sqlite3

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


class Examples(program.Case):
    def short(self, example, **values):
        """Runs it; the minima, after all that holds of every run."""
        self.write("study.toml", study_of(example, **values))
        self.assertIn("passed", self.good("check", "study.toml").out)
        self.good("run", "study.toml", "-o", "out", "--quiet", timeout=300)
        self.assertEqual(set(os.listdir(self.path("out"))) - {"figures"}, program.FILES - {"figures"})
        info = self.json("info", "out")
        minima = self.json("list", "out", "minima")
        self.assertGreaterEqual(len(minima), 1)
        self.assertEqual(len(minima), info["minima"])
        self.assertEqual(self.json("verify", "out", timeout=300)["faults"], [])
        return minima

    def known(self, minima, names):
        """Of training and test rows exactly these numbers are known."""
        for minimum in minima:
            for part in ("train", "test"):
                self.assertEqual({name for name, value in minimum[part].items() if value is not None}, set(names))

    def headers(self):
        with open(self.path("out", "report.html"), encoding="utf-8") as file:
            page = file.read()
        return re.findall(r"<th [^>]*>([^<]*)</th>", page)

    def test_breast_cancer_auc(self):
        minima = self.short("breast_cancer_auc", steps=60, budget=60)
        self.known(minima, ["loss", "accuracy", "auc"])
        for minimum in minima:  # a smooth 1 - AUC is not below the real one by much: sigma(-s) >= 1/2 where s <= 0
            self.assertGreaterEqual(minimum["train"]["loss"], (1 - minimum["train"]["auc"]) / 2)
            self.assertLess(minimum["train"]["loss"], minimum["energy"])
            self.assertGreater(minimum["test"]["auc"], 0.97)
        self.assertIn("test AUC", self.headers())
        with open(self.path("out", "disconnectivity.svg"), encoding="utf-8") as file:
            self.assertIn("test AUC", file.read())

    @unittest.skipIf(program.SLOW, "takes minutes; test_mlp_losses has the kernels")
    def test_digits_contrastive(self):
        minima = self.short("digits_contrastive", steps=4, budget=1)
        self.known(minima, ["loss", "accuracy"])
        info = self.json("info", "out")
        self.assertEqual((info["dimension"], info["zero_modes"]), (270, 1))  # the plane turns
        for minimum in minima:
            self.assertGreater(minimum["test"]["accuracy"], 0.5)  # of ten classes

    @unittest.skipIf(program.SLOW, "takes minutes; test_mlp_losses has the kernels")
    def test_digits_cross_entropy(self):
        minima = self.short("digits_cross_entropy", steps=2, budget=1)
        self.known(minima, ["loss", "accuracy", "auc", "top_k", "log_loss"])
        self.assertEqual(self.json("info", "out")["dimension"], 760)
        for minimum in minima:
            test = minimum["test"]
            self.assertGreater(test["accuracy"], 0.9)
            self.assertGreaterEqual(test["top_k"], test["accuracy"])
            self.assertEqual(test["loss"], test["log_loss"])
        self.assertIn("test top-k accuracy", self.headers())

    def test_diabetes_mse(self):
        minima = self.short("diabetes_mse", steps=30, budget=30)
        self.known(minima, ["loss", "r2"])
        for minimum in minima:  # in the target's own unit squared, of training rows: their variance is that times
            train = minimum["train"]
            variance = train["loss"] / (1 - train["r2"])
            self.assertAlmostEqual(variance / 5900, 1, delta=0.15)  # of all rows 5930
        self.assertIn("test R²", self.headers())


class Targets(program.Case):
    """Two of wine's columns at once."""
    def setUp(self):
        super().setUp()
        with open(os.path.join(program.DATA, "wine.csv"), encoding="utf-8") as file:
            self.table = list(csv.DictReader(file))
        self.names = [name for name in self.table[0] if name != "cultivar"]
        rows = [",".join(self.names)] + [",".join(row[name] for name in self.names) for row in self.table]
        self.write("wine.csv", "\n".join(rows) + "\n")
        self.data = {"file": "wine.csv", "target": [self.names[0], self.names[-1]], "test_fraction": 0.25}
        self.write("s.toml", program.study(self.data, {"kind": "mlp", "hidden": [2], "loss": "mse", "l2": 1e-2},
                                           explore={"steps": 20}, connect={"budget": 20}))

    def test_each_target(self):
        self.good("run", "s.toml", "-o", "out", "--quiet")
        minima = self.json("list", "out", "minima")
        for minimum in minima:
            for part in ("train", "test"):
                each = minimum[part]["targets"]
                self.assertEqual([t["target"] for t in each], self.data["target"])
                self.assertAlmostEqual(minimum[part]["r2"], sum(t["r2"] for t in each) / 2, delta=1e-12)
            for target, name in zip(minimum["train"]["targets"], self.data["target"]):
                values = [float(row[name]) for row in self.table]
                mean = sum(values) / len(values)
                variance = sum((v - mean) ** 2 for v in values) / len(values)  # of all rows, in the column's unit
                self.assertAlmostEqual(target["loss"] / (1 - target["r2"]) / variance, 1, delta=0.3)
        database = sqlite3.connect(self.path("out", "landscape.db"))
        self.addCleanup(database.close)
        names = [row[0] for row in database.execute("SELECT name FROM targets ORDER BY target")]
        self.assertEqual(names, self.data["target"])
        stored = database.execute("SELECT test_r2 FROM minimum_targets WHERE id = 1 ORDER BY target").fetchall()
        self.assertEqual([row[0] for row in stored], [t["r2"] for t in minima[0]["test"]["targets"]])
        with open(self.path("out", "report.html"), encoding="utf-8") as file:
            self.assertIn("test R², " + self.names[-1], file.read())
        self.assertEqual(self.json("verify", "out")["faults"], [])
        before = self.json("list", "out", "minima")  # and on with it
        self.write("s.toml", program.study(self.data, {"kind": "mlp", "hidden": [2], "loss": "mse", "l2": 1e-2},
                                           explore={"steps": 30}, connect={"budget": 20}))
        self.good("run", "s.toml", "-o", "out", "--quiet")
        self.assertEqual(self.json("list", "out", "minima")[0]["test"], before[0]["test"])

    def test_bad_targets(self):
        for target, said in ((["alcohol", "alcohl"], "alcohl"), (["alcohol", "alcohol"], "alcohol"), ([], "target")):
            self.data["target"] = target
            self.write("s.toml", program.study(self.data, {"kind": "mlp", "hidden": [2], "loss": "mse"}))
            self.assertIn(said, self.refused("run", "s.toml", "-o", "bad"))
        self.data["target"] = self.names
        self.write("s.toml", program.study(self.data, {"kind": "mlp", "hidden": [2], "loss": "mse"}))
        self.assertIn("no column besides", self.refused("run", "s.toml", "-o", "bad"))
        self.data.update(target=self.names[:2], inputs=self.names[1:4])
        self.write("s.toml", program.study(self.data, {"kind": "mlp", "hidden": [2], "loss": "mse"}))
        self.assertIn("'%s' is the target" % self.names[1], self.refused("run", "s.toml", "-o", "bad"))
        self.write("s.toml", program.study(self.data, {"kind": "gp", "kernel": "se"}))
        self.assertIn("'target'", self.refused("run", "s.toml", "-o", "bad"))

    def test_chosen_inputs(self):
        self.data.update(target=self.names[:2], inputs=self.names[3:6])
        self.write("s.toml", program.study(self.data, {"kind": "mlp", "hidden": [2], "loss": "mse", "l2": 1e-2},
                                           explore={"steps": 5}, connect={"budget": 2}))
        self.good("run", "s.toml", "-o", "out", "--quiet")
        self.assertEqual(self.json("info", "out")["dimension"], 14)  # 3 2 + 2 + 2 2 + 2
        targets = self.json("list", "out", "minima")[0]["train"]["targets"]
        self.assertEqual([t["target"] for t in targets], self.names[:2])


class Classes(program.Case):
    def refuses(self, table, surface, said):
        data = {"file": os.path.join(program.DATA, table + ".csv"), "target": program.TARGETS[table]}
        self.write("s.toml", program.study(data, dict({"kind": "mlp", "hidden": [2]}, **surface)))
        message = self.refused("run", "s.toml", "-o", "bad")
        for part in said:
            self.assertIn(part, message)

    def test_keys_that_do_not_fit_the_data(self):
        self.refuses("iris", {"loss": "auc"}, ["s.toml", "'loss'", "3 classes", "setosa", "cross_entropy"])
        self.refuses("iris", {"logits": 1}, ["'logits'", "two classes"])
        data = {"file": os.path.join(program.DATA, "iris.csv"), "target": "species"}
        self.write("s.toml", program.study(data, {"kind": "logistic", "logits": 1}))
        self.assertIn("'logits'", self.refused("run", "s.toml", "-o", "bad"))
        self.refuses("iris", {"positive": "setosa"}, ["'positive'", "two classes"])
        self.refuses("iris", {"class_weight": [1, 2]}, ["'class_weight'", "2 numbers", "3 classes"])
        self.refuses("breast_cancer", {"loss": "auc", "positive": "malign"}, ["'positive'", "'malign'", "benign, malignant"])
        self.refuses("iris", {"loss": "contrastive", "pairs": 20000}, ["'pairs'", "20000", "11175"])  # 150 149 / 2

    def test_weights_and_smoothing(self):
        """One logit, balanced classes: verified, and AUC beside accuracy."""
        data = {"file": os.path.join(program.DATA, "breast_cancer.csv"), "target": "diagnosis", "test_fraction": 0.25}
        surface = {"kind": "mlp", "hidden": [2], "logits": 1, "positive": "malignant", "class_weight": "balanced",
                   "label_smoothing": 0.1}
        self.write("s.toml", program.study(data, surface, explore={"steps": 20}, connect={"budget": 20}))
        self.good("run", "s.toml", "-o", "out", "--quiet")
        self.assertEqual(self.json("info", "out")["dimension"], 65)  # 30 * 2 + 2 + 2 + 1
        for minimum in self.json("list", "out", "minima"):
            self.assertGreater(minimum["test"]["auc"], 0.97)
            self.assertGreater(minimum["test"]["accuracy"], 0.9)
            self.assertNotEqual(minimum["test"]["loss"], minimum["test"]["log_loss"])
        self.assertEqual(self.json("verify", "out")["faults"], [])


if __name__ == "__main__":
    program.main()
