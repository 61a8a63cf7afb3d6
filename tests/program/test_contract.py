"""What docs/el4ml.1 promises to scripts: commands, exit status, output, files, tables, numbers."""
import csv
import html.parser
import math
import os
import re
import sqlite3
import struct
import xml.dom.minidom

import program

COMMANDS = ["run", "explore", "connect", "analyse", "report", "info", "list", "verify", "init", "check", "import", "export", "rates",
            "paths", "communities", "basin-volume", "gp-advice"]
INFO = {"minima", "transition_states", "degenerate_transition_states", "components", "goal_reached", "global_minimum",
        "unseen_minimum_probability", "unseen_transition_state_probability", "evaluations", "minimisations", "seconds"}
MINIMA = ["id", "energy", "log_product", "log_multiplicity", "smallest_eigenvalue", "gradient_rms", "hits", "coordinates"]
STATES = ["id", "energy", "log_product", "log_multiplicity", "smallest_eigenvalue", "gradient_rms", "minimum_a",
          "minimum_b", "coordinates"]


class Words(program.Case):
    def test_version_and_help(self):
        self.assertRegex(self.good("--version").out, r"^el4ml \d+\.\d+\.\d+\n$")
        general = self.good("--help").out
        for command in COMMANDS:
            self.assertIn("el4ml %s" % command if command != "connect" else "|connect", general)
            for words in ([command, "--help"], ["--help", command], [command, "-h"]):
                text = self.good(*words)
                self.assertTrue(text.out.startswith("el4ml %s" % command), text.out)
                self.assertEqual(text.err, "")
            self.assertEqual(self.good(command, "--version").out, self.good("--version").out)

    def test_manual_page_and_help_name_the_same_options(self):
        with open(os.path.join(program.SOURCE, "docs", "el4ml.1")) as file:
            manual = file.read().replace("\\-", "-")
        helps = "".join(self.good(command, "--help").out for command in COMMANDS) + self.good("--help").out
        options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", helps))
        self.assertGreater(len(options), 8)
        for option in options:
            self.assertIn(option, manual)
        for option in re.findall(r"--[a-z]+(?:-[a-z]+)*", manual.split(".SH OPTIONS")[1].split(".SH STUDY")[0]):
            self.assertIn(option, options)


