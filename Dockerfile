# syntax=docker/dockerfile:1
# One image with the three binaries; the command names one of them. `make image` builds it, or, where there is no engine,
# runs the lines of the stage `build` in a clean folder and checks what comes out (scripts/image.py).
ARG RUST=1.95.0

FROM rust:${RUST}-slim-trixie AS build
ARG RUST
# dev builds in a third of the time, and runs slower.
ARG PROFILE=release
# Without it, rust-toolchain.toml would fetch what only development needs.
ENV RUSTUP_TOOLCHAIN=${RUST}
ENV CARGO_TARGET_DIR=/target
WORKDIR /src
COPY scripts/setup.sh scripts/
RUN scripts/setup.sh build
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/target \
    cargo build --locked --profile "$PROFILE" --bin rollcall --bin rollcall-aggregator --bin rollcall-fetcher && \
    case "$PROFILE" in dev) built=debug ;; *) built=$PROFILE ;; esac && \
    mkdir bin && cp "$CARGO_TARGET_DIR/$built"/rollcall "$CARGO_TARGET_DIR/$built"/rollcall-aggregator \
       "$CARGO_TARGET_DIR/$built"/rollcall-fetcher bin/

# glibc, libgcc, OpenSSL, zlib, certificates and time zones; no shell, no package manager.
FROM gcr.io/distroless/cc-debian13:nonroot
# libraries: libc.so.6 libm.so.6 libgcc_s.so.1 libssl.so.3 libcrypto.so.3 libz.so.1
COPY --from=build /src/bin/ /usr/local/bin/
# By number, so that a kubelet can tell that it is not root.
USER 65532:65532
EXPOSE 7655 7656
CMD ["rollcall", "--help"]
