"""Every study in its tiny form: it runs and writes what it promises."""
import json
import os
import subprocess

import program

FOLDER = os.path.join(program.SOURCE, "studies")


class Studies(program.Case):
    def tiny(self, name):
        """The files it wrote, and what it said."""
        self.assertTrue(os.path.exists(os.path.join(FOLDER, name, "README.md")), name)
        done = subprocess.run([os.path.join(FOLDER, name, "run"), "--tiny", "-o", self.path(name)],
                              env={**os.environ, "EL4ML": program.EL4ML}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=400)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        files = [os.path.join(folder, file) for folder, _, names in os.walk(self.path(name)) for file in names]
        for file in files:
            if file.endswith(".json"):
                with open(file) as stream:
                    json.load(stream)
        return [os.path.relpath(file, self.path(name)) for file in files], done.stdout.decode()

    def has_figure(self, name):
        files, said = self.tiny(name)
        self.assertTrue([f for f in files if f.endswith(".svg")], files)
        return said

    def test_ensembles(self):
        self.has_figure("ensembles")

    def test_flatness(self):
        self.has_figure("flatness")

    def test_gp_advice(self):
        self.assertIn("evaluations", self.has_figure("gp_advice"))

    def test_choose_k(self):
        self.assertIn("all criteria agree: 2, of these right: 2", self.has_figure("choose_k"))

    def table(self, name, *files):
        found, said = self.tiny(name)
        self.assertLessEqual(set(files), set(found))
        with open(self.path(name, "table.md")) as file:
            table = file.read()
        self.assertEqual(table.strip(), said.strip())
        return table

    def test_conserved_weights(self):
        self.table("conserved_weights", "scores.json")
        with open(self.path("conserved_weights", "scores.json")) as file:
            scores = json.load(file)["friedman"]
        self.assertEqual(len(scores), 2)
        for one in scores:
            self.assertEqual((one["relevant"], one["features"]), (5, 15))
            self.assertTrue(all(0 <= a <= 1 for a in one["auc"]))

    def test_reproducibility(self):
        self.assertIn("| 1e-1 |", self.table("reproducibility", "iris.json", "iris.svg"))

    def test_linear_connectivity(self):
        self.assertIn("| iris | 4 | 1e-3 |", self.table("linear_connectivity", "answers.json"))

    def test_none_is_left_out(self):
        folders = {name for name in os.listdir(FOLDER) if os.path.isdir(os.path.join(FOLDER, name))}
        self.assertEqual(folders, {name[len("test_"):] for name in dir(self) if name.startswith("test_")} - {"none_is_left_out"})


if __name__ == "__main__":
    program.main()
