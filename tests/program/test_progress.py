"""The live line on a terminal, and its absence elsewhere."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios

import program

STUDY = program.study({"file": os.path.join(program.DATA, "diabetes.csv"), "target": "progression"},
                      {"kind": "mlp", "hidden": [4], "loss": "mse", "l2": 1e-3},
                      explore={"steps": 100 if program.SLOW else 300}, connect={"budget": 10 if program.SLOW else 100})


class Progress(program.Case):
    def on_terminal(self, columns, *words, text=STUDY, interrupt_after=None):
        """What a terminal of this width shows on standard error, standard output, exit status."""
        self.write("s.toml", text)
        terminal, its_end = pty.openpty()
        fcntl.ioctl(its_end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = self.start("run", "s.toml", "-o", "out", *words, stderr=its_end)
        os.close(its_end)
        shown = b""
        while True:
            if not select.select([terminal], [], [], 60)[0]:
                process.kill()
                self.fail("nothing is shown")
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # closed by the program's end
                break
            if not piece:
                break
            shown += piece
            if interrupt_after is not None and shown.count(b"\r") > interrupt_after:
                process.send_signal(signal.SIGINT)
                interrupt_after = None
        os.close(terminal)
        out = process.stdout.read().decode()
        process.stdout.close()
        process.wait()
        return shown.decode(), out, process.returncode

    def lines(self, shown):
        return [line for line in shown.replace("\x1b[K", "").replace("\n", "\r").split("\r") if line]

    def test_widths(self):
        for columns in (200, 120, 80, 40):
            shown, out, status = self.on_terminal(columns)
            program.shutil.rmtree(self.path("out"))
            self.assertEqual(status, 0)
            lines = self.lines(shown)
            self.assertGreater(len(lines), 1)
            for line in lines[1:]:
                self.assertLess(len(line), columns, line)
            self.assertNotIn("\n", shown)
            self.assertTrue(shown.endswith("\r\x1b[K"), repr(shown[-40:]))  # cleared at the end
            self.assertTrue(out.splitlines()[-1].startswith("goal"), out)
            if columns >= 80:  # all of it still fits
                for line in lines[1:]:
                    self.assertRegex(line, r"^[a-z]+ing \d+/\d+\W+[\d.]+( minim\w*\.?)?/s.* minim.* comp.*best .*(s|min|-)( left)?$")
            if columns == 200:
                whole = (r"^(exploring|connecting) \d+/\d+ \| [\d.]+ minimisations/s \| \d+ minim(a|um), "
                         r"\d+ transition states?, \d+ components? \| best 0\.\d+ \| (at most )?\d+ (s|min) left$")
                for line in lines[1:]:
                    self.assertRegex(line, whole)

    def test_interrupt(self):
        shown, out, status = self.on_terminal(100, text=STUDY.replace("budget = 1", "budget = 100"), interrupt_after=2)
        self.assertEqual((status, out), (130, ""))
        last = self.lines(shown)[-1]
        self.assertEqual(last, "el4ml: interrupted; out keeps what was found: run the same command again to continue")

    def test_quiet(self):
        shown, out, status = self.on_terminal(100, "--quiet")
        self.assertEqual((shown, out, status), ("", "", 0))

    def test_time_limit_is_shown(self):
        shown, _, _ = self.on_terminal(120, "--time-limit", "10m")
        lefts = re.findall(r"(\d+) (s|min) left", shown)
        self.assertGreater(len(lefts), 0)
        for number, unit in lefts:
            self.assertLessEqual(int(number) * (60 if unit == "min" else 1), 600)

    def test_json_on_terminal(self):
        shown, out, status = self.on_terminal(100, "--json")
        self.assertEqual(status, 0)
        program.strict_json(out)

    def test_no_terminal(self):
        self.write("s.toml", STUDY)
        self.assertEqual(self.good("run", "s.toml", "-o", "out", "--time-limit", "2s").err, "")


if __name__ == "__main__":
    program.main()
