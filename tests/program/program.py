"""What the tests of the program share: a scratch folder each, running the program, reading what it left.

The program is the one named by EL4ML (default build/el4ml); EL4ML_SLOW=1 says that it is a slow build (sanitizers), for
which tests take smaller sizes."""
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EL4ML = os.path.abspath(os.environ.get("EL4ML", os.path.join(SOURCE, "build", "el4ml")))
SLOW = os.environ.get("EL4ML_SLOW", "") == "1"
DATA = os.path.join(SOURCE, "examples", "data")
FILES = {"landscape.db", "summary.json", "report.html", "disconnectivity.svg", "heat_capacity.svg", "study.toml", "figures"}
TARGETS = {"iris": "species", "wine": "cultivar", "breast_cancer": "diagnosis", "digits": "digit", "diabetes": "progression"}


def study(data=None, surface=None, **tables):
    """Text of a study file; tables as dictionaries. Without data and surface: the function of Himmelblau."""
    parts = {}
    if data is not None:
        parts["data"] = data
        parts["surface"] = {"kind": "mlp", "hidden": [3], "l2": 1e-3}
    parts["surface"] = surface if surface is not None else parts.get("surface", {"kind": "function", "name": "himmelblau"})
    parts.update(tables)
    lines = []
    for name, table in parts.items():
        lines.append("[%s]" % name)
        lines += ["%s = %s" % (key, json.dumps(value)) for key, value in table.items()]
    return "\n".join(lines) + "\n"


def iris(hidden, **tables):
    return study({"file": os.path.join(DATA, "iris.csv"), "target": "species"},
                 {"kind": "mlp", "hidden": hidden, "l2": 1e-3}, **tables)


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


def listing(folder):
    """Every path below the folder, with sizes and contents of small files: for before and after."""
    found = {}
    for path, folders, files in os.walk(folder):
        for name in folders:
            found[os.path.relpath(os.path.join(path, name), folder)] = "folder"
        for name in files:
            whole = os.path.join(path, name)
            with open(whole, "rb") as file:
                found[os.path.relpath(whole, folder)] = file.read()
    return found


class Case(unittest.TestCase):
    """A test in a scratch folder of its own, which is its working folder and gone afterwards."""
    maxDiff = 2000

    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="el4ml-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return self.path(name)

    def start(self, *words, **options):
        """The program as a process, its output captured."""
        options.setdefault("cwd", self.folder)
        for stream in ("stdout", "stderr"):
            options.setdefault(stream, subprocess.PIPE)
        return subprocess.Popen([EL4ML] + list(words), stdin=subprocess.DEVNULL, **options)

    def run_program(self, *words, **options):
        timeout = options.pop("timeout", 120)
        process = self.start(*words, **options)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.fail("el4ml %s: not done in %g s" % (" ".join(words), timeout))
        result = Result(process.returncode, (out or b"").decode(), (err or b"").decode())
        self.assertNotIn("Sanitizer", result.err)
        self.assertNotIn("runtime error", result.err)
        return result

    def good(self, *words, **options):
        """Run, expect exit status 0."""
        result = self.run_program(*words, **options)
        self.assertEqual(result.status, 0, "el4ml %s\n%s%s" % (" ".join(words), result.out, result.err))
        return result

    def json(self, *words, **options):
        """Run with --json, expect 0 and exactly one strict JSON document on standard output."""
        status = options.pop("status", 0)
        result = self.run_program(*words, "--json", **options)
        self.assertEqual(result.status, status, result.err)
        return strict_json(result.out)

    def refused(self, *words, **options):
        """Run, expect exit status 2, one line of a message, nothing on standard output and nothing changed."""
        before = listing(self.folder)
        result = self.run_program(*words, **options)
        told = "el4ml %s\n%s%s" % (" ".join(words), result.out, result.err)
        self.assertEqual(result.status, 2, told)
        self.assertEqual(result.out, "", told)
        self.assertTrue(result.err.startswith("el4ml: "), told)
        self.assertEqual(result.err.count("\n"), 1, told)
        self.assertTrue(result.err.endswith("\n"), told)
        self.assertEqual(listing(self.folder), before, told)
        return result.err

    def tables(self, folder):
        """All that must not depend on when a run was interrupted: every column of every point, hits included."""
        database = sqlite3.connect("file:%s?mode=rw" % self.path(folder, "landscape.db"), uri=True)
        try:
            return {name: database.execute("SELECT * FROM %s ORDER BY id" % name).fetchall()
                    for name in ("minima", "transition_states", "minimum_details", "transition_state_details")}
        finally:
            database.close()

    def assert_same_tables(self, a, b):
        for name in a:
            self.assertEqual(len(a[name]), len(b[name]), name)
            for p, q in zip(a[name], b[name]):
                self.assertEqual(p, q, name)


def strict_json(text):
    def refuse(name):
        raise ValueError("%s is not JSON" % name)
    return json.loads(text, parse_constant=refuse)


def main():
    unittest.main(verbosity=2)
