"""No room left: exit status 1, a message that says so, and after room was made the tables of an undisturbed run."""
import os
import resource
import shutil
import subprocess

import program

STUDY = program.study({"file": os.path.join(program.DATA, "diabetes.csv"), "target": "progression"},
                      {"kind": "mlp", "hidden": [3], "loss": "mse", "l2": 1e-3},
                      explore={"steps": 48 if program.SLOW else 300}, connect={"budget": 10 if program.SLOW else 60})


class FullDisk(program.Case):
    def setUp(self):
        super().setUp()
        self.write("s.toml", STUDY)
        self.good("run", "s.toml", "-o", "whole")
        self.expected = self.tables("whole")
        self.assertGreater(len(self.expected["minima"]), 10)

    def assert_full(self, result, folder, *texts):
        self.assertEqual((result.status, result.out), (1, ""), result.err)
        self.assertTrue(result.err.startswith("el4ml: %s" % folder), result.err)
        self.assertEqual(result.err.count("\n"), 1, result.err)
        self.assertTrue(any(text in result.err for text in texts), result.err)
        self.assertIn("run again", result.err)
        self.assertEqual([name for name in os.listdir(self.path(folder)) if name.endswith(".new")], [])

    def test_file_size_limit(self):
        """Writing fails with EFBIG wherever the limit falls: making the database, in the middle, or in the report."""
        ready = 0
        for kilobytes in (0, 1, 8, 30, 60) if program.SLOW else (0, 1, 8, 30, 45, 70, 100, 140):
            folder = "limit%d" % kilobytes

            def limit():
                resource.setrlimit(resource.RLIMIT_FSIZE, (1024 * kilobytes, resource.RLIM_INFINITY))

            result = self.run_program("run", "s.toml", "-o", folder, preexec_fn=limit)
            if result.status != 0:
                self.assert_full(result, folder, "File too large", "disk I/O error")
            else:
                ready += 1
            self.good("run", "s.toml", "-o", folder)
            self.assert_same_tables(self.expected, self.tables(folder))
            self.assertEqual(set(os.listdir(self.path(folder))), program.FILES)
        self.assertLess(ready, 4)

    def test_full_file_system(self):
        os.mkdir(self.path("disk"))
        mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "none", self.path("disk")]
        if os.geteuid() != 0 or subprocess.run(mount, stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("a file system of its own takes root")
        self.addCleanup(subprocess.run, ["umount", "-l", self.path("disk")])
        for free in (4, 120) if program.SLOW else (4, 40, 120, 240):  # kilobytes
            shutil.rmtree(self.path("disk", "out"), ignore_errors=True)
            filler = self.path("disk", "filler")
            with open(filler, "wb") as file:
                file.write(bytes(1024 * (396 - free)))
            result = self.run_program("run", "s.toml", "-o", "disk/out")
            self.assert_full(result, "disk/out", "the disk is full", "No space left on device")
            os.remove(filler)
            subprocess.run(["mount", "-o", "remount,size=4m", self.path("disk")], check=True)
            self.good("run", "s.toml", "-o", "disk/out")
            self.assert_same_tables(self.expected, self.tables("disk/out"))
            shutil.rmtree(self.path("disk", "out"))
            subprocess.run(["mount", "-o", "remount,size=400k", self.path("disk")], check=True)


if __name__ == "__main__":
    program.main()
