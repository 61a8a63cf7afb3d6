# A thin cover over CMakePresets.json and tools/: each target is one or two commands that can be typed by hand.
# Works from any folder with make -C.

PREFIX ?= /usr/local
DESTDIR ?=
PRESET ?= release
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

.DEFAULT_GOAL := build
.NOTPARALLEL:
.PHONY: build demo test studies bench bench-brief install format check-format check-layers setup configure clean help

help:
	@echo 'make demo          install what is missing, build, map the landscapes of networks on iris and breast cancer'
	@echo 'make test          install what is missing, build, run every test (PRESET=debug or asan: in that build)'
	@echo 'make build         the program, at build/el4ml, and the library; installs no packages'
	@echo 'make install       library, headers, pkg-config file, program, manual page; PREFIX=$(PREFIX), DESTDIR='
	@echo 'make bench         build and run the benchmarks; bench-brief: a quick pass over them'
	@echo 'make studies       run every study, half an hour; their results are in studies/*/out'
	@echo 'make format        clang-format all sources; check-format: say which are not formatted'
	@echo 'make check-layers  check that each folder includes only those below it'
	@echo 'make setup         install the packages that building and testing need'
	@echo 'make clean         remove the build folders and demo/'

setup:
	@tools/setup

configure:
	@cmake --preset release

build: configure
	@cmake --build --preset release --target product

demo: setup build
	@build/el4ml run examples/iris.toml -o demo/iris
	@build/el4ml run examples/breast_cancer.toml -o demo/breast_cancer
	@echo "The reports are at $(CURDIR)/demo/iris/report.html and $(CURDIR)/demo/breast_cancer/report.html"

test: setup
	@cmake --preset $(PRESET) -DEL4ML_TESTS=ON
	@cmake --build --preset $(PRESET)
	@ctest --preset $(PRESET) --parallel $(JOBS)

studies: build
	@for study in studies/*/run; do echo "== $$study"; $$study -o $${study%/run}/out || exit 1; done

bench bench-brief: configure
	@cmake --build --preset release --target benchmarks
	@tools/bench build $(if $(filter bench-brief,$@),--brief)

install: build
	@DESTDIR='$(DESTDIR)' cmake --install build --prefix '$(abspath $(PREFIX))'

format:
	@tools/format

check-format:
	@tools/format --check

check-layers:
	@tools/check-layers

clean:
	@rm -rf build build-debug build-asan demo
