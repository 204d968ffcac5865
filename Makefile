# exchange-clock: everything from a fresh Debian 12 with a Swift 6.3 toolchain.
# `make demo` and `make test` each work as the first command typed.

SWIFT   ?= swift
PREFIX  ?= /usr/local
DESTDIR ?=
CONFIG  ?= config/exchange-clock.toml

sudo    := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
release := .build/release
venv    := .build/venv
bench   := .build/bench-venv
guest   := .build/guest
prometheus := .build/prometheus
sources := Package.swift Sources Tests

# What the build needs, and what the tests, the demo and the benchmarks need besides.
packages := libcurl4-openssl-dev libsystemd-dev libtomlplusplus-dev libmicrohttpd-dev \
            libjansson-dev libstdc++-12-dev pkg-config ca-certificates \
            python3 python3-venv nodejs openssl libfaketime
# What the tests in a guest need besides: the emulator, and TCP to a Unix socket.
guest_packages := qemu-system-x86 socat
# What `make bench-read` compares with: redis-tools has the server's binary as well, and starts none.
bench_packages := redis-tools
# Unpacked for the guest rather than installed here.
guest_parts    := busybox-static linux-image-cloud-amd64

.PHONY: help deps guest-deps build demo run test test-swift test-clients test-clock test-metrics \
        lint format docs bench bench-accuracy bench-read bench-deps install clean

help:
	@echo 'make deps      install the Debian packages that are missing'
	@echo 'make build     the three programs, optimized, in $(release)'
	@echo 'make demo      simulated exchanges, the daemon, and orders with and without its stamps'
	@echo 'make run       the daemon in the foreground with CONFIG=$(CONFIG)'
	@echo 'make test      format, unit, simulation, end-to-end, client and guest tests'
	@echo 'make test-clock  the daemon in a virtual machine whose clock is really moved'
	@echo 'make test-metrics  metrics, alerts and dashboard with a real Prometheus'
	@echo 'make lint      format check only'
	@echo 'make docs      docs/exchanges.md from the catalogue'
	@echo 'make bench     figures: start, memory, round trips'
	@echo 'make bench-accuracy  errors and bounds beside those of other clients; docs/figures'
	@echo 'make bench-read  reading the page beside a bare clock, asking beside an echo and redis'
	@echo 'make install   into DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)'

guest-deps: packages := $(guest_packages)
bench-deps: packages := $(bench_packages)
deps guest-deps bench-deps:
	@missing=; for package in $(packages); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' \
	    || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	  echo "installing:$$missing"; \
	  if [ -n "$(sudo)" ] && ! command -v sudo >/dev/null; then \
	    echo "not root, and no sudo: as root, run apt-get install$$missing" >&2; exit 1; \
	  fi; \
	  $(sudo) apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $(sudo) apt-get install -qq -y --no-install-recommends $$missing; \
	fi

build: deps
	$(SWIFT) build -c release --static-swift-stdlib

demo: build
	python3 demo/demo.py --build-dir $(release)

run: build
	mkdir -p .build/run
	$(release)/exchange-clockd --config $(CONFIG) --socket .build/run/exchange-clock.sock \
	  --state .build/run/state.json

# The closing lines of the runners once more at the end, so that nothing has to be searched for.
test: deps lint
	@set -e; log=.build/test.log; mkdir -p .build; : > $$log; \
	for ring in test-swift test-clients test-clock test-metrics; do \
	  { $(MAKE) --no-print-directory $$ring || echo "FAILED: make $$ring"; } 2>&1 | tee -a $$log; \
	done; \
	echo; grep -E '^(✔|✘|.) Test run with|^(OK|FAILED)|^Ran |^SKIPPED' $$log; \
	! grep -q '^FAILED' $$log

test-swift: deps
	$(SWIFT) build --build-tests
	SWIFT_DETERMINISTIC_HASHING=1 $(SWIFT) test --skip-build

test-clients: deps $(venv)/installed
	$(SWIFT) build
	EXCHANGE_CLOCK_BUILD=.build/debug $(venv)/bin/python -m unittest discover -s Tests/clients -v

# Only where Debian has a kernel that the emulator runs; elsewhere the tests say that they skip.
ifeq ($(shell uname -m),x86_64)
test-clock: guest-deps $(guest)/unpacked
endif
test-clock: deps
	$(SWIFT) build
	EXCHANGE_CLOCK_BUILD=.build/debug python3 -m unittest discover -s Tests/guest -v

test-metrics: deps $(prometheus)/usr
	$(SWIFT) build
	EXCHANGE_CLOCK_BUILD=.build/debug python3 -m unittest discover -s Tests/prometheus -v

