.PHONY: demo test check run clean-demo

# Builds, fills a demonstration database under target/demo and serves it; prints address and accounts.
demo:
	scripts/setup.sh build
	cargo run --release -- demo --data-dir target/demo

# Installs what tests need, then runs everything.
test:
	scripts/test.sh

# Formatter and lints.
check:
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

# The server as it is used, with its data under data/.
run:
	cargo run --release -- serve

clean-demo:
	rm -rf target/demo
