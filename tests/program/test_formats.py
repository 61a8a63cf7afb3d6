"""Databases of other programs: import, the commands on what was imported, export, and files that are wrong."""
import math
import os
import resource
import shutil
import sqlite3
import struct
import xml.etree.ElementTree

import program

try:
    import networkx
except ImportError:
    networkx = None

PYGT = os.path.join(program.SOURCE, "tests", "data", "pygt32")
NAMESPACE = "{http://graphml.graphdrawing.org/xmlns}"
# A made-up database of three atoms, in PATHSAMPLE's own formats.
MIN_DATA = ("       -3.0000000000        9.2103403720     6        1.2599210499        1.2599210499        2.5198420998\n"
            "       -2.0312500000        8.5000000000     2        0.0000000000        5.1000000000        5.1000000000\n")
TS_DATA = ("       -1.5000000000        7.2500000000         2         1         2        1.0000000000"
           "        2.0000000000        3.0000000000\n")


def numbers(name):
    with open(name) as file:
        return [[float(word) for word in line.split()] for line in file]


class Imported(program.Case):
    """The 32-state network of PyGT: no coordinates, kappa unknown."""
    @classmethod
    def setUpClass(cls):
        case = cls("prepare")
        case.setUp()
        cls.case = case
        case.prepare()

    @classmethod
    def tearDownClass(cls):
        cls.case.doCleanups()

    def prepare(self):
        self.result = self.good("import", "pathsample", PYGT, "-o", "net")
        self.good("import", "pathsample", PYGT, "-o", "net9", "--kappa", "9")

    def setUp(self):
        if self._testMethodName == "prepare":
            super().setUp()
        else:
            self.folder, self.result = self.case.folder, self.case.result

    def test_what_it_says(self):
        self.assertIn("32 minima, 70 transition states from PATHSAMPLE; set A of 8; set B of 8", self.result.out)
        self.assertIn("kappa is not known", self.result.out)
        self.assertEqual(self.result.err, "")
        self.assertEqual(os.listdir(self.path("net")), ["landscape.db"])

    def test_info_and_list(self):
        info = self.json("info", "net")
        self.assertEqual((info["minima"], info["transition_states"], info["components"]), (32, 70, 1))
        self.assertEqual((info["kappa"], info["dimension"], info["source"]), (None, None, "PATHSAMPLE"))
        self.assertEqual(self.json("info", "net9")["kappa"], 9)
        self.assertIn("imported from PATHSAMPLE", self.good("info", "net").out)
        rows = self.json("list", "net", "transition-states", "--coordinates")
        expected = numbers(os.path.join(PYGT, "ts.data"))
        self.assertEqual([[r["energy"], r["log_product"], r["minimum_a"], r["minimum_b"]] for r in rows],
                         [[r[0], r[1], r[3], r[4]] for r in expected])
        self.assertEqual({r["coordinates"] for r in rows}, {None})
        self.assertEqual(len(self.good("list", "net", "minima", "--coordinates").out.splitlines()), 33)

    def test_analyse(self):
        """C_V - kappa = Var(V)/T^2 over p ~ exp(-V/T - L/2)/o."""
        energies = [row[0] for row in numbers(os.path.join(PYGT, "min.data"))]
        answers = [self.json("analyse", name, "--temperatures", "0.02,2,9") for name in ("net", "net9")]
        for k, T in enumerate(answers[0]["temperatures"]):
            p = [math.exp(-v / T) for v in energies]
            mean = math.fsum(q * v for q, v in zip(p, energies)) / math.fsum(p)
            variance = math.fsum(q * (v - mean) ** 2 for q, v in zip(p, energies)) / math.fsum(p)
            for answer, kappa in zip(answers, (0, 9)):
                self.assertAlmostEqual(answer["heat_capacity"][k], kappa + variance / T ** 2, 11)
                self.assertAlmostEqual(answer["energy"][k], mean + kappa * T, 11)
        self.assertEqual(answers[0]["entropy"], answers[1]["entropy"])
        self.assertIn("kappa is not known", self.good("analyse", "net").out)
        self.assertIn("kappa = 9", self.good("analyse", "net9").out)

    def test_report(self):
        self.good("report", "net9")
        self.assertEqual(set(os.listdir(self.path("net9"))), program.FILES - {"study.toml"})
        with open(self.path("net9", "report.html"), encoding="utf-8") as file:
            text = file.read()
        for words in ("imported from PATHSAMPLE", "el4ml import pathsample", "cannot be verified", "<svg"):
            self.assertIn(words, text)
        self.assertNotIn("The study file", text)
        with open(self.path("net9", "summary.json")) as file:
            self.assertEqual(program.strict_json(file.read())["minima"], 32)

    def test_no_surface(self):
        self.write("s.toml", program.study())
        for words in (["verify", "net"], ["run", "s.toml", "-o", "net"], ["connect", "s.toml", "-o", "net"],
                      ["explore", "s.toml", "-o", "net"]):
            self.assertIn("imported from PATHSAMPLE: its surface is not known", self.refused(*words))

    def test_it_does_not_overwrite(self):
        self.assertIn("net: holds a landscape already; use another folder (-o)",
                      self.refused("import", "pathsample", PYGT, "-o", "net"))

    def test_sets(self):
        database = sqlite3.connect(self.path("net", "landscape.db"))
        self.addCleanup(database.close)
        rows = database.execute("SELECT name, minimum FROM minimum_sets ORDER BY name, minimum").fetchall()
        self.assertEqual(rows, [("A", k) for k in range(1, 9)] + [("B", k) for k in range(25, 33)])

    def test_pathsample_again(self):
        self.good("export", "pathsample", "net", "-o", "out")
        self.assertEqual(set(os.listdir(self.path("out"))), {"min.data", "ts.data", "min.A", "min.B"})
        for name in ("min.data", "ts.data", "min.A", "min.B"):
            self.assertEqual(numbers(self.path("out", name)), numbers(os.path.join(PYGT, name)), name)
        self.assertIn("out/min.A exists already", self.refused("export", "pathsample", "net", "-o", "out"))
        self.good("export", "pathsample", "net", "-o", "out", "--force")
        self.good("import", "pathsample", "out/min.data", "-o", "back")
        self.assert_same_tables(self.tables("net"), self.tables("back"))

    def test_graphml(self):
        self.good("export", "graphml", "net", "-o", "net.graphml")
        self.check_graphml("net.graphml", "net")

    def check_graphml(self, name, folder):
        minima, states = self.json("list", folder, "minima"), self.json("list", folder, "transition-states")
        root = xml.etree.ElementTree.parse(self.path(name)).getroot()
        keys = {key.get("id"): key for key in root.findall(NAMESPACE + "key")}
        graph = root.find(NAMESPACE + "graph")
        self.assertEqual(graph.get("edgedefault"), "undirected")
        reader = {"double": float, "long": int, "int": int, "string": str, "boolean": lambda text: text == "true"}

        def data(element, target):
            found = {}
            for item in element.findall(NAMESPACE + "data"):
                key = keys[item.get("key")]
                self.assertEqual(key.get("for"), target)
                found[key.get("attr.name")] = reader[key.get("attr.type")](item.text)
            return found

        nodes, edges = graph.findall(NAMESPACE + "node"), graph.findall(NAMESPACE + "edge")
        self.assertEqual([node.get("id") for node in nodes], [str(m["id"]) for m in minima])
        self.assertEqual([(e.get("source"), e.get("target")) for e in edges],
                         [(str(t["minimum_a"]), str(t["minimum_b"])) for t in states])
        for elements, rows, target in ((nodes, minima, "node"), (edges, states, "edge")):
            for element, row in zip(elements, rows):
                found = data(element, target)
                for column in ("energy", "log_product", "log_multiplicity", "smallest_eigenvalue", "hits"):
                    self.assertEqual(found.get(column), row[column])
        self.assertEqual({data(node, "node")["component"] for node in nodes},
                         set(range(1, 1 + self.json("info", folder)["components"])))
        if networkx:
            read = networkx.read_graphml(self.path(name), node_type=int)
            self.assertEqual((len(read), read.number_of_edges()), (len(minima), len(states)))
            self.assertEqual([read.nodes[m["id"]]["energy"] for m in minima], [m["energy"] for m in minima])
            self.assertEqual(networkx.number_connected_components(read), self.json("info", folder)["components"])

    def test_json(self):
        self.good("export", "json", "net", "-o", "net.json")
        with open(self.path("net.json")) as file:
            whole = program.strict_json(file.read())
        self.assertEqual((whole["format"], whole["version"], whole["source"], whole["kappa"]),
                         ("el4ml landscape", 1, "PATHSAMPLE", None))
        self.assertEqual(whole["sets"], {"A": list(range(1, 9)), "B": list(range(25, 33))})
        for name, what in (("minima", "minima"), ("transition_states", "transition-states")):
            for row, listed in zip(whole[name], self.json("list", "net", what)):
                self.assertEqual({key: row[key] for key in listed}, listed)
            self.assertEqual(len(whole[name]), self.json("info", "net")[name])


