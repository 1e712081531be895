# The verbs of Taji. Each is alone sufficient on a fresh Debian machine with Python 3.11 and make.
# 塔基的动词。每一条单独运行即可：新装的 Debian，只需 Python 3.11 与 make。

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
PACKAGE := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation
DEMO_DIR ?= demo

.PHONY: help demo serve test test-web-postgres test-kill keep-release check lint types floors security scan docs bench bench-truth bench-plan bench-web lock clean

help:            ## this list · 本列表
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*##/\t/' | expand -t 16

.venv/.made:
	@sh tools/ensure venv "$(PYTHON)"
	@touch $@

.venv/.runtime: .venv/.made requirements.lock pyproject.toml
	$(INSTALL) -r requirements.lock
	$(PACKAGE) -e .
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.lock
	$(INSTALL) -r requirements-dev.lock
	@touch $@

demo: .venv/.runtime   ## the demo city and its portrait · 演示城市及其画像
	@sh tools/ensure fonts
	$(BIN)/taji demo --dir $(DEMO_DIR)

serve: .venv/.runtime  ## the web platform on the demo city · 网页平台（演示城市）
	@sh tools/ensure fonts
	$(BIN)/taji serve --demo

test: .venv/.dev       ## every test · 全部测试
	@sh tools/ensure fonts chromium poppler
	$(BIN)/python -m pytest -n 2 --dist worksteal
	$(MAKE) test-web-postgres

test-web-postgres: .venv/.dev   ## the platform's tests on PostgreSQL · 在 PostgreSQL 上测试平台
	@# the walks over all routes get a database of their own: rows of a thousand tests rolled back slow it
	sh tools/postgres run $(BIN)/python -m pytest -n 2 --dist worksteal tests/web/everywhere
	sh tools/postgres run $(BIN)/python -m pytest -n 2 --dist worksteal tests/web --ignore tests/web/everywhere

test-kill: .venv/.dev  ## 100 kills under load, both databases · 高负载下强杀 100 次
	$(BIN)/python -m benchmarks kills

keep-release: .venv/.dev   ## keep a database of this version for later upgrades · 留存本版数据库
	sh tools/postgres run $(BIN)/python tools/keep_release.py

check: lint types floors security docs   ## lint, types, floors, security, docs · 静态检查

lint: .venv/.dev
	$(BIN)/ruff check src tests benchmarks tools
	$(BIN)/ruff format --check src tests benchmarks tools

types: .venv/.dev
	$(BIN)/mypy

floors: .venv/.dev
	$(BIN)/lint-imports

security: scan         ## bandit, locks, headers and the like · 安全检查
	$(BIN)/python -m pytest -q tests/web/security

scan: .venv/.dev       # of security, what is no test
	$(BIN)/bandit -q -c pyproject.toml -r src
	$(BIN)/python -m pip check

docs: .venv/.dev       ## the manual forgets nothing, its links hold · 文档检查
	@sh tools/ensure fonts
	$(BIN)/python -m pytest -q tests/docs

bench: .venv/.dev      ## speed against peers, in one run · 性能对比
	@sh tools/ensure fonts r
	$(BIN)/python -m benchmarks

bench-truth: .venv/.dev   ## 2,000 draws from a city whose truth is known · 真值检验
	$(BIN)/python -m benchmarks.truth

bench-plan: .venv/.dev  ## roadmaps, portfolios, matching, panels, severity · 优化性能
	$(BIN)/python -m benchmarks roadmap portfolio matching panel severity

bench-web: .venv/.dev  ## 20 users on 100,000 firms and responses · 平台性能
	$(BIN)/python -m benchmarks web

lock: .venv/.dev
	$(BIN)/uv pip compile pyproject.toml --group build --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements-dev.lock

clean:
	rm -rf .venv $(DEMO_DIR) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
