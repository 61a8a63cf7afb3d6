"""Studies run in their tiny form and leave what they promise."""
import json
import os
import subprocess

import program


NAMES = ("ensembles", "flatness")  # those with a tiny form


class Studies(program.Case):
    def test_tiny(self):
        for name in NAMES:
            script = os.path.join(program.SOURCE, "studies", name, "run")
            self.assertTrue(os.path.exists(os.path.join(os.path.dirname(script), "README.md")), name)
            done = subprocess.run([script, "--tiny", "-o", self.path(name)], env=dict(os.environ, EL4ML=program.EL4ML),
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=400)
            self.assertEqual(done.returncode, 0, "%s\n%s" % (script, done.stdout.decode()))
            found = os.listdir(self.path(name))
            self.assertTrue([f for f in found if f.endswith(".svg")], found)
            for file in found:
                if file.endswith(".json"):
                    with open(self.path(name, file)) as stream:
                        json.load(stream)


if __name__ == "__main__":
    program.main()