class Folder(program.Case):
    """One run of iris, looked at from all sides."""
    @classmethod
    def setUpClass(cls):
        case = cls("run_iris")
        case.setUp()
        cls.case = case
        case.run_iris()

    @classmethod
    def tearDownClass(cls):
        cls.case.doCleanups()

    def run_iris(self):
        self.write("iris.toml", program.iris([3], study={"name": "flowers"}, explore={"steps": 100},
                                             connect={"budget": 100}))
        self.result = self.good("run", "iris.toml")

    def setUp(self):
        if self._testMethodName == "run_iris":
            super().setUp()
        else:
            self.folder, self.result = self.case.folder, self.case.result

    def test_files(self):
        self.assertEqual(set(os.listdir(self.path("flowers"))), program.FILES)
        for words in (["info", "flowers"], ["list", "flowers", "minima"], ["analyse", "flowers"], ["report", "flowers"],
                      ["verify", "flowers"]):
            self.good(*words)
            self.assertEqual(set(os.listdir(self.path("flowers"))), program.FILES, words)

    def test_last_lines(self):
        lines = self.result.out.splitlines()
        self.assertTrue(lines[-1].startswith("goal reached"), lines)
        self.assertIn("flowers/report.html", lines[-2])
        self.assertEqual(self.result.err, "")  # a run this short tells nothing on the way

    def test_quiet(self):
        self.assertEqual(self.good("run", "iris.toml", "--quiet").out, "")

    def test_run_json_is_one_document(self):
        for command in ("run", "explore", "connect"):
            self.assertTrue(INFO <= set(self.json(command, "iris.toml")))

    def test_info(self):
        info = self.json("info", "flowers")
        self.assertTrue(INFO <= set(info), INFO - set(info))
        self.assertEqual(set(info["global_minimum"]), {"id", "energy"})
        minima = self.json("list", "flowers", "minima")
        states = self.json("list", "flowers", "transition-states")
        self.assertEqual(info["minima"], len(minima))
        self.assertEqual(info["transition_states"], len(states))
        self.assertEqual(info["degenerate_transition_states"], sum(s["minimum_a"] == s["minimum_b"] for s in states))
        self.assertEqual(info["global_minimum"]["energy"], min(m["energy"] for m in minima))
        best = [m["id"] for m in minima if m["energy"] == info["global_minimum"]["energy"]]
        self.assertIn(info["global_minimum"]["id"], best)
        self.assertIs(info["goal_reached"], True)
        self.assertEqual(info["components"], 1)
        self.assertGreaterEqual(info["minimisations"], 100)
        self.assertGreater(info["evaluations"], info["minimisations"])
        rare = sum(m["hits"] <= 1 for m in minima)
        self.assertAlmostEqual(info["unseen_minimum_probability"], (rare + 1) / 100)  # Good-Turing, methods.md 6

    def test_list(self):
        for what, columns in (("minima", MINIMA), ("transition-states", STATES)):
            without = self.json("list", "flowers", what)
            whole = self.json("list", "flowers", what, "--coordinates")
            self.assertGreater(len(whole), 0)
            for row, full in zip(without, whole):
                self.assertNotIn("coordinates", row)
                self.assertTrue(set(columns) <= set(full), set(columns) - set(full))
                self.assertEqual(len(full["coordinates"]), 3 * 5 + 3 * 4)
                self.assertEqual(dict(full, coordinates=None), dict(row, coordinates=None))
            lines = self.good("list", "flowers", what).out.splitlines()
            self.assertEqual(len(lines), 1 + len(whole))
            for name in columns[:3]:
                self.assertIn(name, lines[0].split())
            wide = self.good("list", "flowers", what, "--coordinates").out.splitlines()
            self.assertEqual([float(x) for x in wide[1].split()[-27:]], whole[0]["coordinates"])

    def test_database(self):
        database = sqlite3.connect(self.path("flowers", "landscape.db"))
        self.addCleanup(database.close)
        self.assertEqual(database.execute("PRAGMA journal_mode").fetchone(), ("wal",))
        for table, columns in (("minima", MINIMA), ("transition_states", STATES)):
            described = database.execute("PRAGMA table_info(%s)" % table).fetchall()
            self.assertEqual([row[1] for row in described], columns)
            self.assertEqual([row[5] for row in described], [1] + [0] * (len(columns) - 1))  # primary key
            types = {row[1]: row[2] for row in described}
            self.assertEqual((types["id"], types["energy"], types["coordinates"]), ("INTEGER", "REAL", "BLOB"))
        meta = dict(database.execute("SELECT key, value FROM meta"))
        self.assertEqual((meta["schema_version"], meta["dimension"], meta["zero_modes"]), ("2", "27", "0"))
        self.assertIn('activation = "tanh"', meta["study"])
        self.assertIn(meta["el4ml_version"], self.good("--version").out)
        listed = self.json("list", "flowers", "minima", "--coordinates")
        for row, known in zip(database.execute("SELECT * FROM minima ORDER BY id"), listed):
            self.assertEqual(len(row[7]), 8 * 27)
            self.assertEqual(list(struct.unpack("<27d", row[7])), known["coordinates"])
            for value, name in zip(row, MINIMA[:7]):
                self.assertEqual(value, known[name])
            self.assertLessEqual(row[5], 1e-9)  # RMS gradient
            self.assertGreater(row[4], 0)
        numbers = [row[0] for row in database.execute("SELECT id FROM minima")]
        for row in database.execute("SELECT minimum_a, minimum_b, smallest_eigenvalue, energy FROM transition_states"):
            self.assertIn(row[0], numbers)
            self.assertIn(row[1], numbers)
            self.assertLess(row[2], 0)

    def test_energy_from_the_coordinates(self):
        """methods.md 1.1, written out: V = mean cross-entropy + lambda |theta|^2 of a 4-3-3 tanh network."""
        with open(os.path.join(program.DATA, "iris.csv"), newline="") as file:
            rows = list(csv.reader(file))
        target = rows[0].index("species")
        inputs = [[float(x) for k, x in enumerate(row) if k != target] for row in rows[1:]]
        labels = [row[target] for row in rows[1:]]
        classes = sorted(set(labels))
        for k in range(4):
            column = [x[k] for x in inputs]
            mean = math.fsum(column) / len(column)
            deviation = math.sqrt(math.fsum((c - mean) ** 2 for c in column) / len(column))
            for x in inputs:
                x[k] = (x[k] - mean) / deviation

        def value(theta):
            losses = []
            for x, label in zip(inputs, labels):
                hidden = [math.tanh(math.fsum([theta[12 + j]] + [theta[4 * j + k] * x[k] for k in range(4)]))
                          for j in range(3)]
                a = [math.fsum([theta[24 + c]] + [theta[15 + 3 * c + j] * hidden[j] for j in range(3)])
                     for c in range(3)]
                top = max(a)
                losses.append(top + math.log(math.fsum(math.exp(v - top) for v in a)) - a[classes.index(label)])
            return math.fsum(losses) / len(losses) + 1e-3 * math.fsum(t * t for t in theta)

        database = sqlite3.connect(self.path("flowers", "landscape.db"))
        self.addCleanup(database.close)
        for table in ("minima", "transition_states"):
            for energy, blob in database.execute("SELECT energy, coordinates FROM %s" % table):
                self.assertLess(abs(value(struct.unpack("<27d", blob)) - energy), 1e-12)

    def test_analyse(self):
        answer = self.json("analyse", "flowers", "--temperatures", "1e-4,1,7")
        self.assertEqual(len(answer["temperatures"]), 7)
        self.assertEqual(len(answer["heat_capacity"]), 7)
        self.assertAlmostEqual(answer["temperatures"][0], 1e-4)
        self.assertAlmostEqual(answer["temperatures"][-1], 1)
        self.assertTrue(INFO <= set(answer))
        with open(self.path("flowers", "summary.json")) as file:
            summary = program.strict_json(file.read())
        self.assertTrue(INFO <= set(summary))
        self.assertEqual(summary["minima"], self.json("info", "flowers")["minima"])

    def test_verify(self):
        answer = self.json("verify", "flowers")
        self.assertEqual((answer["passed"], answer["faults"]), (True, []))
        self.assertIn("verified", self.good("verify", "flowers").out)

    def test_check(self):
        answer = self.json("check", "iris.toml")
        self.assertEqual((answer["dimension"], answer["passed"]), (27, True))
        self.assertIn("passed", self.good("check", "iris.toml").out)
        self.write("relu.toml", program.study({"file": os.path.join(program.DATA, "iris.csv"), "target": "species"},
                                              {"kind": "mlp", "hidden": [2], "activation": "relu"}))
        self.json("check", "relu.toml")

    def test_kept_study(self):
        with open(self.path("flowers", "study.toml")) as file:
            text = file.read()
        self.assertIn('file = "%s"' % os.path.join(program.DATA, "iris.csv"), text)
        # The folder's own study continues it, and is left as it is.
        before = self.tables("flowers")
        self.good("run", "flowers/study.toml", "-o", "flowers")
        self.assert_same_tables(before, self.tables("flowers"))
        with open(self.path("flowers", "study.toml")) as file:
            self.assertEqual(file.read(), text)

    def test_figures_are_well_formed(self):
        for name in ("disconnectivity.svg", "heat_capacity.svg"):
            document = xml.dom.minidom.parse(self.path("flowers", name))
            self.assertEqual(document.documentElement.tagName, "svg")
            self.assertGreater(len(document.getElementsByTagName("text")), 3)

    def test_report_is_self_contained(self):
        with open(self.path("flowers", "report.html"), encoding="utf-8") as file:
            text = file.read()
        seen = []

        class Reader(html.parser.HTMLParser):
            def handle_starttag(self, tag, attributes):
                seen.append(tag)
                for name, value in attributes:
                    if name in ("src", "href", "xlink:href", "data", "action", "srcset"):
                        assert (value or "").startswith(("#", "data:")), (tag, name, value)

        Reader().feed(text)
        for tag in ("svg", "table", "title"):
            self.assertIn(tag, seen)
        for tag in ("script", "link", "img", "iframe"):
            self.assertNotIn(tag, seen)
        stripped = text.replace('xmlns="http://www.w3.org/2000/svg"', "")
        self.assertNotIn("http", stripped)
        self.assertNotIn("@import", stripped)
        self.assertNotRegex(stripped, r"url\([^#]")


