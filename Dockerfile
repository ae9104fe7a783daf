# syntax=docker/dockerfile:1
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc g++ make cmake libssl-dev pkg-config && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# Features that are off by default: `--build-arg FEATURES=s3` for files in a bucket.
ARG FEATURES=
COPY . .
RUN cargo build --locked --release --bin collegium --features "$FEATURES" && strip target/release/collegium

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libssl3 ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home collegium \
    && install -d -m 0700 -o 10001 -g root /files
COPY --from=build /build/target/release/collegium /usr/local/bin/collegium
USER 10001
ENV COLLEGIUM_LISTEN=0.0.0.0:8080 COLLEGIUM_METRICS_LISTEN=0.0.0.0:9464 COLLEGIUM_LOG_FORMAT=json
EXPOSE 8080 9464
ENTRYPOINT ["collegium"]
CMD ["serve"]