# Unpacked rather than installed, which would start it.
$(prometheus)/usr:
	rm -rf $(prometheus) && mkdir -p $(prometheus)/packages
	cd $(prometheus)/packages && \
	  fetch() { apt-get download -qq -o APT::Sandbox::User=root prometheus; }; \
	  fetch || { $(sudo) apt-get update -qq && fetch; }
	dpkg-deb -x $(prometheus)/packages/prometheus_*.deb $(prometheus) && rm -r $(prometheus)/packages

# The kernel's package is the one that the package named here always depends on.
$(guest)/unpacked: | guest-deps
	rm -rf $(guest) && mkdir -p $(guest)/packages
	cd $(guest)/packages && fetch() { \
	  for part in $(guest_parts); do \
	    kernel=$$(LC_ALL=C apt-cache depends $$part \
	      | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p'); \
	    apt-get download -qq -o APT::Sandbox::User=root $${kernel:-$$part} || return 1; \
	  done; }; \
	fetch || { $(sudo) apt-get update -qq && fetch; }
	for package in $(guest)/packages/*.deb; do dpkg-deb -x $$package $(guest)/root || exit 1; done
	rm -r $(guest)/packages
	touch $@

$(venv)/installed: Tests/clients/requirements.txt Tests/clients/freqtrade.txt | deps
	python3 -m venv $(venv)
	$(venv)/bin/pip install --quiet --disable-pip-version-check -r $<
	$(venv)/bin/pip install --quiet --disable-pip-version-check --no-deps \
	  -r Tests/clients/freqtrade.txt
	touch $@

lint:
	$(SWIFT) format lint --strict --parallel --recursive $(sources)

format:
	$(SWIFT) format --in-place --parallel --recursive $(sources)

docs: deps
	$(SWIFT) build --product exchange-clock
	.build/debug/exchange-clock exchanges --markdown > docs/exchanges.md

bench: build
	python3 bench/bench.py --build-dir $(release)

bench-accuracy: build $(bench)/installed
	$(bench)/bin/python bench/accuracy.py --build-dir $(release)

bench-read: build bench-deps
	status=0; for part in read_page read_socket; do \
	  python3 bench/$$part.py --build-dir $(release) || status=1; \
	done; exit $$status

# The clients that it compares with come from PyPI, and are never part of this tree.
$(bench)/installed: bench/requirements.txt | deps
	python3 -m venv $(bench)
	$(bench)/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

# Built before, so that root needs no toolchain: make build && sudo make install
install:
	@[ -x $(release)/exchange-clockd ] || { echo 'run "make build" first' >&2; exit 1; }
	install -D -m 755 $(release)/exchange-clockd "$(DESTDIR)$(PREFIX)/sbin/exchange-clockd"
	install -D -m 755 $(release)/exchange-clock "$(DESTDIR)$(PREFIX)/bin/exchange-clock"
	install -D -m 755 $(release)/exchange-clock-sim "$(DESTDIR)$(PREFIX)/bin/exchange-clock-sim"
	install -D -m 755 $(release)/exchange-clock-probe \
	  "$(DESTDIR)$(PREFIX)/libexec/exchange-clock/exchange-clock-probe"
	install -D -m 755 $(release)/exchange-clock-exporter \
	  "$(DESTDIR)$(PREFIX)/bin/exchange-clock-exporter"
	sed 's,/usr/bin/,$(PREFIX)/bin/,' systemd/exchange-clock-exporter.service \
	  > .build/exchange-clock-exporter.service
	install -D -m 644 .build/exchange-clock-exporter.service \
	  "$(DESTDIR)$(PREFIX)/lib/systemd/system/exchange-clock-exporter.service"
	install -D -m 644 clients/c/exchange_clock.h "$(DESTDIR)$(PREFIX)/include/exchange_clock.h"
	sed 's,/usr/sbin/,$(PREFIX)/sbin/,' systemd/exchange-clockd.service > .build/exchange-clockd.service
	install -D -m 644 .build/exchange-clockd.service \
	  "$(DESTDIR)$(PREFIX)/lib/systemd/system/exchange-clockd.service"
	install -D -m 644 systemd/exchange-clock.sysusers \
	  "$(DESTDIR)$(PREFIX)/lib/sysusers.d/exchange-clock.conf"
	install -D -m 644 systemd/70-exchange-clock.rules \
	  "$(DESTDIR)$(PREFIX)/lib/udev/rules.d/70-exchange-clock.rules"
	@# A configuration that is there already is the operator's.
	[ -e "$(DESTDIR)/etc/exchange-clock/exchange-clock.toml" ] || \
	  install -D -m 644 config/exchange-clock.toml \
	    "$(DESTDIR)/etc/exchange-clock/exchange-clock.toml"

clean:
	rm -rf .build