class Ours(program.Case):
    """A landscape that el4ml made, out and back in."""
    def setUp(self):
        super().setUp()
        self.write("s.toml", program.iris([2], explore={"steps": 60}, connect={"budget": 60}))
        self.good("run", "s.toml", "-o", "iris")

    def test_round_trip(self):
        report = self.json("export", "pathsample", "iris", "-o", "out")
        self.assertTrue(report["minimum_coordinates"])
        self.assertIn("min.A and min.B are not written",
                      self.good("export", "pathsample", "iris", "-o", "out", "--force").out)
        minima, states = self.json("list", "iris", "minima", "--coordinates"), self.json("list", "iris", "transition-states")
        n = len(minima[0]["coordinates"])
        with open(self.path("out", "points.min"), "rb") as file:
            points = file.read()
        self.assertEqual(list(struct.unpack("<%dd" % (n * len(minima)), points)),
                         [x for m in minima for x in m["coordinates"]])
        rows = numbers(self.path("out", "ts.data"))
        self.assertEqual([row[3:5] for row in rows], [[t["minimum_a"], t["minimum_b"]] for t in states])
        self.good("import", "pathsample", "out", "-o", "back", "--kappa", str(n))
        back = self.json("list", "back", "minima", "--coordinates")
        self.assertEqual([m["energy"] for m in back], [m["energy"] for m in minima])
        self.assertEqual([m["coordinates"] for m in back], [m["coordinates"] for m in minima])
        here, there = (self.json("analyse", name) for name in ("iris", "back"))
        for name in ("heat_capacity", "energy", "entropy", "frustration"):
            for a, b in zip(here[name], there[name]):
                self.assertAlmostEqual(a, b, 9)
        self.assertEqual(here["barriers"], there["barriers"])

    def test_other_formats(self):
        self.good("export", "json", "iris", "-o", "iris.json", "--coordinates")
        with open(self.path("iris.json")) as file:
            whole = program.strict_json(file.read())
        listed = self.json("list", "iris", "minima", "--coordinates")
        self.assertEqual([m["coordinates"] for m in whole["minima"]], [m["coordinates"] for m in listed])
        self.assertIsNone(whole["source"])
        self.good("export", "graphml", "iris", "-o", "iris.graphml")
        Imported.check_graphml(self, "iris.graphml", "iris")
        before = program.listing(self.path("iris"))
        self.assertIn("exists already", self.refused("export", "json", "iris", "-o", "iris.json"))
        self.good("export", "json", "iris", "-o", "iris.json", "--force", "--quiet")
        self.assertEqual(program.listing(self.path("iris")), before)


