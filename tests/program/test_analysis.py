"""analyse and report: thermodynamics, peaks and what their minima predict, network, figures; keys as the manual has them."""
import html.parser
import json
import math
import os
import re
import shutil
import xml.dom.minidom

import program

PYGT = os.path.join(program.SOURCE, "tests", "data", "pygt32")


def keys_of(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


class Once(program.Case):
    """A landscape made once for all tests of a class."""
    @classmethod
    def setUpClass(cls):
        case = cls("prepare")
        case.setUp()
        cls.case = case
        case.prepare()

    @classmethod
    def tearDownClass(cls):
        cls.case.doCleanups()

    def setUp(self):
        if self._testMethodName == "prepare":
            super().setUp()
        else:
            self.folder = self.case.folder


class Model(Once):
    """A network on breast cancer with test rows: peaks of the heat capacity, and minima that differ in accuracy."""
    def prepare(self):
        data = {"file": os.path.join(program.DATA, "breast_cancer.csv"), "target": "diagnosis", "test_fraction": 0.25}
        self.write("s.toml", program.study(data, {"kind": "mlp", "hidden": [2], "l2": 2e-3}, explore={"steps": 150},
                                           connect={"budget": 200}, analyse={"temperatures": [1e-5, 1, 200]}))
        self.good("run", "s.toml", "-o", "net", "--quiet")

    def occupation(self, minima, T):
        """p and dp/dT by harmonic superposition (methods.md 4)."""
        low = min(m["energy"] for m in minima)
        logs = [m["log_multiplicity"] - (m["energy"] - low) / T - m["log_product"] / 2 for m in minima]
        top = max(logs)
        weights = [math.exp(w - top) for w in logs]
        p = [w / math.fsum(weights) for w in weights]
        mean = math.fsum(q * (m["energy"] - low) for q, m in zip(p, minima))
        return p, [q * (m["energy"] - low - mean) / T ** 2 for q, m in zip(p, minima)]

    def test_peaks(self):
        answer, minima = self.json("analyse", "net"), self.json("list", "net", "minima")
        self.assertGreater(len(answer["peaks"]), 0)
        heights = [p["heat_capacity"] for p in answer["peaks"]]
        self.assertEqual(heights, sorted(heights, reverse=True))
        for peak in answer["peaks"]:
            p, g = self.occupation(minima, peak["temperature"])
            self.assertAlmostEqual(math.fsum(p), 1, 12)
            scale = max(map(abs, g))
            for name, sign in (("gaining", 1), ("losing", -1)):
                changes = peak[name]
                for change in changes:
                    i = change["id"] - 1
                    self.assertAlmostEqual(change["p"], p[i], 10)
                    self.assertLess(abs(change["g"] - g[i]), 1e-9 * scale)
                    self.assertEqual(change["test"], minima[i]["test"])
                    self.assertGreater(sign * change["g"], 0)
                share = math.fsum(abs(c["g"]) for c in changes) / peak["flow"]
                self.assertTrue(0.99 - 1e-12 <= share <= 1 + 1e-12)
                fewer = share - abs(changes[-1]["g"]) / peak["flow"]
                self.assertLess(fewer, 0.99)  # none could be left out
            self.assertLess(abs(peak["flow"] - math.fsum(x for x in g if x > 0)), 1e-9 * peak["flow"])

    def test_predictions_side_by_side(self):
        answer, minima = self.json("analyse", "net"), self.json("list", "net", "minima")
        self.assertIsNone(answer["no_predictions"])
        for peak in answer["peaks"]:
            found = peak["predictions"]
            ids = found["gaining"] + found["losing"]
            self.assertEqual(found["gaining"], [c["id"] for c in peak["gaining"]][:16])
            self.assertEqual(found["losing"], [c["id"] for c in peak["losing"]][:16])
            rows, n = found["rows"], len(ids)
            self.assertEqual(len(rows), found["rows_that_differ"])
            self.assertEqual(len({row["row"] for row in rows}), len(rows))
            for row in rows:
                self.assertEqual(len(row["predicted"]), n)
                self.assertGreater(len(set(row["predicted"])), 1)
                self.assertLessEqual(set(row["predicted"]) | {row["target"]}, {"benign", "malignant"})
            for i in range(n):
                for j in range(n):
                    differ = sum(row["predicted"][i] != row["predicted"][j] for row in rows)
                    self.assertAlmostEqual(found["disagreement"][i][j], differ / found["test_rows"], 14)
                # accuracies differ by what is right on these rows
                right = sum(row["predicted"][i] == row["target"] for row in rows)
                first = sum(row["predicted"][0] == row["target"] for row in rows)
                accuracy = [minima[ids[k] - 1]["test"]["accuracy"] for k in (i, 0)]
                self.assertAlmostEqual(accuracy[0] - accuracy[1], (right - first) / found["test_rows"], 12)
            weight = {c["id"]: abs(c["g"]) for c in peak["gaining"] + peak["losing"]}
            pairs = [(weight[ids[i]] * weight[ids[j]], found["disagreement"][i][j])
                     for i in range(len(found["gaining"])) for j in range(len(found["gaining"]), n)]
            self.assertAlmostEqual(found["disagreement_between"],
                                   math.fsum(w * d for w, d in pairs) / math.fsum(w for w, d in pairs), 12)
        self.assertIn("they disagree (share of rows)", self.good("analyse", "net").out)

    def test_data_that_changed(self):
        """Without the data all is said but the predictions, and why they are missing."""
        shutil.copytree(self.path("net"), self.path("other"))
        shutil.copy(os.path.join(program.DATA, "breast_cancer.csv"), self.path("copy.csv"))
        with open(self.path("other", "study.toml")) as file:
            text = file.read()
        with open(self.path("copy.csv"), "a") as file:
            file.write("\n")
        self.write("other/study.toml", re.sub(r'file = ".*"', 'file = "%s"' % self.path("copy.csv"), text))
        for words in ("has changed since", "No such file"):
            answer = self.json("analyse", "other")
            self.assertIn(words, answer["no_predictions"])
            self.assertEqual([p["predictions"] for p in answer["peaks"]], [None] * len(answer["peaks"]))
            self.assertEqual(answer["heat_capacity"], self.json("analyse", "net")["heat_capacity"])
            self.good("report", "other")
            if os.path.exists(self.path("copy.csv")):
                os.remove(self.path("copy.csv"))

    def test_network(self):
        answer, minima = self.json("analyse", "net"), self.json("list", "net", "minima")
        states = self.json("list", "net", "transition-states")
        energies = {m["id"]: m["energy"] for m in minima}
        neighbours = {i: set() for i in energies}
        for s in states:
            if s["minimum_a"] != s["minimum_b"]:
                neighbours[s["minimum_a"]].add(s["minimum_b"])
                neighbours[s["minimum_b"]].add(s["minimum_a"])
        for groups in (answer["sequence_basins"], answer["funnels"]):
            self.assertEqual(sorted(i for g in groups for i in g["minima"]), sorted(energies))
            for g in groups:
                self.assertEqual(g["size"], len(g["minima"]))
                self.assertEqual(g["energy"], min(energies[i] for i in g["minima"]))
                self.assertIn(g["bottom"], g["minima"])
        bottoms = {b["bottom"] for b in answer["sequence_basins"]}
        self.assertEqual(bottoms, {i for i in energies if all(energies[j] >= energies[i] for j in neighbours[i])})
        degrees = sorted(len(n) for n in neighbours.values())
        found = answer["degrees"]
        self.assertEqual([degrees.count(k) for k in range(max(degrees) + 1)], found["frequency"])
        self.assertAlmostEqual(found["mean"], sum(degrees) / len(degrees), 12)
        self.assertEqual([h["degree"] for h in found["hubs"]], degrees[::-1][:10])
        for hub in found["hubs"]:
            self.assertEqual(len(neighbours[hub["id"]]), hub["degree"])
        self.assertEqual(answer["degree_energy"]["minima"], len(minima))
        self.assertEqual(answer["small_world"]["links"], sum(degrees) // 2)
        self.assertEqual([b["id"] for b in answer["barriers"]], sorted(energies, key=lambda i: (energies[i], i)))

    def test_microcanonical(self):
        found = self.json("analyse", "net", "--temperatures", "1e-4,1,50")["microcanonical"]
        self.assertEqual({len(found[k]) for k in ("energies", "entropy", "temperature", "heat_capacity")}, {50})
        for k in range(1, 49):  # 1/T = dS/dE
            slope = ((found["entropy"][k + 1] - found["entropy"][k - 1]) /
                     (found["energies"][k + 1] - found["energies"][k - 1]))
            self.assertTrue(1 / found["temperature"][k + 1] < slope < 1 / found["temperature"][k - 1])

    def test_communities_against_accuracy(self):
        answer, minima = self.json("communities", "net"), self.json("list", "net", "minima")
        accuracy = [m["test"]["accuracy"] for m in minima]
        mean = math.fsum(accuracy) / len(accuracy)
        between = 0
        for c in answer["communities"]:
            inside = [accuracy[i - 1] for i in c["minima"]]
            self.assertAlmostEqual(c["test_accuracy"], math.fsum(inside) / len(inside), 12)
            between += len(inside) * (c["test_accuracy"] - mean) ** 2
        effect = answer["test_accuracy"]
        whole = math.fsum((a - mean) ** 2 for a in accuracy)
        if whole > 0 and answer["count"] > 1:
            self.assertAlmostEqual(effect["share_of_variance"], between / whole, 10)
            self.assertAlmostEqual(effect["expected_by_chance"], (answer["count"] - 1) / (len(accuracy) - 1), 12)
            self.assertTrue(0 < effect["p_permutation"] <= 1)

    def test_keys_are_in_the_manual(self):
        with open(os.path.join(program.SOURCE, "docs", "el4ml.1")) as file:
            manual = set(re.findall(r"[a-z0-9_]+", file.read().split(".SH JSON")[1].split(".SH STUDY FILE")[0]))
        for words in (["analyse", "net"], ["analyse", "net", "--from", "1", "--to", "2"], ["communities", "net"],
                      ["communities", "net", "--method", "rates"], ["paths", "net", "--from", "1", "--to", "2"],
                      ["paths", "net", "--from", "1", "--to", "2", "--barriers"],
                      ["rates", "net", "--from", "1", "--to", "2", "--check"],
                      ["rates", "net", "--from", "1", "--to", "2", "--temperatures", "1e-3,1e-2,2"]):
            for key in set(keys_of(self.json(*words))):
                plain = key[4:] if key.startswith("log_") and key not in manual else key
                self.assertIn(plain, manual, words)

    def test_summary_has_the_same_keys(self):
        with open(self.path("net", "summary.json")) as file:
            summary = program.strict_json(file.read())
        self.assertEqual(set(self.json("analyse", "net", "--from", "1", "--to", "2")), set(summary))
        for key in ("temperatures", "heat_capacity", "c_plus", "c_minus", "entropy", "frustration", "frustration_normalised",
                    "peaks", "sequence_basins", "mfpt_ab", "mfpt_ba", "rate_ab", "rate_ba", "committor"):
            self.assertIn(key, summary)
        plain = self.json("analyse", "net")
        self.assertEqual(plain, {key: summary[key] for key in plain})


class Figures(Once):
    def prepare(self):
        self.good("import", "pathsample", PYGT, "-o", "net", "--quiet", "--kappa", "6")
        self.good("report", "net")

    def svg(self, *names):
        document = xml.dom.minidom.parse(self.path("net", *names))
        self.assertEqual(document.documentElement.tagName, "svg")
        return document

    def texts(self, document):
        return ["".join(node.data for node in text.childNodes if node.nodeType == node.TEXT_NODE)
                for text in document.getElementsByTagName("text")]

    def minima(self, document):
        """id -> colour of each minimum's line."""
        return {int(path.getAttribute("data-id")): path.getAttribute("stroke")
                for path in document.getElementsByTagName("path") if path.getAttribute("class") == "minimum"}

    def test_all_figures(self):
        found = set(os.listdir(self.path("net", "figures")))
        self.assertEqual(found, {"disconnectivity_peak_1.svg", "disconnectivity_communities.svg", "disconnectivity_basins.svg",
                                 "disconnectivity_committor.svg", "entropy.svg", "frustration.svg", "degrees.svg", "path.svg"})
        for name in found:
            self.assertGreater(len(self.svg("figures", name).getElementsByTagName("text")), 3, name)

    def test_who_gains_and_who_loses(self):
        peak = self.json("analyse", "net")["peaks"][0]
        document = self.svg("figures", "disconnectivity_peak_1.svg")
        for word in ("on heating", "gains", "loses"):
            self.assertIn(word, self.texts(document))
        colours = self.minima(document)
        gains = {colours[c["id"]] for c in peak["gaining"]}
        loses = {colours[c["id"]] for c in peak["losing"]}
        self.assertEqual((len(gains), len(loses)), (1, 1))
        self.assertNotEqual(gains, loses)
        rest = set(colours) - {c["id"] for c in peak["gaining"] + peak["losing"]}
        self.assertEqual({colours[i] for i in rest}, {""} if rest else set())

    def test_groups_have_one_colour_each(self):
        answer = self.json("analyse", "net")
        colours = self.minima(self.svg("figures", "disconnectivity_basins.svg"))
        self.assertEqual(len(answer["sequence_basins"]), 4)
        shown = [{colours[i] for i in basin["minima"]} for basin in answer["sequence_basins"]]
        self.assertEqual([len(s) for s in shown], [1] * 4)
        self.assertEqual(len(set.union(*shown)), 4)

    def test_path(self):
        routes = self.json("paths", "net", "--from", "A", "--to", "B")
        document = self.svg("figures", "path.svg")
        texts = self.texts(document)
        for name in ("minima", "transition_states"):
            for point in routes["paths"][0][name]:
                self.assertIn(str(point["id"]), texts)

    def test_colours(self):
        before = self.minima(self.svg("disconnectivity.svg"))
        self.assertEqual(set(before.values()), {""})  # no test rows: none
        for name in ("peak", "peak:1", "community", "basin", "funnel", "hits", "committor", "none"):
            self.good("report", "net", "--colour", name, "--quiet")
            colours = set(self.minima(self.svg("disconnectivity.svg")).values())
            self.assertEqual(len(colours) > 1, name not in ("none", "hits"), name)
        self.good("report", "net")
        self.assertEqual(self.minima(self.svg("disconnectivity.svg")), before)
        for name, said in (("blue", "'blue' is none of test, loss, peak"), ("peak:2", "there is no peak number 2; there are 1"),
                           ("peak:x", "'peak:x' is none of"), ("test", "no test accuracy"), ("loss", "no test loss")):
            self.assertIn(said, self.refused("report", "net", "--colour", name))

    def test_report_speaks_of_the_sets_asked_for(self):
        self.good("report", "net", "--from", "17", "--to", "25", "--temperature", "0.5")
        with open(self.path("net", "report.html"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn("From minimum 17 to minimum 25 at T = 0.5", text)
        with open(self.path("net", "summary.json")) as file:
            summary = json.load(file)
        self.assertEqual((summary["from"], summary["to"], summary["temperature"]), ([17], [25], 0.5))
        self.assertIn("both sets", self.refused("report", "net", "--from", "17", "--to", "17"))
        self.good("report", "net")
        with open(self.path("net", "report.html"), encoding="utf-8") as file:
            self.assertIn("the 8 minima of set A", file.read())

    def test_page(self):
        """One page, everything in it, tags closed; parts that open."""
        with open(self.path("net", "report.html"), encoding="utf-8") as file:
            text = file.read()
        stack, details = [], []

        class Reader(html.parser.HTMLParser):
            def handle_starttag(self, tag, attributes):
                stack.append(tag)
                if tag == "details":
                    details.append(attributes)

            def handle_startendtag(self, tag, attributes):
                pass

            def handle_endtag(self, tag):
                assert stack.pop() == tag, tag

        Reader().feed(text)
        self.assertEqual([t for t in stack if t != "meta"], [])
        self.assertGreater(len(details), 10)
        self.assertEqual([a for a in details if a], [])  # all closed to begin with
        self.assertEqual(text.count("<svg"), 2 + len(os.listdir(self.path("net", "figures"))))

    def test_figures_without_anything_to_draw_go(self):
        shutil.copytree(self.path("net"), self.path("cold"))
        self.good("report", "cold", "--temperatures", "1,2,5")  # no peak up there
        self.assertNotIn("disconnectivity_peak_1.svg", os.listdir(self.path("cold", "figures")))
        self.assertIn("path.svg", os.listdir(self.path("cold", "figures")))


if __name__ == "__main__":
    program.main()