class Altered(program.Case):
    def test_verify_finds_an_altered_coordinate(self):
        self.write("s.toml", program.study(explore={"steps": 60}))
        self.good("run", "s.toml", "-o", "out")
        self.good("verify", "out")
        for table, word in (("minima", "minimum 2"), ("transition_states", "transition state 2")):
            database = sqlite3.connect(self.path("out", "landscape.db"))
            blob, = database.execute("SELECT coordinates FROM %s WHERE id = 2" % table).fetchone()
            x = list(struct.unpack("<2d", blob))
            x[0] += 1e-2
            database.execute("UPDATE %s SET coordinates = ? WHERE id = 2" % table, [struct.pack("<2d", *x)])
            database.commit()
            result = self.run_program("verify", "out")
            self.assertEqual(result.status, 1)
            self.assertIn(word, result.out)
            faults = self.json("verify", "out", status=1)["faults"]
            self.assertIn((word[:-2], 2), [(f["kind"], f["id"]) for f in faults])
            database.execute("UPDATE %s SET coordinates = ? WHERE id = 2" % table, [blob])
            database.commit()
            database.close()
        self.good("verify", "out")

    def test_himmelblau(self):
        """Four minima of value 0, four transition states (Himmelblau 1972); the program finds and joins them."""
        self.write("s.toml", program.study(explore={"steps": 60}, connect={"goal": "exhaust", "unseen": 2e-2}))
        info = self.json("run", "s.toml", "-o", "out")
        self.assertEqual((info["minima"], info["transition_states"], info["components"]), (4, 4, 1))
        self.assertTrue(info["goal_reached"])
        for minimum in self.json("list", "out", "minima"):
            self.assertLess(abs(minimum["energy"]), 1e-15)


class Output(program.Case):
    def test_full_standard_output(self):
        self.write("s.toml", program.study(explore={"steps": 20}))
        self.good("run", "s.toml", "-o", "out")
        if os.path.exists("/dev/full"):
            with open("/dev/full", "wb") as full:
                for words in (["info", "out"], ["list", "out", "minima", "--json"], ["--help"], ["init", "-o", "-"]):
                    if words[0] == "init":
                        words = ["init", os.path.join(program.DATA, "iris.csv"), "--target", "species", "-o", "-"]
                    result = self.run_program(*words, stdout=full)
                    self.assertEqual(result.status, 1, words)
                    self.assertEqual(result.err, "el4ml: cannot write to standard output\n")


if __name__ == "__main__":
    program.main()
