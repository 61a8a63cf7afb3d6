"""Bad usage and bad input: one clear line that names file, line and key; exit status 2; nothing written."""
import os
import shutil
import sqlite3
import unittest

import program

GOOD_CSV = "a,b,kind\n" + "".join("%g,%g,%s\n" % (k * 0.7 % 3, k * 1.3 % 2, "xy"[k % 2]) for k in range(20))


class Usage(program.Case):
    def said(self, expected, *words):
        self.assertEqual(self.refused(*words), "el4ml: %s\n" % expected)

    def test_words(self):
        self.said("no command given; see el4ml --help")
        self.assertIn("there is no command 'explode'; the commands are: init run explore", self.refused("explode", "x"))
        self.assertIn("there is no command 'explode'", self.refused("explode", "--help"))
        self.said("run takes 1 argument, not 0; see el4ml run --help", "run")
        self.said("info takes 1 argument, not 2; see el4ml info --help", "info", "a", "b")
        self.said("list takes 2 arguments, not 1; see el4ml list --help", "list", "a")
        self.said("an argument is empty", "info", "")
        self.said("too many arguments", *["x"] * 300)

    def test_options(self):
        for words, expected in (
                (["--treads", "2"], "unknown option '--treads'"),
                (["--threads"], "--threads: a value is missing"),
                (["--threads="], "--threads: a value is missing"),
                (["--threads", "0"], "--threads: '0' is not a number of threads"),
                (["--threads", "-1"], "--threads: '-1' is not"),
                (["--threads", "2x"], "--threads: '2x' is not"),
                (["--threads", "1000000"], "--threads: '1000000' is not"),
                (["--seed", "-3"], "--seed: '-3' is not a whole number"),
                (["--seed", "1.5"], "--seed: '1.5' is not"),
                (["--seed", "18446744073709551615"], "--seed: '18446744073709551615' is not"),
                (["--time-limit", "abc"], "--time-limit: 'abc' is not a time such as"),
                (["--time-limit", "10x"], "--time-limit: '10x' is not"),
                (["--time-limit", "-5"], "--time-limit: '-5' is not"),
                (["--time-limit", "nan"], "--time-limit: 'nan' is not"),
                (["--time-limit", ""], "--time-limit: a value is missing"),
                (["-o", ""], "-o: a value is missing"),
                (["--target", "b"], "run does not take --target"),
                (["--coordinates"], "run does not take --coordinates"),
                (["--force"], "run does not take --force")):
            self.assertIn(expected, self.refused("run", "s.toml", *words), words)
        self.assertIn("info does not take -o", self.refused("info", "x", "-o", "y"))


