# exchange-clock: everything from a fresh Debian 12 with a Swift 6.3 toolchain.
# `make demo` and `make test` each work as the first command typed.

SWIFT   ?= swift
PREFIX  ?= /usr/local
DESTDIR ?=
UNITDIR ?= $(PREFIX)/lib/systemd/system
UDEVDIR ?= $(PREFIX)/lib/udev/rules.d
CONFIG  ?= config/exchange-clock.toml

sudo    := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
release := .build/release
venv    := .build/venv
bench   := .build/bench-venv
deb     := .build/deb
chrony  := .build/chrony
guest   := .build/guest
prometheus := .build/prometheus
sources := Package.swift Sources Tests

units     := exchange-clockd.service exchange-clockd.socket exchange-clock-wait.service \
             exchange-clock-sync.target exchange-clock-exporter.service
man_pages := $(notdir $(wildcard docs/man/*))
# Debian's zsh looks where its packages put theirs; under /usr/local it is site-functions.
zsh_completions := $(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)

# What the build needs, and what the tests, the demo and the benchmarks need besides.
packages := libcurl4-openssl-dev libsystemd-dev libtomlplusplus-dev libmicrohttpd-dev \
            libjansson-dev libstdc++-12-dev pkg-config ca-certificates \
            python3 python3-venv nodejs openssl libfaketime
# What the tests in a guest need besides: the emulator, and TCP to a Unix socket.
guest_packages := qemu-system-x86 socat
# What the commands of the documentation need besides, and the tool that makes it a site.
site_packages := cmark-gfm
docs_packages := netcat-openbsd curl $(site_packages)
# What `make bench-read` compares with: redis-tools has the server's binary as well, and starts none.
bench_packages := redis-tools
# What making the Debian package needs besides, and testing it.
deb_packages := build-essential debhelper dpkg-dev fakeroot
systemd_packages := $(deb_packages) curl iproute2 lintian man-db mmdebstrap podman python3-yaml runc \
    systemd-container zsh fish
# Unpacked for the guest rather than installed here.
guest_parts    := busybox-static linux-image-cloud-amd64

.PHONY: help deps guest-deps deb-deps systemd-deps docs-deps site-deps bench-deps build demo run \
        test test-swift test-sanitizers test-thread test-address test-clients test-faults test-docs \
        test-clock test-metrics test-systemd test-fuzz fuzz lint format docs site bench \
        bench-accuracy bench-read bench-scale soak nightly install uninstall deb clean

help:
	@echo 'make deps      install the Debian packages that are missing'
	@echo 'make build     the programs, optimized, in $(release)'
	@echo 'make demo      simulated exchanges, the daemon, and orders with and without its stamps'
	@echo 'make run       the daemon in the foreground with CONFIG=$(CONFIG)'
	@echo 'make test      format, unit, simulation, end-to-end, client and guest tests'
	@echo 'make test-sanitizers  the Swift tests with ThreadSanitizer and with AddressSanitizer'
	@echo 'make test-clock  the daemon in a virtual machine whose clock is really moved'
	@echo 'make test-metrics  metrics, alerts and dashboard with a real Prometheus'
	@echo 'make test-systemd  the Debian package in a container with a real systemd (as root)'
	@echo 'make test-faults  what exchanges, clients and the host may do wrong (docs/reliability.md)'
	@echo 'make test-docs  every command, snippet and link of the documentation'
	@echo 'make test-fuzz  every parser with what nobody would send, 30 s each; make fuzz: 10 min each'
	@echo 'make lint      format check only'
	@echo 'make docs      docs/exchanges.md from the catalogue; the links from page to page'
	@echo 'make site      the documentation as HTML, in .build/site'
	@echo 'make bench     figures: start, memory, round trips'
	@echo 'make bench-accuracy  errors and bounds beside those of other clients; docs/figures'
	@echo 'make bench-read  reading the page beside a bare clock, asking beside an echo and redis'
	@echo 'make bench-scale  how it grows: 10 to 1,000 exchanges, 10,000 subscribers'
	@echo 'make soak      an hour at a resync a second: every answer right, nothing grows (minutes=60)'
	@echo 'make nightly   what takes longer than a commit should wait for: fuzz, all faults, soak, scale'
	@echo 'make deb       the Debian package, in $(deb)'
	@echo 'make install   into DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)'

guest-deps: packages := $(guest_packages)
bench-deps: packages := $(bench_packages)
deb-deps: packages := $(deb_packages)
systemd-deps: packages := $(systemd_packages)
docs-deps: packages := $(docs_packages)
site-deps: packages := $(site_packages)
deps guest-deps bench-deps deb-deps systemd-deps docs-deps site-deps:
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

# By the toolchain's own linker: gold puts the constants among what is written to, where they cannot
# be given back at rest (a tenth of the daemon's memory).
build: deps
	$(SWIFT) build -c release --static-swift-stdlib -Xswiftc -use-ld=lld

demo: build
	python3 demo/demo.py --build-dir $(release)

run: build
	mkdir -p .build/run
	$(release)/exchange-clockd --config $(CONFIG) --socket .build/run/exchange-clock.sock \
	  --state .build/run/state.json

# The closing lines of the runners once more at the end, so that nothing has to be searched for.
# The Swift tests with both sanitizers, which find all that test-swift does. Not test-faults, whose
# many exchanges at once want a machine of their own to be back within its deadlines.
test: deps lint
	@set -e; log=.build/test.log; mkdir -p .build; : > $$log; \
	for ring in test-address test-thread test-clients test-docs test-clock test-metrics \
	    test-systemd test-fuzz; do \
	  began=$$(date +%s); \
	  { $(MAKE) --no-print-directory $$ring || echo "FAILED: make $$ring"; \
	    echo "took $$(($$(date +%s) - began)) s: make $$ring"; } 2>&1 | tee -a $$log; \
	done; \
	echo; grep -E '^(✔|✘|.) Test run with|^(OK|FAILED|FLAKY|took)|^Ran |^SKIPPED' $$log; \
	! grep -q '^FAILED' $$log

test-swift: deps
	$(SWIFT) build --build-tests
	python3 Tests/suite.py --build-dir .build/debug

# Every test once more, and the programs that they start, under each sanitizer. As they are released,
# module by module: file by file, optimized or not, what they calculate takes several times as long.
test-sanitizers: test-thread test-address

test-thread test-address: test-%: deps .build/%.o
	$(SWIFT) build -c release --build-tests -Xswiftc -enable-testing --sanitize=$* \
	  --scratch-path .build/$* -Xlinker $(CURDIR)/.build/$*.o
	python3 Tests/suite.py --build-dir .build/$*/release --sanitizer $*

.build/%.o: Tests/sanitizers/%.c
	mkdir -p .build
	clang -std=gnu11 -O1 -g -Wall -Wextra -Werror -c $< -o $@

# With the programs as they are installed, as are all those below.
test-clients: build $(venv)/installed
	EXCHANGE_CLOCK_BUILD=$(release) $(venv)/bin/python -m unittest discover -s Tests/clients -v

# Hundreds of exchanges at once are a matter of minutes for the optimized programs only. With
# FAULTS=full there are more than a thousand: each fault with each way of telling the time, for longer.
test-faults: build
	EXCHANGE_CLOCK_BUILD=$(release) python3 -W ignore -m unittest discover -s Tests/faults -v

test-docs: build docs-deps $(venv)/installed $(prometheus)/usr
	EXCHANGE_CLOCK_BUILD=$(release) $(venv)/bin/python -m unittest discover -s Tests/docs -v

# Only where Debian has a kernel that the emulator runs; elsewhere the tests say that they skip.
ifeq ($(shell uname -m),x86_64)
test-clock: guest-deps $(guest)/unpacked
endif
test-clock: build
	EXCHANGE_CLOCK_BUILD=$(release) python3 -m unittest discover -s Tests/guest -v

test-metrics: build $(venv)/installed $(prometheus)/usr
	EXCHANGE_CLOCK_BUILD=$(release) $(venv)/bin/python -m unittest discover -s Tests/prometheus -v

# Unpacked rather than installed, which would start it.
$(prometheus)/usr:
	rm -rf $(prometheus) && mkdir -p $(prometheus)/packages
	cd $(prometheus)/packages && \
	  fetch() { apt-get download -qq -o APT::Sandbox::User=root prometheus; }; \
	  fetch || { $(sudo) apt-get update -qq && fetch; }
	dpkg-deb -x $(prometheus)/packages/prometheus_*.deb $(prometheus) && rm -r $(prometheus)/packages

# The package as it is shipped, so it needs the optimized programs.
test-systemd: systemd-deps deb $(venv)/installed $(chrony)/usr .build/debian-12.tar
	python3 -m unittest discover -s Tests/systemd -v

# What images are built from: what Debian's own image of it has, and a little more.
.build/debian-12.tar: | systemd-deps
	mkdir -p .build
	mmdebstrap --quiet --variant=apt --format=tar bookworm $@.new
	mv $@.new $@

# libFuzzer is the toolchain's. Optimized, as it is the number of inputs that counts.
test-fuzz: seconds := 30
fuzz: seconds := 600
test-fuzz fuzz: deps
	EXCHANGE_CLOCK_FUZZING=1 $(SWIFT) build -c release --product fuzz --scratch-path .build/fuzz \
	  -Xswiftc -enable-testing -Xswiftc -sanitize=fuzzer,address \
	  -Xcc -fsanitize=fuzzer-no-link,address
	python3 Tests/fuzz/run.py --seconds $(seconds)

# To compare with; not installed, as a host has one NTP daemon at most.
$(chrony)/usr: | systemd-deps
	rm -rf $(chrony) && mkdir -p $(chrony)/packages
	cd $(chrony)/packages && \
	  fetch() { apt-get download -qq -o APT::Sandbox::User=root chrony; }; \
	  fetch || { $(sudo) apt-get update -qq && fetch; }
	dpkg-deb -x $(chrony)/packages/chrony_*.deb $(chrony) && rm -r $(chrony)/packages

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
	python3 docs/site_pages.py

site: site-deps
	python3 docs/site_pages.py --html .build/site

bench: build
	python3 bench/bench.py --build-dir $(release)

bench-accuracy: build $(bench)/installed
	$(bench)/bin/python bench/accuracy.py --build-dir $(release)

bench-read: build bench-deps
	status=0; for part in read_page read_socket; do \
	  python3 bench/$$part.py --build-dir $(release) || status=1; \
	done; exit $$status

bench-scale: build
	python3 bench/scale.py --build-dir $(release)

soak: minutes ?= 60
soak: build
	python3 bench/soak.py --build-dir $(release) --minutes $(minutes)

# For a timer of the night: some two and a half hours. One after the other, as each wants the machine.
nightly:
	@failed=; for ring in fuzz test-faults soak bench-scale; do \
	  FAULTS=full $(MAKE) --no-print-directory $$ring || failed="$$failed $$ring"; \
	done; \
	EXCHANGE_CLOCK_MONTHS=50 $(SWIFT) test --filter MonthTests || failed="$$failed MonthTests"; \
	if [ -n "$$failed" ]; then echo "FAILED:$$failed"; exit 1; fi; echo 'OK'

# The clients that it compares with come from PyPI, and are never part of this tree.
$(bench)/installed: bench/requirements.txt | deps
	python3 -m venv $(bench)
	$(bench)/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

# Made beside the tree, as dpkg-buildpackage wants a debian/ in a tree of its own.
deb: deb-deps build
	rm -rf $(deb) && mkdir -p $(deb)/tree
	cp -r packaging/debian $(deb)/tree/
	cd $(deb)/tree && SOURCE=$(CURDIR) dpkg-buildpackage --build=binary --no-sign
	@# Of those who test the package, not of those who only want it.
	if command -v lintian >/dev/null; then \
	  lintian --fail-on error,warning $(deb)/exchange-clock_*.changes; \
	fi
	rm -r $(deb)/tree

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
	install -D -m 644 clients/c/exchange_clock.h "$(DESTDIR)$(PREFIX)/include/exchange_clock.h"
	for client in python node; do \
	  install -D -m 644 -t "$(DESTDIR)$(PREFIX)/share/exchange-clock/clients/$$client" \
	    $$(find clients/$$client -maxdepth 1 -type f) || exit 1; \
	done
	cp -rP clients/python/*-stubs "$(DESTDIR)$(PREFIX)/share/exchange-clock/clients/python"
	for unit in $(units); do \
	  sed 's,/usr/sbin/,$(PREFIX)/sbin/,; s,/usr/bin/exchange,$(PREFIX)/bin/exchange,' systemd/$$unit \
	    | install -D -m 644 /dev/stdin "$(DESTDIR)$(UNITDIR)/$$unit" || exit 1; \
	done
	install -D -m 644 systemd/exchange-clock.sysusers \
	  "$(DESTDIR)$(PREFIX)/lib/sysusers.d/exchange-clock.conf"
	install -D -m 644 systemd/exchange-clock.tmpfiles \
	  "$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/exchange-clock.conf"
	install -D -m 644 systemd/exchange-clock.catalog \
	  "$(DESTDIR)$(PREFIX)/lib/systemd/catalog/exchange-clock.catalog"
	install -D -m 644 systemd/70-exchange-clock.rules \
	  "$(DESTDIR)$(UDEVDIR)/70-exchange-clock.rules"
	for page in $(man_pages); do \
	  install -D -m 644 docs/man/$$page "$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$$page" \
	    || exit 1; \
	done
	install -D -m 644 packaging/completions/exchange-clock.bash \
	  "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/exchange-clock"
	ln -sf exchange-clock "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/exchange-clock-sim"
	ln -sf exchange-clock "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/exchange-clockd"
	ln -sf exchange-clock \
	  "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/exchange-clock-exporter"
	install -D -m 644 packaging/completions/exchange-clock.zsh \
	  "$(DESTDIR)$(PREFIX)/share/zsh/$(zsh_completions)/_exchange-clock"
	install -D -m 644 -t "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d" \
	  packaging/completions/exchange-clock.fish packaging/completions/exchange-clock-sim.fish \
	  packaging/completions/exchange-clockd.fish \
	  packaging/completions/exchange-clock-exporter.fish
	install -D -m 644 -t "$(DESTDIR)$(PREFIX)/share/doc/exchange-clock" README.md
	install -D -m 644 -t "$(DESTDIR)$(PREFIX)/share/doc/exchange-clock/docs" docs/*.md
	install -D -m 644 -t "$(DESTDIR)$(PREFIX)/share/doc/exchange-clock/docs/figures" docs/figures/*
	install -D -m 644 -t "$(DESTDIR)$(PREFIX)/share/doc/exchange-clock/examples" systemd/bot.conf
	@# A configuration that is there already is the operator's.
	[ -e "$(DESTDIR)/etc/exchange-clock/exchange-clock.toml" ] || \
	  install -D -m 644 config/exchange-clock.toml \
	    "$(DESTDIR)/etc/exchange-clock/exchange-clock.toml"
	@# What a package's scripts do, where a system is running that this is for.
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then set -ex; \
	  systemd-sysusers; systemd-tmpfiles --create exchange-clock.conf; \
	  journalctl --update-catalog; systemctl daemon-reload; \
	fi

# The configuration and the state stay.
uninstall:
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then set -ex; \
	  systemctl disable --now $(units) || true; \
	fi
	rm -f "$(DESTDIR)$(PREFIX)/sbin/exchange-clockd" "$(DESTDIR)$(PREFIX)/bin/exchange-clock" \
	  "$(DESTDIR)$(PREFIX)/bin/exchange-clock-sim" \
	  "$(DESTDIR)$(PREFIX)/bin/exchange-clock-exporter" \
	  "$(DESTDIR)$(PREFIX)/include/exchange_clock.h" $(units:%="$(DESTDIR)$(UNITDIR)/%") \
	  "$(DESTDIR)$(PREFIX)/lib/sysusers.d/exchange-clock.conf" \
	  "$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/exchange-clock.conf" \
	  "$(DESTDIR)$(PREFIX)/lib/systemd/catalog/exchange-clock.catalog" \
	  "$(DESTDIR)$(UDEVDIR)/70-exchange-clock.rules" \
	  "$(DESTDIR)$(PREFIX)/share/man/man"[1578]/exchange-clock*.[1578] \
	  "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/exchange-clock"* \
	  "$(DESTDIR)$(PREFIX)/share/zsh/$(zsh_completions)/_exchange-clock" \
	  "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/exchange-clock"*.fish
	rm -rf "$(DESTDIR)$(PREFIX)/share/doc/exchange-clock" \
	  "$(DESTDIR)$(PREFIX)/share/exchange-clock" "$(DESTDIR)$(PREFIX)/libexec/exchange-clock"
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then set -ex; \
	  journalctl --update-catalog; systemctl daemon-reload; \
	fi

clean:
	rm -rf .build