class Wrong(program.Case):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("db"))
        self.write("db/min.data", MIN_DATA)
        self.write("db/ts.data", TS_DATA)
        self.write("db/min.A", "1\n1\n")
        self.write("db/min.B", "1\n2\n")
        self.write("db/points.min", struct.pack("<18d", *range(18)))
        self.write("db/points.ts", struct.pack("<9d", *range(9)))

    def test_it_is_good_otherwise(self):
        answer = self.json("import", "pathsample", "db", "-o", "new/folder")
        self.assertEqual((answer["minima"], answer["transition_states"], answer["dimension"], answer["kappa"]), (2, 1, 9, 3))
        self.assertTrue(answer["kappa_assumed"] and answer["sets"] == {"A": 1, "B": 1})
        self.assertIn("taken as 3N - 6", self.good("import", "pathsample", "db/", "-o", "b").out)
        self.assertEqual(self.good("import", "pathsample", "db", "-o", "c", "--quiet").out, "")

    def test_files(self):
        for name, text, said in (
                ("min.data", MIN_DATA[:-40], "db/min.data:2: the line ends before its second moment of inertia"),
                ("min.data", "", "db/min.data: no minimum in it"),
                ("min.data", MIN_DATA.replace("8.5000000000", "         NaN"),
                 "db/min.data:2: ln product: 'NaN' is not a finite number"),
                ("min.data", b"\x7fELF\x00\x01" + MIN_DATA.encode(), "db/min.data:1: a zero byte"),
                ("min.data", MIN_DATA.replace("       -2.0312500000", "********************"),
                 "db/min.data:2: energy: '****"),
                ("ts.data", TS_DATA.replace("         1         2 ", "         1         3 "),
                 "db/ts.data:1: number of the second minimum: 3 is out of range, 1 to 2"),
                ("ts.data", TS_DATA + "x\n", "db/ts.data:2: energy: 'x' is not a number"),
                ("min.A", "2\n1\n", "db/min.A: 2 minima are announced, 1 are named"),
                ("min.B", "1\n3\n", "db/min.B:2: number of a minimum: 3 is out of range"),
                ("points.min", bytes(100), "db/points.min: its 100 bytes are not"),
                ("points.ts", struct.pack("<6d", *range(6)), "db/points.ts: 6 coordinates"),
                ("points.ts", struct.pack(">9d", *range(9)), "db/points.ts: record 1")):
            self.setUp()
            self.write("db/" + name, text)
            self.assertIn(said, self.refused("import", "pathsample", "db", "-o", "out"))
        self.setUp()
        os.remove(self.path("db", "min.data"))
        self.assertIn("db/min.data: No such file", self.refused("import", "pathsample", "db", "-o", "out"))

    def test_usage(self):
        for words, said in (
                (["import", "pathsample", "db"], "import: say with -o where to write"),
                (["import", "gmin", "db", "-o", "out"], "there is no format 'gmin'; the formats are: pathsample topsearch pele"),
                (["import", "json", "db", "-o", "out"], "there is no format 'json'"),
                (["export", "pele", "db", "-o", "out"], "there is no format 'pele'; the formats are: pathsample graphml json"),
                (["export", "json", "db"], "export: say with -o"),
                (["export", "json", "nowhere", "-o", "out"], "nowhere: no landscape here"),
                (["import", "pathsample", "nowhere", "-o", "out"], "nowhere: No such file"),
                (["import", "pathsample", "db/ts.data", "-o", "out"], "db/ts.data: neither a folder nor"),
                (["import", "pathsample", "db", "-o", "out", "--kappa", "x"], "--kappa: 'x' is not a whole number"),
                (["import", "pathsample", "db", "-o", "out", "--kappa", "-1"], "--kappa: '-1' is not a whole number"),
                (["import", "pathsample", "db", "-o", "out", "--kappa", "10"], "kappa cannot be 10"),
                (["import", "pathsample", "db", "-o", "db/min.A"], "db/min.A"),
                (["import", "pathsample", "db", "-o", "out", "--force"], "import does not take --force"),
                (["run", "s.toml", "--kappa", "3"], "run does not take --kappa"),
                (["import", "pele", "db/min.data", "-o", "out"], "db/min.data"),
                (["import", "topsearch", "db", "-o", "out"], "db/min.data:1: the line must begin with the minimum's number")):
            self.assertIn(said, self.refused(*words), words)

    def test_nowhere_to_write(self):
        self.good("import", "pathsample", "db", "-o", "in")
        self.assertIn("/proc", self.refused("import", "pathsample", "db", "-o", "/proc/here"))
        for form in ("json", "graphml", "pathsample"):
            self.assertIn("/proc", self.refused("export", form, "in", "-o", "/proc/here"))

    def test_full_disk(self):
        """Writing fails with EFBIG: status 1, nothing left but what was there; then the same command works."""
        self.write("big.data", MIN_DATA * 2000)
        for name in ("ts.data", "min.A", "min.B", "points.min", "points.ts"):
            os.remove(self.path("db", name))
        shutil.move(self.path("big.data"), self.path("db", "min.data"))
        self.good("import", "pathsample", "db", "-o", "in")
        for kilobytes in (0, 8, 100):
            def limit():
                resource.setrlimit(resource.RLIMIT_FSIZE, (1024 * kilobytes, resource.RLIM_INFINITY))
            exports = [["export", name, "in"] for name in ("pathsample", "json", "graphml")]
            for words in [["import", "pathsample", "db"]] + (exports if kilobytes == 100 else []):
                before = set(program.listing(self.folder))
                result = self.run_program(*words, "-o", "out", preexec_fn=limit)
                self.assertEqual((result.status, result.out), (1, ""), result.err)
                self.assertRegex(result.err, r"^el4ml: out.*cannot write: .*; (make room|see to the disk), and run again\n$")
                self.assertEqual(set(program.listing(self.folder)), before)
        self.good("import", "pathsample", "db", "-o", "out")

    def test_after_a_kill(self):
        """What a killed import left is no obstacle; a folder that another program works in is."""
        os.mkdir(self.path("out"))
        self.write("out/landscape.db.new", "half of it")
        self.good("import", "pathsample", "db", "-o", "out")
        self.assertEqual(os.listdir(self.path("out")), ["landscape.db"])

    def test_other_programs(self):
        os.mkdir(self.path("top"))
        self.write("top/min.data", "0 -1.21546\n1 -2.03163\n")
        self.write("top/ts.data", "0 1  0.54372\n")
        self.write("top/min.coords", "1 2\n3 4\n")
        said = self.good("import", "topsearch", "top", "-o", "a").out
        self.assertIn("2 of 2 minima have no ln product", said)
        self.assertIn("none of transition states", said)
        self.assertIn("no minimum can enter the thermodynamics", self.good("analyse", "a").out)
        self.good("report", "a")
        database = sqlite3.connect(self.path("pele.db"))
        database.executescript(
            "CREATE TABLE tbl_minima(_id INTEGER PRIMARY KEY, energy FLOAT, coords BLOB, fvib FLOAT, pgorder INTEGER);"
            "CREATE TABLE tbl_transition_states(_id INTEGER PRIMARY KEY, energy FLOAT, _minimum1_id INTEGER,"
            " _minimum2_id INTEGER, fvib FLOAT, pgorder INTEGER);"
            "INSERT INTO tbl_minima VALUES(7, -3, x'80', 9.2, 6), (9, -2, x'80', 8.5, 2);"
            "INSERT INTO tbl_transition_states VALUES(1, -1, 9, 7, 7.25, 2);")
        database.close()
        said = self.good("import", "pele", "pele.db", "-o", "b", "--kappa", "3").out
        self.assertIn("Python pickles", said)
        self.assertEqual([m["log_product"] for m in self.json("list", "b", "minima")], [9.2, 8.5])
        self.assertEqual(self.json("analyse", "b")["kappa"], 3)
        shutil.rmtree(self.path("b"))


if __name__ == "__main__":
    program.main()