class Studies(program.Case):
    """Study files with one thing wrong."""
    def setUp(self):
        super().setUp()
        self.write("d.csv", GOOD_CSV)

    def wrong(self, text, *expected):
        self.write("s.toml", text)
        for command in ("run",) if program.SLOW else ("run", "check", "explore", "connect"):
            said = self.refused(command, "s.toml")
            for part in expected:
                self.assertIn(part, said)

    def data(self, **keys):
        return program.study(dict({"file": "d.csv", "target": "kind"}, **keys))

    def test_files(self):
        for command in ("run", "check"):
            self.assertIn("el4ml: missing.toml: No such file", self.refused(command, "missing.toml"))
            self.assertIn("el4ml: .: not a regular file", self.refused(command, "."))
        self.wrong(self.data(file="missing.csv"), self.path("missing.csv"), "No such file")
        self.wrong("", "s.toml", "[surface] is missing")
        self.wrong("[surface]\nkind = ", "s.toml:2")
        self.wrong("surface]\nkind = 3", "s.toml:1")
        self.wrong("\0\1\2", "s.toml:1")

    def test_keys(self):
        self.wrong(self.data() + "[explore]\nstep = 1\nsteps = 5\ntemprature = 2\n", "s.toml:11", "'temprature'",
                   "did you mean 'temperature'?")
        self.wrong(self.data() + "[explor]\nsteps = 5\n", "s.toml:8", "'explor'", "did you mean [explore]?")
        self.wrong("steps = 5\n" + self.data(), "s.toml:1", "'steps'", "[explore]")
        self.wrong(self.data() + "[connect]\nsteps = 5\n", "s.toml:9", "'steps'", "[explore]")
        self.wrong(self.data() + "[explore]\nsteps = 5\nsteps = 6\n", "s.toml:10", "steps")
        self.wrong(program.study(surface={"kind": "mlpp"}), "s.toml:2", "kind", "did you mean 'mlp'?")
        self.wrong(program.study(surface={"kind": "gp"}), "s.toml", "[data] is missing")
        self.wrong(program.study(surface={"kind": "lennard-jones"}), "s.toml:1", "'atoms'")
        self.wrong(program.study(surface={"kind": "function", "name": "schwefl"}), "s.toml:3", "did you mean 'schwefel'?")
        self.wrong(self.data().replace('target = "kind"\n', ""), "s.toml:1", "'target'")
        self.wrong(program.study({"file": "d.csv", "target": "kind"}, {"kind": "lennard-jones", "atoms": 7}), "s.toml:1",
                   "learns from no data")

    def test_types_and_sizes(self):
        for key, value, line, said in (
                ("hidden", "5", 6, "must be a list of integers"),
                ("hidden", '["5"]', 6, "must be an integer"),
                ("hidden", "[0]", 6, "must lie between 1 and"),
                ("hidden", "[-3]", 6, "must lie between 1 and"),
                ("hidden", "[2.5]", 6, "must be an integer"),
                ("hidden", "[100000000]", 6, "out of reach"),
                ("hidden", "[3000, 4000]", 6, "out of reach"),
                ("hidden", "[1000000]", None, "GB for each thread"),
                ("hidden", "[99999999999999999999]", 6, "too large an integer"),
                ("l2", '"1e-3"', 7, "must be a number"),
                ("l2", "-1", 7, "at least 0"),
                ("l2", "nan", 7, "finite"),
                ("l2", "inf", 7, "finite")):
            text = self.data().replace("hidden = [3]" if key == "hidden" else "l2 = 0.001", "%s = %s" % (key, value))
            self.assertIn(value, text)
            self.wrong(text, "s.toml:%d" % line if line else "s.toml: ", said, *[key] if "too large" not in said else [])
        for key, value, said in (("test_fraction", 1.5, "at most 0.9"), ("test_fraction", -0.1, "at least 0"),
                                 ("test_fraction", "half", "must be a number"), ("standardise", 1, "must be true or false"),
                                 ("split_seed", -1, "must lie between 0 and"), ("target", 3, "must be a"),
                                 ("file", "", "must not be empty")):
            self.wrong(self.data(**{key: value}), "s.toml:", key, said)
        for table, key, value in (("explore", "steps", 0), ("explore", "steps", -5), ("explore", "steps", 1e3),
                                  ("explore", "temperature", 0), ("explore", "step", -1), ("explore", "method", "hopping"),
                                  ("connect", "budget", -1), ("connect", "goal", "exhausted"), ("connect", "unseen", 0),
                                  ("connect", "unseen", 1.5), ("analyse", "temperatures", [1, 2]),
                                  ("analyse", "temperatures", [1, 0.5, 10]), ("analyse", "temperatures", [0, 1, 10]),
                                  ("study", "seed", -1), ("study", "name", "a/b"), ("study", "name", "..")):
            self.wrong(self.data() + "[%s]\n%s = %s\n" % (table, key, program.json.dumps(value)), "s.toml:9", key)
        self.wrong(program.study(surface={"kind": "lennard-jones", "atoms": 100000000}), "s.toml:3", "atoms")
        self.wrong(program.study(surface={"kind": "lennard-jones", "atoms": 100000}), "'atoms'", "GB for each thread")

    def test_start(self):
        text = self.data() + '[explore]\nstart = "w.npz"\n'
        self.wrong(text, self.path("w.npz"), "No such file")
        self.write("w.npz", b"PK\3\4 and no more")
        self.write("s.toml", text)
        self.assertIn("w.npz", self.refused("run", "s.toml"))

    def test_relu_cannot_be_connected(self):
        self.write("s.toml", self.data().replace("l2 =", 'activation = "relu"\nl2 ='))
        self.assertIn("relu", self.refused("connect", "s.toml"))

    def test_relu_has_kinks(self):
        """Its lowest points are not stationary; what stops there is no minimum, and the program says why."""
        self.write("s.toml", program.iris([5], explore={"steps": 2}).replace("l2 =", 'activation = "relu"\nl2 ='))
        said = self.run_program("explore", "s.toml").out
        self.assertIn("0 minima", said)
        self.assertIn("on kinks", said)


class Tables(program.Case):
    """Data files with one thing wrong: the line and the column are named."""
    def wrong(self, content, *expected, target="kind"):
        self.write("d.csv", content)
        self.write("s.toml", program.study({"file": "d.csv", "target": target}))
        for words in (["run", "s.toml"], ["init", "d.csv", "--target", target]):
            said = self.refused(*words)
            for part in expected:
                self.assertIn(part, said)

    def test_cells(self):
        lines = GOOD_CSV.splitlines(True)
        for cell, said in (("1,2,3,x", "d.csv:7"), ("1,x", "d.csv:7"), ("1,two,x", "'b'"), ("1,,x", "'b'"), ("1,nan,x", "'b'"),
                           ("1,inf,x", "'b'"), ("1,1e999,x", "'b'"), ("1,2,", "'kind'"), ('1,"2,x', "d.csv:7"),
                           ("1,0x10,x", "'b'"), ("1,2 3,x", "'b'"), ("1,\xa0,x", "'b'")):
            self.wrong("".join(lines[:6] + [cell + "\n"] + lines[6:]), "d.csv:7", said)

    def test_classes(self):
        self.wrong(GOOD_CSV + "1,1,z\n", "d.csv:22", "'kind'", "'z' is seen only once")
        self.wrong(GOOD_CSV.replace(",y", ",x"), "d.csv", "'kind'", "only one class, 'x'")

    def test_targets(self):
        self.wrong(GOOD_CSV, "no column 'kinds'", "did you mean 'kind'?", target="kinds")
        self.wrong(GOOD_CSV, "no column 'quantity'; the columns are: a, b, kind", target="quantity")
        self.write("d.csv", GOOD_CSV)
        self.assertIn("the columns are: a, b, kind", self.refused("init", "d.csv"))

    def test_shapes(self):
        self.wrong("", "d.csv")
        self.wrong("a,b,kind\n", "d.csv", "no rows")
        self.wrong("kind\nx\nx\ny\ny\n", "d.csv", "no column besides the target")
        self.wrong("a,a,kind\n1,2,x\n", "d.csv:1", "'a'")
        self.wrong(b"a,b,kind\n1,\xff\xfe,x\n2,3,y\n", "d.csv:2")
        self.wrong("a,b,kind\n1,2\0,x\n", "d.csv:2")
        self.assertIn("el4ml: .: not a regular file", self.refused("init", ".", "--target", "x"))
        self.assertIn("el4ml: no.csv: No such file", self.refused("init", "no.csv", "--target", "x"))

    def test_numbers_for_mse(self):
        self.write("d.csv", GOOD_CSV)
        self.write("s.toml", program.study({"file": "d.csv", "target": "kind"},
                                           {"kind": "mlp", "hidden": [2], "loss": "mse"}))
        said = self.refused("run", "s.toml")
        self.assertIn("d.csv:2: column 'kind'", said)


class Folders(program.Case):
    """Output folders that cannot be used."""
    def setUp(self):
        super().setUp()
        self.write("d.csv", GOOD_CSV)
        self.text = program.study({"file": "d.csv", "target": "kind"}, {"kind": "mlp", "hidden": [2], "l2": 1e-2},
                                  explore={"steps": 20}, connect={"budget": 20})
        self.write("s.toml", self.text)

    def query(self, folder):
        return [["info", folder], ["list", folder, "minima"], ["analyse", folder], ["report", folder], ["verify", folder]]

    def test_nothing_there(self):
        os.mkdir(self.path("empty"))
        for words in self.query("nowhere") + self.query("empty") + self.query("s.toml"):
            self.assertIn("no landscape here", self.refused(*words))
        self.assertIn("`el4ml explore s.toml` comes first", self.refused("connect", "s.toml"))

    def test_unknown_table(self):
        self.good("run", "s.toml", "-o", "out")
        self.assertIn("'maxima' is neither minima nor transition-states", self.refused("list", "out", "maxima"))
        self.assertIn("--temperatures: '1,2' is not", self.refused("analyse", "out", "--temperatures", "1,2"))

    def test_not_a_folder(self):
        for folder in ("s.toml", "s.toml/out", "/proc/el4ml"):
            self.assertIn("el4ml: %s" % folder, self.refused("run", "s.toml", "-o", folder))
        os.makedirs(self.path("out", "landscape.db"))
        for words in self.query("out") + [["run", "s.toml", "-o", "out"]]:
            self.assertIn("out/landscape.db", self.refused(*words))

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_read_only(self):
        os.mkdir(self.path("out"), 0o555)
        self.assertIn("el4ml: out: cannot write in this folder", self.refused("run", "s.toml", "-o", "out"))

    def test_not_a_landscape(self):
        os.mkdir(self.path("out"))
        for content in (b"garbage, and a lot of it. " * 400, b"x"):
            self.write("out/landscape.db", content)
            for words in self.query("out") + [["run", "s.toml", "-o", "out"]]:
                self.assertIn("out/landscape.db", self.refused(*words))
        os.remove(self.path("out", "landscape.db"))
        database = sqlite3.connect(self.path("out", "landscape.db"))
        database.execute("CREATE TABLE songs(name TEXT)")
        database.commit()
        database.close()
        for words in self.query("out") + [["run", "s.toml", "-o", "out"]]:
            self.assertIn("not an el4ml database", self.refused(*words))

    def test_other_study(self):
        self.good("run", "s.toml", "-o", "out")
        for text in (self.text.replace("[2]", "[3]"), self.text.replace("0.01", "0.02"),
                     self.text + "[study]\nseed = 2\n", self.text.replace('"kind"\n', '"kind"\ntest_fraction = 0.2\n')):
            self.assertNotEqual(text, self.text)
            self.write("t.toml", text)
            self.assertIn("el4ml: out: holds the landscape of another study", self.refused("run", "t.toml", "-o", "out"))
        self.assertIn("another study", self.refused("run", "s.toml", "-o", "out", "--seed", "7"))
        self.write("t.toml", self.text.replace("20", "30"))  # only budgets: the same study
        self.good("run", "t.toml", "-o", "out")

    def test_changed_data(self):
        self.good("run", "s.toml", "-o", "out")
        self.write("d.csv", GOOD_CSV.replace("0.7", "0.8"))
        for words in (["run", "s.toml", "-o", "out"], ["verify", "out"]):
            self.assertIn("%s: has changed since" % self.path("d.csv"), self.refused(*words))
        self.good("info", "out")  # needs no data
        os.remove(self.path("d.csv"))
        self.assertIn(self.path("d.csv"), self.refused("verify", "out"))
        # the same data elsewhere are the same data
        self.write("moved.csv", GOOD_CSV)
        self.write("t.toml", self.text.replace("d.csv", "moved.csv"))
        self.good("run", "t.toml", "-o", "out")
        self.good("verify", "out")

    def test_damage(self):
        self.good("run", "s.toml", "-o", "out")
        shutil.copytree(self.path("out"), self.path("good"))
        for statement, said in (
                ("UPDATE meta SET value = '99' WHERE key = 'schema_version'", "newer el4ml"),
                ("UPDATE meta SET value = 'one' WHERE key = 'schema_version'", "schema_version"),
                ("DELETE FROM meta", "schema_version"),
                ("DROP TABLE meta", "not an el4ml database"),
                ("DROP TABLE minima", "minima"),
                ("UPDATE minima SET coordinates = x'00'", "minima"),
                ("UPDATE minima SET energy = NULL", "minima"),
                ("UPDATE minima SET id = id + 1000", "minima"),
                ("UPDATE meta SET value = '3' WHERE key = 'dimension'", "coordinates"),
                ("UPDATE meta SET value = '99999999999' WHERE key = 'dimension'", "dimension")):
            database = sqlite3.connect(self.path("out", "landscape.db"))
            database.execute(statement)
            database.commit()
            database.close()
            for words in self.query("out") + [["run", "s.toml", "-o", "out"]]:
                self.assertIn(said, self.refused(*words))
            shutil.copy(self.path("good", "landscape.db"), self.path("out", "landscape.db"))
        self.good("verify", "out")

    def test_state_of_other_length(self):
        """A damaged continuation state is no reason to crash."""
        self.good("run", "s.toml", "-o", "out")
        database = sqlite3.connect(self.path("out", "landscape.db"))
        database.execute("UPDATE state SET value = x'0102030405'")
        database.commit()
        database.close()
        self.good("info", "out")
        result = self.run_program("run", "s.toml", "-o", "out")
        self.assertIn(result.status, (0, 2))

    def test_own_study_file_is_not_replaced(self):
        os.mkdir(self.path("here"))
        text = "# mine\n" + self.text.replace("d.csv", "../d.csv")
        self.write("here/study.toml", text)
        self.good("run", "here/study.toml", "-o", "here")
        with open(self.path("here", "study.toml")) as file:
            self.assertEqual(file.read(), text)
        self.good("verify", "here")
        self.assertIn("--seed", self.refused("run", "here/study.toml", "-o", "here", "--seed", "3"))


if __name__ == "__main__":
    program.main()
